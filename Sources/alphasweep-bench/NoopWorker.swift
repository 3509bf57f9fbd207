import ArgumentParser
import Artifacts
import Experiment
import Foundation

/// A worker whose stages only write one small file: what is left is what planning, scheduling and
/// publication cost. It speaks the worker's protocol and publishes as `alphasweep-worker` does, on the
/// same threads.
struct NoopWorker: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "no-op-worker", abstract: "Does stages that do nothing.", shouldDisplay: false)

  @Option(help: "Where artifacts go.") var artifacts: String
  @Option(help: "The program that it works for.") var parent: Int32

  func run() throws {
    let store = ArtifactStore(root: artifacts)
    let say: @Sendable (WorkerEvent) -> Void = { event in
      guard let line = event.line else { return }
      // One write a line, which a pipe keeps whole up to 4 KB.
      _ = Array((line + "\n").utf8).withUnsafeBytes {
        Foundation.write(STDOUT_FILENO, $0.baseAddress, $0.count)
      }
    }
    say(.ready(process: getpid(), library: "none"))
    let publisher = Publisher(store: store, publish: { $1.publish(all: $0) }, say: say)
    while let line = readLine() {
      let request = try StageRequest(json: Data(line.utf8))
      let started = ContinuousClock.now
      let written = try store.write(request.kind, request.key, identity: request.identity) {
        try Self.write(request, to: $0.folder)
      }
      if let written {
        publisher.take(written, seconds: (ContinuousClock.now - started) / .seconds(1))
      } else {
        say(.done(key: request.key, seconds: 0, bytes: 0))
      }
    }
    publisher.wait()
  }

  /// A measurement where a report wants one; elsewhere the key.
  private static func write(_ request: StageRequest, to folder: String) throws {
    let isEvaluation = request.kind == .evaluate
    let text = isEvaluation ? measurement(request) : request.key.hex
    let path = folder + (isEvaluation ? "/metrics.json" : "/result.txt")
    let file = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard file >= 0 else { throw StorageError.last("created", path) }
    defer { close(file) }
    let count = Array(text.utf8).withUnsafeBytes {
      Foundation.write(file, $0.baseAddress, $0.count)
    }
    guard count == text.utf8.count else { throw StorageError.last("written", path) }
  }

  /// What the report takes for its task's: some of four answers are right, as the key has it.
  private static func measurement(_ request: StageRequest) -> String {
    let task = request.parameters["task"]?.string ?? ""
    let right = (request.key.hex.utf8.first ?? 0) % 5
    return """
      {"task":"\(task)","metric":"accuracy","value":\(25 * Int(right)),"higherIsBetter":true,\
      "count":4,"units":4,"chance":50,"trainCount":8,"classes":2}
      """
  }
}
