import Artifacts
import Experiment
import Foundation

/// An experiment with as many cheap stages as are asked for, in a folder that goes with it: eight tasks on
/// one corpus of twelve recordings, 25 seeds, and a grid of α. Each α and seed gives one interpolation
/// (carried out by who reads it), one stage of features and eight evaluations: chains of six from the
/// corpus on.
final class NoopExperiment {
  let folder: String
  var spec: String { folder + "/experiments/sweep.yaml" }

  private static let tasks = 8
  private static let seeds = 25

  /// Writes the files.
  ///
  /// - Parameters:
  ///   - stages: About how many stages are to be carried out.
  ///   - worker: The program that does them.
  /// - Throws: Foundation's errors where they cannot be written.
  init(stages: Int, worker: String) throws {
    folder = NSTemporaryDirectory() + "alphasweep-sweep-" + UUID().uuidString
    for letter in ["a", "b", "c", "d", "e", "f"] {
      for voice in ["low", "high"] {
        try write("\(letter) by \(voice)", to: "recordings/letters/\(voice)/\(letter).wav")
      }
    }
    try write("weights", to: "experiments/models/tiny/model.safetensors")
    try write(
      #"{"num_hidden_layers": 2, "hidden_size": 8, "conv_dim": [4, 4]}"#,
      to: "experiments/models/tiny/config.json")
    try write(
      "site: local\nrecordings: \(folder)/recordings\nartifacts: \(folder)/artifacts\n"
        + "cores: 2\nmemory: 64 GB\nworkers: 2\n", to: "experiments/sites/local.yaml")
    try write(Self.corpus, to: "experiments/corpora/letters.yaml")
    for task in 1...Self.tasks {
      try write(Self.task(task), to: "experiments/tasks/voices-\(task).yaml")
    }
    let points = max(1, stages / (Self.seeds * (Self.tasks + 1)))
    try write(Self.spec(points: points), to: "experiments/sweep.yaml")
    try write(Self.worker(worker), to: "worker.sh")
    chmod(folder + "/worker.sh", 0o755)
  }

  deinit { try? FileManager.default.removeItem(atPath: folder) }

  private func write(_ text: String, to name: String) throws {
    let file = URL(fileURLWithPath: folder + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  static func spec(points: Int) -> String {
    let alphas = (1...points).map { "\(Double($0) / Double(points + 1))" }.joined(separator: ", ")
    return """
      experiment: sweep
      question: What does scheduling cost?
      seeds: [\((1...seeds).map(String.init).joined(separator: ", "))]
      models:
        tiny: { checkpoint: models/tiny }
      fine-tune:
        tasks: [voices-1]
      methods:
        speech-ft: { alpha: [\(alphas)] }
      evaluate:
        tasks: [\((1...tasks).map { "voices-\($0)" }.joined(separator: ", "))]
      """
  }

  private static let corpus = """
    corpus: letters
    description: Letters by two voices
    licence: CC0-1.0
    language: en
    packages: [letters-data]
    root: letters
    pattern: '(?<voice>[^/]+)/(?<letter>[^/]+)\\.wav'
    split: { by: letter, test: 40%, dev: 0% }
    seconds: [0.1, 5]
    """

  private static func task(_ number: Int) -> String {
    """
    task: voices-\(number)
    title: Voice \(number)
    corpus: letters
    target: voice
    head: { projection: 4, dropout: 0% }
    evaluate: { steps: 10, batch: 2, learning-rate: 1e-3, clip: 1, threads: 1 }
    fine-tune:
      head: { projection: 4, dropout: 0% }
      recipe:
        steps: 10
        batch-seconds: 2
        learning-rate: 1e-3
        head-only: 10%
        warm-up: 10%
        hold: 40%
        clip: 1
        dropout: 0%
        checkpoints: []
        threads: 1
    """
  }
}

extension NoopExperiment {
  /// The script that starts this program's hidden worker: a worker is a program without words of its own.
  static func worker(_ program: String) -> String {
    "#!/bin/sh\nexec '\(program)' no-op-worker \"$@\"\n"
  }

  /// Reads the spec and plans it, as a command does after it has looked for recordings.
  func plan() throws -> Plan {
    func text(_ path: String) throws -> String {
      try String(contentsOfFile: "\(folder)/experiments/\(path)", encoding: .utf8)
    }
    var definitions = Definitions()
    for number in 1...Self.tasks {
      let file = "tasks/voices-\(number).yaml"
      let task = try TaskDefinition(yaml: text(file), file: file)
      definitions.tasks[task.name] = task
    }
    let corpus = try CorpusDefinition(yaml: text("corpora/letters.yaml"), file: "letters.yaml")
    definitions.corpora[corpus.name] = corpus
    let listing = try RecordingListing(corpus, below: folder + "/recordings")
    return try Planner.plan(
      PlannerInput(
        spec: try Spec(yaml: text("sweep.yaml"), file: "sweep.yaml"), definitions: definitions,
        recordings: [corpus.name: try listing.recordings(of: corpus)],
        recordingsFolder: folder + "/recordings",
        checkpoints: [
          "models/tiny": CheckpointFacts(
            digest: "tiny", path: folder + "/experiments/models/tiny", layers: 2, width: 8,
            convolutionChannels: 4)
        ]))
  }
}
