import Artifacts
import Experiment
import Foundation
import Ledger
import Logging
import Scheduling

/// One run of a plan, here or on a cluster, from the first worker to the report.
struct Sweep {
  private let workspace: Workspace
  private let room: Room
  private let results: String
  private let isDetached: Bool
  private let failsFast: Bool
  private let priority: Int

  init(
    _ workspace: Workspace, workers: Int?, results: String?, isDetached: Bool = false,
    failsFast: Bool = false, priority: Int = 0
  ) {
    self.workspace = workspace
    self.results = workspace.results(results)
    self.isDetached = isDetached
    self.failsFast = failsFast
    self.priority = priority
    room = Room(of: workspace.site, workers: workers, artifacts: workspace.store.root)
  }

  /// Does what is left and writes the report, whatever came of it.
  ///
  /// - Returns: How it ended.
  /// - Throws: `SchedulingError`, `StorageError` or `LedgerError` when nothing can be done at all.
  func run() async throws -> SweepEnding {
    if workspace.site.slurm != nil {
      try SlurmSettling.settle(workspace.store, Diary.open(for: workspace.store).ledger)
    }
    let wanted = workspace.plan.wanted.compactMap { workspace.plan.stages[$0] }
    let finished = workspace.store.finished(wanted, after: workspace.early)
    guard finished.count < wanted.count else {
      if let slurm = workspace.site.slurm {
        await SlurmLeftovers.remove(
          from: workspace.store, site: slurm, commands: SweepBackend.commands(slurm))
      }
      var summary = SweepSummary()
      summary.alreadyDone = wanted.count
      return try ending(summary, signal: nil, finished: finished)
    }
    // Where the report cannot be written, nobody should wait for stages first.
    try AtomicFile.makeFolder(results)
    guard access(results, W_OK) == 0 else { throw StorageError.last("written", results) }
    let backend = try SweepBackend(workspace, isDetached: isDetached)
    let (ledger, setAside) = try Diary.open(for: workspace.store)
    let logger = try logger()
    if let setAside {
      StandardError.write("the ledger was damaged and written again; the old one is \(setAside)\n")
    }
    let (summary, signal) = try await carryOut(on: backend, ledger: ledger, logger: logger)
    return try ending(summary, signal: signal)
  }

  private func carryOut(
    on backend: SweepBackend, ledger: Diary, logger: Logger
  ) async throws -> (SweepSummary, Int32?) {
    let view = try progress(ledger)
    let log = SweepLog(logger)
    let scheduler = Scheduler(
      plan: workspace.plan, store: workspace.store, ledger: ledger, backend: backend.backend,
      room: room, retries: Retries(limit: workspace.site.stageSeconds.map { .seconds($0) }),
      failsFast: failsFast, share: try share()
    ) { event in
      view.update(event)
      log.note(event)
    }
    let mark = try RunMark(workspace.plan, in: workspace.store)
    let work = Task { try await scheduler.run() }
    let signals = Signals {
      view.finish()
      StandardError.write(backend.farewell)
      work.cancel()
    }
    let clock = Task {
      while !Task.isCancelled {
        try await Task.sleep(for: .seconds(1))
        view.tick()
        mark.show(view.lines)
        await Self.answer(mark, scheduler)
      }
    }
    let result = await work.result
    clock.cancel()
    // What it shows others lies beside the mark, which goes first.
    _ = await clock.result
    view.finish()
    await backend.shutDown(signals.first)
    withExtendedLifetime(mark) {}
    return (try result.get(), signals.first)
  }

  /// With other runs on this machine; on a cluster Slurm says who goes first.
  private func share() throws -> HostShare? {
    workspace.site.slurm == nil ? try HostShare(workspace.store, priority: priority) : nil
  }

  /// Does what 'alphasweep cancel' asked for.
  private static func answer(_ mark: RunMark, _ scheduler: Scheduler) async {
    let asked = mark.requests()
    // As Ctrl-C would.
    if asked.everything { kill(getpid(), SIGINT) }
    for key in asked.stages {
      await scheduler.cancel(key)
      mark.answer(key)
    }
  }

  private func progress(_ ledger: Diary) throws -> ProgressView {
    var time = RemainingTime()
    for (key, seconds) in try ledger.durations() {
      if let stage = workspace.plan.stages[key] { time.learn(stage, seconds: seconds) }
    }
    let start = ContinuousClock.now
    let seconds: @Sendable () -> Double = { (ContinuousClock.now - start) / .seconds(1) }
    return ProgressView(
      board: ProgressBoard(workers: room.workers, now: 0, time: time),
      isTerminal: isatty(STDERR_FILENO) == 1, width: { Terminal.columns }, clock: seconds,
      write: StandardError.write)
  }

  private func logger() throws -> Logger {
    let log = try RunLog(store: workspace.store, experiment: workspace.spec.experiment)
    return Logger(label: "alphasweep") { _ in log }
  }

  /// Writes the report unless the run was interrupted. `finished` are the wanted stages that are known to be
  /// there; they are looked for where it is absent.
  private func ending(
    _ summary: SweepSummary, signal: Int32?, finished: Set<StageKey>? = nil
  ) throws -> SweepEnding {
    let report =
      summary.isInterrupted
      ? nil : try ReportStep(workspace, results: results).write(finished: finished)
    workspace.store.removeLeftovers(in: [results, results + "/figures"])
    RunMark.removeDead(in: workspace.store)
    HostShare.removeDead(in: workspace.store)
    return SweepEnding(
      experiment: workspace.spec.experiment, summary: summary, signal: signal,
      report: report.map(Files.shown))
  }
}

/// The terminal that shows progress.
enum Terminal {
  /// Columns now; 80 where it does not say.
  static var columns: Int { size(of: STDERR_FILENO).columns }

  /// 80 columns and 24 rows where it does not say.
  static func size(of stream: Int32) -> (columns: Int, rows: Int) {
    var size = winsize()
    guard ioctl(stream, UInt(TIOCGWINSZ), &size) == 0, size.ws_col > 0 else { return (80, 24) }
    return (Int(size.ws_col), max(2, Int(size.ws_row)))
  }
}
