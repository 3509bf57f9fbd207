import Artifacts
import Experiment
import Foundation
import Speech

@testable import SpeechFT

/// A stage of a trainer of somebody's own, on the recordings and the encoder of `SpokenWorld.whole`.
struct CommandWorld {
  let world: SpokenWorld
  let plan: Plan
  let stage: Stage

  /// Where a trainer's scripts lie.
  let folder: String
  private let scripts: TemporaryFolder?

  /// What a shell script needs of its request.
  private static let head = """
    field() { sed -n "s/.*\\"$1\\":\\"\\([^\\"]*\\)\\".*/\\1/p" "$request"; }
    request=$1
    encoder=$(field encoder) output=$(field output) scratch=$(field scratch)

    """

  /// A shell script, handed the folders of its request as variables.
  init(script: String, task: String = "speaker") throws {
    let scripts = try TemporaryFolder()
    try scripts.write(Array((Self.head + script).utf8), to: "train.sh")
    try self.init(
      trainer: "run: [/bin/sh, train.sh], files: [train.sh], parameters: { layers: 2 }",
      files: ["train.sh"], in: scripts.path, keeping: scripts, task: task)
  }

  /// A trainer as specs write it, whose files lie in `folder`.
  init(
    trainer: String, files: [String], in folder: String, keeping scripts: TemporaryFolder? = nil,
    task: String, recipe: String = "{}"
  ) throws {
    world = try SpokenWorld.whole.get()
    self.folder = folder
    self.scripts = scripts
    let models = SpokenWorld.spec.components(separatedBy: "fine-tune:")[0]
    let spec =
      models + """
        fine-tune: { tasks: [\(task)], recipe: \(recipe) }
        methods: { command: { mine: { \(trainer) } } }
        evaluate: { tasks: [speaker] }
        """
    var found = CommandFiles(folder: folder)
    for file in files { found.digests[file] = try FileDigest.of("\(folder)/\(file)").hex }
    plan = try SpokenWorld.plan(
      spec, recordings: world.folder.path, commandFiles: found)
    guard let stage = plan.stages.values.first(where: { $0.kind == .command }) else {
      throw CocoaError(.coderValueNotFound)
    }
    self.stage = stage
  }

  var request: StageRequest { StageRequest(stage, in: plan, attempt: 1) }

  /// Runs the stage.
  ///
  /// - Returns: The events that it reported.
  @discardableResult
  func run(stop: StopRequest = StopRequest(), store: ArtifactStore? = nil) throws -> [WorkerEvent] {
    var events: [WorkerEvent] = []
    try StageExecution.run(
      StageContext(
        request: request, store: store ?? world.store, bench: Workbench(), stop: stop,
        report: { events.append($0) }))
    return events
  }

  /// The sentence of the error with which the stage fails, with the store's path as "STORE".
  func failure(stop: StopRequest = StopRequest()) throws -> String? {
    do {
      try run(stop: stop)
      return nil
    } catch let error as StageError {
      return error.description.replacing(world.store.root, with: "STORE")
        .replacing(stage.key.hex, with: "KEY").replacing(stage.key.short, with: "KEY")
        .replacing(folder, with: "FOLDER")
    }
  }

  var artifact: String { world.store.folder(stage.kind, stage.key) }
  /// Of the run, while it lasts.
  var desk: String { TrainingState.folder(world.store, stage.key) }
  var log: String { "\(world.store.root)/logs/command-\(stage.key).log" }

  func text(_ path: String) throws -> String { try String(contentsOfFile: path, encoding: .utf8) }

  /// θ₀, and θ′ where it is there.
  func weights() throws -> (before: EncoderWeights?, after: EncoderWeights) {
    let pretrained = plan.stages.values.first { $0.kind == .pretrain }
    return (try world.weights(pretrained), try CheckpointFolder.read(artifact + "/model"))
  }
}

/// Processes of others, as /proc shows them.
enum OtherProcess {
  /// Waits for a script to write a process's number.
  static func number(in file: String) throws -> pid_t {
    let deadline = ContinuousClock.now + .seconds(300)
    while ContinuousClock.now < deadline {
      if let text = try? String(contentsOfFile: file, encoding: .utf8), text.hasSuffix("\n"),
        let number = pid_t(text.dropLast())
      {
        return number
      }
      usleep(10_000)
    }
    throw CocoaError(.fileNoSuchFile)
  }

  /// Whether it runs; what nobody has waited for yet does not.
  static func isRunning(_ process: pid_t) -> Bool {
    let text = (try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8)) ?? ""
    guard let end = text.lastIndex(of: ")") else { return false }
    return !text[end...].hasPrefix(") Z")
  }

  /// Whether all of them have ended soon.
  static func haveEnded(_ processes: [pid_t]) -> Bool {
    let deadline = ContinuousClock.now + .seconds(60)
    while processes.contains(where: isRunning) {
      guard ContinuousClock.now < deadline else { return false }
      usleep(10_000)
    }
    return true
  }
}
