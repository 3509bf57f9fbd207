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
      StandardStream.write("alphasweep-worker: \(error)\n".utf8, to: STDERR_FILENO)
      exit(error is WorkerOptions.UsageError ? 64 : 1)
    }
  }

  /// What computes, for the log of the experiment.
  private static var library: String { "libtorch \(TorchRuntime.version), \(TorchRuntime.blas)" }

  private static func serve(
    _ store: ArtifactStore, _ computing: Computing, parent: Int32?
  ) throws {
    Orphan.endWithParent(parent)
    // Who is told to end saves its state, though nobody may listen any more to what it says meanwhile.
    signal(SIGPIPE, SIG_IGN)
    TorchRuntime.flushDenormals()
    if let warning = TorchRuntime.blas.warning {
      StandardStream.write((warning + "\n").utf8, to: STDERR_FILENO)
    }
    // A device that is not there is said before any stage begins.
    try DeviceScope.during(computing.device.description) {}
    // Without a program that waits for it, it is a cluster's.
    let stop = parent == nil ? StopRequest(patience: Termination.clustersPatience) : StopRequest()
    let termination = Termination(stop)
    defer { withExtendedLifetime(termination) {} }
    let lines = EventLines()
    let say: @Sendable (WorkerEvent) -> Void = { lines.write($0) }
    say(.ready(process: getpid(), library: library))
    let publisher = Publisher(store: store, publish: StageExecution.publish, say: say)
    // What was computed is not lost because nothing else is asked for.
    defer { publisher.wait() }
    let bench = Workbench()
    var requests = RequestLines()
    while let next = try requests.next() {
      let contexts = next.map { request in
        StageContext(
          request: request, store: store, bench: bench, computing: computing, stop: stop,
          report: say)
      }
      do {
        try StageExecution.written(all: contexts) { context, result, seconds in
          end(context, result, seconds, publisher, say)
        }
      } catch {
        // Who ended this process gives the stages to another one, and they go on where they were.
        exit(Termination.exitCode)
      }
    }
  }

  /// Says what became of a stage, or hands it on to be published.
  private static func end(
    _ context: StageContext, _ result: Result<UnpublishedArtifact?, any Error>, _ seconds: Double,
    _ publisher: Publisher, _ say: @Sendable (WorkerEvent) -> Void
  ) {
    let request = context.request
    do {
      if let written = try result.get() {
        publisher.take(written, seconds: seconds)
      } else {
        let bytes = try context.store.open(request.kind, request.key).bytes
        say(.done(key: request.key, seconds: seconds, bytes: bytes))
      }
    } catch {
      if case ArtifactError.unavailable = error {
        // The machine's failure and not the stage's: another worker is to try.
        publisher.wait()
        StandardStream.write("\(error)\n".utf8, to: STDERR_FILENO)
        exit(1)
      }
      say(.failed(key: request.key, reason: String(describing: error)))
    }
  }
}
