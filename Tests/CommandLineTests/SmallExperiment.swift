import Foundation
import Testing

/// A folder with a small experiment: twelve recordings, one task, a checkpoint that is none, and, unless
/// another is asked for, the fake worker of the scheduler's tests.
final class SmallExperiment {
  let path: String
  private let program: String
  var worker: Worker

  enum Worker {
    /// A script that speaks the protocol.
    case fake
    /// `alphasweep-worker`.
    case built
    case at(String)
  }

  /// Programs and tests are built into one folder.
  private static let builds = URL(fileURLWithPath: "/proc/self/exe").resolvingSymlinksInPath()
    .deletingLastPathComponent()

  var builtWorker: String { Self.builds.appendingPathComponent("alphasweep-worker").path }

  private var workerPath: String {
    switch worker {
    case .fake:
      URL(fileURLWithPath: #filePath)
        .appendingPathComponent("../../SchedulingTests/Fixtures/fake-worker.sh").standardized.path
    case .built: builtWorker
    case .at(let path): path
    }
  }

  var store: String { path + "/artifacts" }

  init(worker: Worker = .fake) throws {
    self.worker = worker
    path = NSTemporaryDirectory() + "alphasweep-" + UUID().uuidString
    program = Self.builds.appendingPathComponent("alphasweep").path
    for letter in ["a", "b", "c", "d", "e", "f"] {
      for voice in ["low", "high"] {
        try write("\(letter) by \(voice)", to: "recordings/letters/\(voice)/\(letter).wav")
      }
    }
    try write("weights", to: "experiments/models/tiny/model.safetensors")
    try write(
      #"{"num_hidden_layers": 2, "hidden_size": 8, "conv_dim": [4, 4]}"#,
      to: "experiments/models/tiny/config.json")
    try write(Self.site, to: "experiments/sites/local.yaml")
    try write(Self.corpus, to: "experiments/corpora/letters.yaml")
    try write(Self.task, to: "experiments/tasks/voices.yaml")
    try write(Self.spec(), to: "experiments/small.yaml")
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws {
    let file = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(text.utf8).write(to: file)
  }

  func text(_ name: String) throws -> String {
    try String(contentsOfFile: path + "/" + name, encoding: .utf8)
  }

  /// Lines of a file that the fake worker appends to; none before it did.
  func lines(_ name: String) -> [String] {
    ((try? text("artifacts/" + name)) ?? "").split(separator: "\n").map(String.init)
  }

  /// Every file of the finished artifacts, by path below the store.
  func artifacts() throws -> [String: Data] {
    var files: [String: Data] = [:]
    for kind in ["corpus", "downsample", "fine-tune", "features", "evaluate", "compare"] {
      let folder = store + "/" + kind
      for name in (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? [] {
        let contents = FileManager.default.contents(atPath: "\(folder)/\(name)")
        if let contents { files["\(kind)/\(name)"] = contents }
      }
    }
    return files
  }

  /// How many artifacts there are.
  func finished() throws -> Int {
    try artifacts().keys.count { $0.hasSuffix("/artifact.json") }
  }

  /// Processes whose command line names the store.
  func workers() -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { process in
      let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      let words = String(decoding: line, as: UTF8.self)
      return words.contains(store) && words.contains("fake-worker")
    }
  }

  /// A process of the program, not started yet.
  func process(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.currentDirectoryURL = URL(fileURLWithPath: path)
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["ALPHASWEEP_WORKER": workerPath], uniquingKeysWith: { $1 })
    return process
  }

  /// Runs the program to its end.
  func run(_ arguments: String...) throws -> (code: Int32, out: String, err: String) {
    try run(arguments: arguments)
  }

  func run(arguments: [String]) throws -> (code: Int32, out: String, err: String) {
    let process = process(arguments)
    let (out, err) = (Pipe(), Pipe())
    process.standardOutput = out
    process.standardError = err
    try process.run()
    // Texts here are far below what a pipe holds.
    process.waitUntilExit()
    return (
      process.terminationStatus,
      String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self),
      String(decoding: err.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    )
  }

  /// Runs the program with a hub's cache that is empty.
  func runWithoutHub(_ arguments: String...) throws -> (code: Int32, out: String, err: String) {
    let process = process(arguments)
    process.environment?["HF_HUB_CACHE"] = "/nowhere/hub"
    let (out, err) = (Pipe(), Pipe())
    (process.standardOutput, process.standardError) = (out, err)
    try process.run()
    let text = out.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return (
      process.terminationStatus, String(decoding: text, as: UTF8.self),
      String(decoding: err.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    )
  }

  static func spec(alpha: String = "0.25", extra: String = "") -> String {
    """
    experiment: small
    question: Does the small one run?
    seeds: [1]
    models:
      tiny: { checkpoint: models/tiny }
    fine-tune:
      tasks: [voices]
    methods:
      pre-trained: {}
      stable-ft: {}
      speech-ft: { alpha: [\(alpha)] }
    evaluate:
      tasks: [voices]
    \(extra)
    """
  }

  private static let site = """
    site: local
    recordings: recordings
    artifacts: artifacts
    cores: 2
    memory: 4 GB
    workers: 2
    """

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

  private static let task = """
    task: voices
    title: Voice
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
