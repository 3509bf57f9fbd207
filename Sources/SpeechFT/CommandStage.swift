import Artifacts
import Experiment
import Foundation
import Speech

/// The `command` stage: a program of somebody's own makes θ′ from θ₀ and a task. It is handed a request and
/// leaves a checkpoint; what is published is what was understood of that, in this program's own form.
package struct CommandStage {
  /// A command is killed before the worker that minds it ends.
  private static let headStart = Duration.milliseconds(500)

  private let context: StageContext
  private let parameters: CommandParameters
  /// In which the command runs.
  private let folder: String
  /// Of this stage alone; it goes when the artifact is published.
  private let desk: String

  package init(_ context: StageContext) throws {
    self.context = context
    parameters = try context.parameters()
    guard case .external(let path, _) = try context.input("files") else {
      throw StageError.request(
        stage: context.request.label, problem: "'files' must come from outside the plan")
    }
    folder = path
    desk = TrainingState.folder(context.store, context.request.key)
  }

  /// Writes `model/`, and `curve.jsonl` with the metrics that were reported. What else the command says
  /// goes to a log outside of the artifact, which holds no times.
  package func write(to folder: String) throws {
    let pretrained = try context.weights("encoder")
    let request = try request(pretrained)
    try AtomicFile.makeFolder(request.scratch)
    if FileManager.default.fileExists(atPath: request.output) {
      try FileManager.default.removeItem(atPath: request.output)
    }
    try AtomicFile.write(text: request.text, to: desk + "/request.json")
    try checkFiles()
    var curve = Curve()
    let logs = context.store.root + "/logs"
    try AtomicFile.makeFolder(logs)
    let log = try CommandLog(path: "\(logs)/command-\(context.request.key).log") { word in
      switch word {
      case .progress(let fraction, let detail): context.progress(fraction, detail)
      case .metric(let name, let step, let value):
        curve.append(name, step: step, value)
        context.metric(name, step: step, value)
      }
    }
    try run(log)
    // A file that is read late may have changed meanwhile.
    try checkFiles()
    let result = try result(request.output, of: pretrained, log)
    try CheckpointFolder.write(result, to: folder + "/model")
    try curve.write(to: folder + "/curve.jsonl")
  }

  // MARK: Before

  private func request(_ pretrained: EncoderWeights) throws -> CommandRequest {
    // The utterances that a fine-tuning of this program's own learns from.
    let data = try FineTuningData(
      context,
      FineTuneTask(
        target: parameters.target, selection: parameters.selection, head: parameters.head),
      number: 0, batchSeconds: parameters.recipe.batchSeconds,
      configuration: pretrained.configuration)
    guard let seed = context.request.seed else {
      throw StageError.request(stage: context.request.label, problem: "it has no seed")
    }
    let lines = try CommandRequest.lines(data.utterances, target: parameters.target)
    try AtomicFile.write(text: lines, to: desk + "/utterances.jsonl")
    return CommandRequest(
      stage: context.request.label, seed: seed, parameters: parameters,
      normalises: pretrained.configuration.normalisesWaveform, device: context.computing.device,
      encoder: try encoderFolder(pretrained), output: desk + "/output",
      scratch: desk + "/scratch", utterances: desk + "/utterances.jsonl",
      audio: try context.folder("corpus") + "/audio.s16")
  }

  /// θ₀ as a Hugging Face folder: as it lies there, or written where it is none.
  private func encoderFolder(_ pretrained: EncoderWeights) throws -> String {
    switch try context.input("encoder") {
    case .artifact: return try context.folder("encoder")
    case .external(let path, _):
      if FileManager.default.fileExists(atPath: path + "/config.json") { return path }
    case .virtual: break
    }
    let written = desk + "/encoder"
    try CheckpointFolder.write(pretrained, to: written)
    return written
  }

  /// - Throws: `StageError` naming a file that is not the one that was planned with.
  private func checkFiles() throws {
    for (file, digest) in parameters.files.sorted(by: { $0.key < $1.key }) {
      let path = file.hasPrefix("/") ? file : folder + "/" + file
      guard try FileDigest.of(path).hex == digest else {
        throw StageError.unusable(
          stage: context.request.label,
          problem: "\(path) changed since the plan was made; run it again")
      }
    }
  }

  // MARK: The command

  private func run(_ log: CommandLog) throws {
    let environment = ProcessInfo.processInfo.environment.merging(
      [
        "OMP_NUM_THREADS": String(parameters.recipe.threads),
        "ALPHASWEEP_REQUEST": desk + "/request.json",
      ], uniquingKeysWith: { $1 })
    let ending = try context.stop.heard {
      let process = try CommandProcess(
        parameters.run + [desk + "/request.json"], in: folder, environment: environment)
      return try process.wait(
        isStopped: { context.stop.isMade },
        patience: context.stop.patience - Self.headStart, hear: log.append)
    }
    try log.close()
    if context.stop.isMade { throw failure("was stopped; the same command starts it again") }
    switch ending {
    case .exited(0): return
    case .exited(let code): throw failure("ended with exit code \(code); \(log.tail)")
    case .signalled(SIGKILL):
      throw failure(
        "was killed (signal 9; where nobody did it by hand, the memory was short); \(log.tail)")
    case .signalled(let signal): throw failure("died of signal \(signal); \(log.tail)")
    }
  }

  private func failure(_ problem: String) -> StageError {
    .unusable(
      stage: context.request.label,
      problem: "'\(parameters.run.joined(separator: " "))' \(problem)")
  }

  // MARK: After

  /// θ′, if it is an encoder of θ₀'s sizes whose weights are numbers.
  private func result(
    _ output: String, of pretrained: EncoderWeights, _ log: CommandLog
  ) throws -> EncoderWeights {
    guard FileManager.default.fileExists(atPath: output) else {
      throw failure("ended well, but left no checkpoint in 'output', \(output); \(log.tail)")
    }
    let weights: EncoderWeights
    do {
      let checkpoint = try Checkpoint.open(output)
      var configuration = try checkpoint.configuration()
      // transformers' models do not save what theirs of the waveform is; then it is θ₀'s.
      if checkpoint.preprocessor == nil {
        configuration.normalisesWaveform = pretrained.configuration.normalisesWaveform
      }
      let differences = pretrained.configuration.differences(from: configuration)
      guard differences.isEmpty else {
        throw failure(
          "left a checkpoint of other sizes than θ₀: \(differences.joined(separator: ", "))")
      }
      weights = try EncoderWeights(
        configuration: pretrained.configuration, tensors: checkpoint.tensors(), path: output)
    } catch let error as StageError {
      throw error
    } catch {
      throw failure("left a checkpoint that cannot be used: \(error)")
    }
    for (name, tensor) in weights.ordered where !(try tensor.floats().allSatisfy(\.isFinite)) {
      throw failure("left weights that are not numbers in \(name); \(log.tail)")
    }
    return weights
  }
}

extension EncoderConfiguration {
  /// In what the sizes of `other` differ, by the names of `config.json`: "hidden_size 32 → 16".
  fileprivate func differences(from other: EncoderConfiguration) -> [String] {
    var other = other
    other.dropout = dropout
    guard self != other, case .map(let own) = json, case .map(let others) = other.json else {
      return []
    }
    var differences = Set(own.keys).union(others.keys).sorted().filter { own[$0] != others[$0] }
      .map { "\($0) \(own[$0]?.text ?? "none") → \(others[$0]?.text ?? "none")" }
    if normalisesWaveform != other.normalisesWaveform {
      differences.append("do_normalize \(normalisesWaveform) → \(other.normalisesWaveform)")
    }
    return differences.isEmpty ? ["config.json"] : differences
  }
}
