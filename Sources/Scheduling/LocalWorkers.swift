import Artifacts
import Experiment
import Foundation

/// Worker processes on this machine, each started when it is first needed and again after it died.
package actor LocalWorkers: Backend {
  private let program: String
  private let store: ArtifactStore
  private let computing: Computing
  private var processes: [Int: WorkerProcess] = [:]
  private var logs: [Int: WorkerLog] = [:]

  /// Nothing is started yet.
  ///
  /// - Parameters:
  ///   - program: Path of `alphasweep-worker`.
  ///   - store: Where artifacts and logs go.
  ///   - computing: What the workers compute on.
  package init(program: String, store: ArtifactStore, computing: Computing = Computing()) {
    self.program = program
    self.store = store
    self.computing = computing
    // A request to a worker that just died must be an error of writing, not the end of this program.
    signal(SIGPIPE, SIG_IGN)
  }

  package func execute(
    _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome {
    do {
      let log = try log(worker)
      // Before a worker is started, so that what it says then is the attempt's too.
      log.begin(request)
      return await process(worker, log).carryOut(request, report: report)
    } catch {
      return .unusable(reason: String(describing: error))
    }
  }

  /// Ends all workers and waits for them: idle ones by themselves, busy ones by a signal.
  package func shutDown() async {
    for process in processes.values { await process.stop() }
    for process in processes.values { await process.ended() }
    processes = [:]
  }

  private func log(_ worker: Int) throws(StorageError) -> WorkerLog {
    if let log = logs[worker] { return log }
    let log = try WorkerLog(store: store)
    logs[worker] = log
    return log
  }

  private func process(_ worker: Int, _ log: WorkerLog) async -> WorkerProcess {
    if let process = processes[worker], await !process.isOver { return process }
    let process = await WorkerProcess(
      program: program,
      arguments: ["--artifacts", store.root, "--parent", String(getpid())] + computing.arguments,
      log: log)
    processes[worker] = process
    return process
  }
}
