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

  /// So often what turns out to be damaged when the report is written is made again.
  private static let mostRepairs = 2

  /// Does what is left and writes the report, whatever came of it.
  ///
  /// - Returns: How it ended.
  /// - Throws: `SchedulingError`, `StorageError` or `LedgerError` when nothing can be done at all;
  ///   `ArtifactError` for a measurement that is damaged whenever it is made.
  func run() async throws -> SweepEnding {
    if workspace.site.slurm != nil {
      try SlurmSettling.settle(workspace.store, Diary.open(for: workspace.store).ledger)
    }
    defer { removeLeftovers() }
    if let ending = try await nothingToDo() { return ending }
    // From here on 'gc' leaves alone what the plan has. What was seen before may be gone.
    let mark = try RunMark(workspace.plan, in: workspace.store)
    defer { withExtendedLifetime(mark) {} }
    var (summary, repairs) = (SweepSummary(), 0)
    while true {
      let signal: Int32?
      (summary, signal) = try await round(after: summary, mark)
      let finished = workspace.store.finished(wanted)
      let isLast = repairs == Self.mostRepairs || summary.isInterrupted
      repairs += 1
      // Whoever removed them, they are wanted.
      if summary.isComplete, finished.count < wanted.count, !isLast { continue }
      do {
        return try ending(summary, signal: signal, finished: finished)
      } catch let error as ArtifactError where !isLast {
        // It was set aside, if it is damaged.
        StandardError.write("\(error)\nthe run goes on with that\n")
      }
    }
  }

  private var wanted: [Stage] { workspace.plan.wanted.compactMap { workspace.plan.stages[$0] } }

  /// How it ended, where all is there and the report says it.
  private func nothingToDo() async throws -> SweepEnding? {
    let wanted = wanted
    let finished = workspace.store.finished(wanted, after: workspace.early)
    let step = ReportStep(workspace, results: results)
    guard finished.count == wanted.count, let report = try step.unchanged(finished: finished) else {
      return nil
    }
    await removeBatches()
    // What cannot be kept now, the next run keeps.
    if (try? workspace.store.keep(workspace.plan)) == true { try? notePlan() }
    var summary = SweepSummary()
    summary.alreadyDone = wanted.count
    return SweepEnding(
      experiment: workspace.spec.experiment, summary: summary, signal: nil,
      report: Files.shown(report))
  }

  /// Removes what the last jobs left on a cluster, where nobody will look for jobs.
  private func removeBatches() async {
    guard let slurm = workspace.site.slurm else { return }
    await SlurmLeftovers.remove(
      from: workspace.store, site: slurm, commands: SweepBackend.commands(slurm))
  }

  /// Writes into the ledger what the experiment has.
  private func notePlan() throws {
    let plan = workspace.plan
    try Diary.open(for: workspace.store).ledger.note(
      experiment: plan.experiment, question: plan.question, stages: Array(plan.stages.values))
  }

  /// Does what is left, if anything is.
  private func round(
    after summary: SweepSummary, _ mark: RunMark
  ) async throws -> (SweepSummary, Int32?) {
    // For 'gc', and for a ledger that is lost.
    let isNew = try workspace.store.keep(workspace.plan)
    let wanted = wanted
    guard workspace.store.finished(wanted).count < wanted.count else {
      await removeBatches()
      if isNew { try notePlan() }
      var all = summary
      if all.done.isEmpty { all.alreadyDone = wanted.count }
      return (all, nil)
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
    var (last, signal) = try await carryOut(on: backend, mark, ledger: ledger, logger: logger)
    last.done = summary.done + last.done
    // Of an element that was sent twice, the other one may have ended by now.
    if signal == nil { await removeBatches() }
    return (last, signal)
  }

  private func carryOut(
    on backend: SweepBackend, _ mark: RunMark, ledger: Diary, logger: Logger
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

  /// Writes the report unless the run was interrupted. `finished` are the wanted stages that are there.
  private func ending(
    _ summary: SweepSummary, signal: Int32?, finished: Set<StageKey>
  ) throws -> SweepEnding {
    let report =
      summary.isInterrupted
      ? nil : try ReportStep(workspace, results: results).write(finished: finished)
    return SweepEnding(
      experiment: workspace.spec.experiment, summary: summary, signal: signal,
      report: report.map(Files.shown))
  }

  /// Of killed programs, and of this one.
  private func removeLeftovers() {
    workspace.store.removeLeftovers(in: [results, results + "/figures"])
    RunMark.removeDead(in: workspace.store)
    HostShare.removeDead(in: workspace.store)
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
