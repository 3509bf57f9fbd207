import Artifacts
import Experiment
import Foundation
import Ledger

/// Room for stages on this machine.
package struct Room: Sendable {
  package var workers: Int
  package var cores: Int
  package var memoryBytes: Int

  package init(workers: Int, cores: Int, memoryBytes: Int) {
    self.workers = max(1, workers)
    self.cores = max(1, cores)
    self.memoryBytes = memoryBytes
  }
}

/// Carries out what is left of a plan: feeds stages to the backend's workers, longest chain first,
/// and keeps the diary. A stage that fails holds back only what needs it.
package actor Scheduler {
  private let plan: Plan
  private let store: ArtifactStore
  private let ledger: Diary
  private let backend: any Backend
  private let room: Room
  private let retries: Retries
  private let failsFast: Bool
  private let report: @Sendable (SchedulerEvent) -> Void

  private var agenda: Agenda
  private var summary = SweepSummary()
  private var running: [StageKey: Running] = [:]
  private var held: [Int: Set<StageKey>] = [:]
  private var crashes: [StageKey: Int] = [:]
  private var repairs: [StageKey: Int] = [:]
  private var cancelled: Set<StageKey> = []
  private let host = Machine.hostName

  private struct Running {
    var worker: Int
    var attempt: Int
    var started: Date
    var work: Task<StageOutcome, Never>
    var metrics: [Attempt.Metric] = []
  }

  private enum Step: Sendable {
    case ended(StageKey, StageOutcome)
    case rested(StageKey)
    case lookedElsewhere
  }

  /// How often damaged inputs of one stage are made again.
  private static let repairLimit = 2
  /// How often stages of other runs are looked for.
  private static let elsewherePause = Duration.milliseconds(300)

  /// Prepares a run; nothing happens before `run()`.
  ///
  /// With `failsFast`, nothing is begun any more once a stage failed.
  package init(
    plan: Plan, store: ArtifactStore, ledger: Diary, backend: any Backend, room: Room,
    retries: Retries = Retries(), failsFast: Bool = false,
    report: @escaping @Sendable (SchedulerEvent) -> Void
  ) {
    self.plan = plan
    self.store = store
    self.ledger = ledger
    self.backend = backend
    self.room = room
    self.retries = retries
    self.failsFast = failsFast
    self.report = report
    let finished = store.finished(plan.stages.values.filter { !$0.kind.isVirtual })
    agenda = Agenda(plan, finished: finished) { store.contains($0.kind, $0.key) }
  }

  /// Does what is left to do.
  ///
  /// When the calling task is cancelled, workers are stopped and what was finished stays.
  ///
  /// - Returns: What was done and what was not.
  /// - Throws: `SchedulingError` when no worker can be started; `StorageError` and `LedgerError` when
  ///   the store or the diary cannot be written. Workers are stopped then.
  package func run() async throws -> SweepSummary {
    summary.alreadyDone = agenda.doneCount
    report(.planned(remaining: agenda.remaining, done: summary.alreadyDone))
    guard !agenda.remaining.isEmpty else { return summary }
    store.removeStaleStaging()
    try ledger.closeAbandoned(host: host) { kill($0, 0) == 0 || errno == EPERM }
    try ledger.note(
      experiment: plan.experiment, question: plan.question, stages: Array(plan.stages.values))
    try await withThrowingTaskGroup(of: Step.self) { group in
      var isLooking = false
      while true {
        if isGoingOn { try await assign(in: &group) }
        if agenda.hasElsewhere, !isLooking, isGoingOn {
          isLooking = true
          group.addTask {
            try? await Task.sleep(for: Self.elsewherePause)
            return .lookedElsewhere
          }
        }
        guard let step = try await group.next() else { break }
        switch step {
        case .ended(let key, let outcome):
          if let pause = try end(key, outcome) {
            group.addTask {
              try? await Task.sleep(for: pause)
              return .rested(key)
            }
          }
        case .rested(let key):
          if cancelled.contains(key), let stage = plan.stages[key] {
            giveUp(stage)
          } else {
            agenda.retry(key)
          }
        case .lookedElsewhere:
          isLooking = false
          lookElsewhere()
        }
      }
    }
    summary.isInterrupted = Task.isCancelled && !agenda.remaining.isEmpty
    summary.notBegun = agenda.stages { $0 == .ready || $0 == .waiting || $0 == .elsewhere }.count
    return summary
  }

  private var isGoingOn: Bool { !Task.isCancelled && !(failsFast && !summary.failed.isEmpty) }

  private func assign(in group: inout ThrowingTaskGroup<Step, any Error>) async throws {
    while let (stage, worker) = agenda.next(free: freeWorkers, fits: fits) {
      if store.contains(stage.kind, stage.key) {
        finish(stage)
        report(.madeElsewhere(stage))
        continue
      }
      if store.isBeingMade(stage.key), await !backend.carriesOut(stage.key) {
        agenda.leaveElsewhere(stage.key)
        report(.elsewhere(stage))
        continue
      }
      try start(stage, on: worker, in: &group)
    }
  }

  private func start(
    _ stage: Stage, on worker: Int, in group: inout ThrowingTaskGroup<Step, any Error>
  ) throws {
    let started = Date()
    let attempt = try ledger.begin(
      stage.key, experiment: plan.experiment, worker: worker, host: host, process: getpid(),
      started: started)
    agenda.start(stage.key)
    held[worker] = agenda.inputs(of: stage.key)
    report(.started(stage, worker: worker, attempt: attempt))
    let request = StageRequest(stage, in: plan, attempt: attempt)
    let (backend, report, retries, heard) = (backend, report, retries, MetricsHeard())
    let work = Task.detached {
      await retries.within {
        await backend.execute(request, on: worker) { event in
          switch event {
          case .progress(let key, let fraction, let detail):
            report(.progress(key, worker: worker, fraction: fraction, detail: detail))
          case .metric(_, let name, let step, let value):
            heard.add(Attempt.Metric(name: name, step: step, value: value))
          case .ready(let process, let library):
            report(.ready(worker: worker, process: process, library: library))
          case .done, .failed: break
          }
        }
      }
    }
    running[stage.key] = Running(worker: worker, attempt: attempt, started: started, work: work)
    group.addTask {
      let outcome = await withTaskCancellationHandler {
        await work.value
      } onCancel: {
        work.cancel()
      }
      await self.note(heard.all, of: request.key)
      return .ended(request.key, outcome)
    }
  }

  /// Gives up one stage, running or not, and holds back what needs it. Nothing is tried again.
  package func cancel(_ key: StageKey) {
    guard let stage = plan.stages[key] else { return }
    switch agenda.state(of: key) {
    case .running:
      cancelled.insert(key)
      running[key]?.work.cancel()
    case .ready, .waiting, .elsewhere: giveUp(stage)
    case .done, .failed, .heldBack, nil: break
    }
  }

  private func giveUp(_ stage: Stage) {
    summary.cancelled.append(stage)
    holdBack(by: stage)
  }

  private func note(_ metrics: [Attempt.Metric], of key: StageKey) {
    running[key]?.metrics = metrics
  }

  private var freeWorkers: [(worker: Int, holds: Set<StageKey>)] {
    let busy = Set(running.values.map(\.worker))
    return (1...room.workers).filter { !busy.contains($0) }.map { ($0, held[$0] ?? []) }
  }

  /// A stage that is larger than the machine runs when nothing else does.
  private func fits(_ stage: Stage) -> Bool {
    guard !running.isEmpty else { return true }
    let stages = running.keys.compactMap { plan.stages[$0] } + [stage]
    return stages.reduce(0) { $0 + $1.resources.cores } <= room.cores
      && stages.reduce(0) { $0 + $1.resources.memoryBytes } <= room.memoryBytes
  }

  /// Notes how a try ended.
  ///
  /// - Returns: After which pause the stage is tried again, where its machine failed.
  private func end(_ key: StageKey, _ outcome: StageOutcome) throws -> Duration? {
    guard let stage = plan.stages[key], let run = running.removeValue(forKey: key) else {
      return nil
    }
    let outcome = outcome == .interrupted && cancelled.contains(key) ? .cancelled : outcome
    report(.ended(stage, worker: run.worker, outcome: outcome))
    try keep(stage, run, outcome)
    switch outcome {
    case .done: finish(stage)
    case .failed(let reason):
      if repairs[key, default: 0] < Self.repairLimit, agenda.reopenInputs(of: key) {
        repairs[key, default: 0] += 1
        report(.repaired(stage, reason: reason))
      } else {
        fail(stage, reason)
      }
    case .crashed(let reason):
      held[run.worker] = nil
      let failures = crashes[key, default: 0] + 1
      crashes[key] = failures
      if let pause = retries.pause(after: failures) {
        report(.retried(stage, reason: reason))
        return pause
      }
      fail(stage, "its worker died \(failures) times; the last time: \(reason)")
    case .interrupted: agenda.retry(key)
    case .cancelled: giveUp(stage)
    case .unusable(let reason): throw SchedulingError.unusableWorker(reason: reason)
    }
    return nil
  }

  private func keep(_ stage: Stage, _ run: Running, _ outcome: StageOutcome) throws {
    var attempt = Attempt(
      key: stage.key, kind: stage.kind, label: stage.label, number: run.attempt,
      experiment: plan.experiment, worker: run.worker, host: host, started: run.started,
      seconds: Date().timeIntervalSince(run.started), outcome: .done, metrics: run.metrics)
    switch outcome {
    case .done(_, let bytes): attempt.bytes = bytes
    case .failed(let reason): (attempt.outcome, attempt.reason) = (.failed, reason)
    case .crashed(let reason): (attempt.outcome, attempt.reason) = (.crashed, reason)
    case .interrupted: attempt.outcome = .interrupted
    case .cancelled:
      (attempt.outcome, attempt.reason) = (.cancelled, "'alphasweep cancel' gave it up")
    case .unusable(let reason): (attempt.outcome, attempt.reason) = (.crashed, reason)
    }
    try store.keep(attempt)
    try ledger.end(attempt)
  }

  private func finish(_ stage: Stage) {
    agenda.finish(stage.key)
    summary.done.append(stage)
  }

  private func fail(_ stage: Stage, _ reason: String) {
    summary.failed.append((stage, reason))
    holdBack(by: stage)
  }

  private func holdBack(by stage: Stage) {
    for other in agenda.fail(stage.key) {
      summary.heldBack.append((other, stage))
      report(.heldBack(other, by: stage))
    }
  }

  private func lookElsewhere() {
    for stage in agenda.madeElsewhere where !store.isBeingMade(stage.key) {
      if store.contains(stage.kind, stage.key) {
        finish(stage)
        report(.madeElsewhere(stage))
      } else {
        agenda.retry(stage.key)
      }
    }
  }
}
