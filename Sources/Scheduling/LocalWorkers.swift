import Artifacts
import Experiment
import Foundation

/// Worker processes on this machine, each started when it is first needed and again after it died.
package actor LocalWorkers: Backend {
  private let program: String
  private let store: ArtifactStore
  private let computing: Computing
  private let gpus: [Int]
  /// A process is there as soon as somebody asks for it, so that two who ask get the same one.
  private var processes: [Int: Task<WorkerProcess, Never>] = [:]
  private var logs: [Int: WorkerLog] = [:]

  /// Nothing is started yet.
  ///
  /// - Parameters:
  ///   - program: Path of `alphasweep-worker`.
  ///   - store: Where artifacts and logs go.
  ///   - computing: What the workers compute on.
  ///   - gpus: The cards of the first workers, one each; the others compute on the CPU. Where empty, all
  ///     workers see what there is.
  package init(
    program: String, store: ArtifactStore, computing: Computing = Computing(), gpus: [Int] = []
  ) {
    self.program = program
    self.store = store
    self.computing = computing
    self.gpus = gpus
    // A request to a worker that just died must be an error of writing, not the end of this program.
    signal(SIGPIPE, SIG_IGN)
  }

  package func execute(
    _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome {
    do {
      let process = try await process(worker, log(worker), for: request)
      return await process.carryOut(request, report: report)
    } catch {
      return .unusable(reason: String(describing: error))
    }
  }

  /// Ends all workers and waits for them: idle ones by themselves, busy ones by a signal.
  package func shutDown() async {
    for process in processes.values { await process.value.stop() }
    for process in processes.values { await process.value.ended() }
    processes = [:]
  }

  /// What a worker computes on, and what `CUDA_VISIBLE_DEVICES` shows it; `nil` for what this program
  /// sees. Where that is a part of the machine's cards already, they are counted within it.
  private func computing(of worker: Int) -> (Computing, card: String?) {
    guard !gpus.isEmpty else { return (computing, nil) }
    guard worker <= gpus.count else {
      var computing = computing
      computing.device = .cpu
      return (computing, "")
    }
    let seen = (ProcessInfo.processInfo.environment["CUDA_VISIBLE_DEVICES"] ?? "")
      .split(separator: ",").map { $0.trimmingCharacters(in: .whitespaces) }
    let card = gpus[worker - 1]
    return (computing, seen.indices.contains(card) ? seen[card] : String(card))
  }

  private func log(_ worker: Int) throws(StorageError) -> WorkerLog {
    if let log = logs[worker] { return log }
    let log = try WorkerLog(store: store)
    logs[worker] = log
    return log
  }

  /// The worker's process; where none is there, one is started for `request`.
  private func process(
    _ worker: Int, _ log: WorkerLog, for request: StageRequest
  ) async -> WorkerProcess {
    while let starting = processes[worker] {
      let process = await starting.value
      if await !process.isOver { return process }
      // Somebody else may have started another one while this was asked.
      if processes[worker] == starting { processes[worker] = nil }
    }
    let (program, root) = (program, store.root)
    let (computing, card) = computing(of: worker)
    let starting = Task {
      await WorkerProcess(
        program: program,
        arguments: ["--artifacts", root, "--parent", String(getpid())] + computing.arguments,
        card: card, log: log, first: request)
    }
    processes[worker] = starting
    return await starting.value
  }
}
