import Artifacts
import Experiment
import Foundation
import SpeechFT
import Torch

/// Runs the stages that it is handed on standard input, one at a time, and says on standard output how
/// they go. It ends when its input ends.
@main
struct Worker {
  static func main() {
    TorchRuntime.restartWithPassiveThreads()
    do {
      let options = try WorkerOptions(Array(CommandLine.arguments.dropFirst()))
      switch options.command {
      case .help: print(WorkerOptions.help)
      case .serve(let store, let computing, let parent):
        try serve(ArtifactStore(root: store), computing, parent: parent)
      case .export(let request, let experiment, let output, let store):
        try Export.run(
          request: request, experiment: experiment, output: output,
          store: ArtifactStore(root: store))
      case .look: try Look.run()
      case .library: print(library)
      case .check(let computing): try Check.run(computing)
      }
    } catch {
      FileHandle.standardError.write(Data("alphasweep-worker: \(error)\n".utf8))
      exit(error is WorkerOptions.UsageError ? 64 : 1)
    }
  }

  /// What computes, for the log of the experiment.
  private static var library: String { "libtorch \(TorchRuntime.version), \(TorchRuntime.blas)" }

  private static func serve(
    _ store: ArtifactStore, _ computing: Computing, parent: Int32?
  ) throws {
    Orphan.endWithParent(parent)
    TorchRuntime.flushDenormals()
    if let warning = TorchRuntime.blas.warning {
      FileHandle.standardError.write(Data((warning + "\n").utf8))
    }
    // A device that is not there is said before any stage begins.
    try DeviceScope.during(computing.device.description) {}
    let encoder = JSONEncoder()
    let say: (WorkerEvent) -> Void = { event in
      guard var line = try? encoder.encode(event) else { return }
      line.append(UInt8(ascii: "\n"))
      FileHandle.standardOutput.write(line)
    }
    say(.ready(process: getpid(), library: library))
    let bench = Workbench()
    let stop = StopRequest()
    let termination = Termination(stop)
    defer { withExtendedLifetime(termination) {} }
    let decoder = JSONDecoder()
    while let line = readLine() {
      let request = try decoder.decode(StageRequest.self, from: Data(line.utf8))
      let started = ContinuousClock.now
      do {
        try StageExecution.run(
          StageContext(
            request: request, store: store, bench: bench, computing: computing, stop: stop,
            report: say))
        let seconds = (ContinuousClock.now - started) / .seconds(1)
        let bytes = try store.open(request.kind, request.key).bytes
        say(.done(key: request.key, seconds: seconds, bytes: bytes))
      } catch {
        // Who ended this process gives the stage to another one, and it goes on where it was.
        if stop.isMade { exit(Termination.exitCode) }
        say(.failed(key: request.key, reason: String(describing: error)))
      }
    }
  }
}
