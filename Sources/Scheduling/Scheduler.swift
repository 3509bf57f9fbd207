import Artifacts
import Experiment
import Foundation
import Ledger

/// Carries out what is left of a plan: feeds stages to the backend's workers, longest chain first,
/// and keeps the diary. A stage that fails holds back only what needs it.
package actor Scheduler {
  let plan: Plan
  let store: ArtifactStore
  let ledger: Diary
  let backend: any Backend
  let room: Room
  let retries: Retries
  let failsFast: Bool
  /// Where other runs on this machine use the same cores.
  let share: HostShare?
  let report: @Sendable (SchedulerEvent) -> Void

  var agenda: Agenda
  var summary = SweepSummary()
  var running: [StageKey: Running] = [:]
  /// What each worker was given and has not ended, in that order.
  var inHand: [Int: [StageKey]] = [:]
  /// Workers that do at once what they have in hand.
  var inOnePass: Set<Int> = []
  /// What each worker has loaded for the last stage that it was given.
  var held: [Int: Set<StageKey>] = [:]
  var briskness = Briskness()
  /// What workers said since the last look.
  var arrived: [Arrival] = []
  /// Ended, and not in the diary yet.
  var unrecorded: [Attempt] = []
  var crashes: [StageKey: Int] = [:]
  var repairs: [StageKey: Int] = [:]
  var cancelled: Set<StageKey> = []
  /// Whether a stage could begin but for what other runs use.
  var waitsForRoom = false
  let host = Machine.hostName

  struct Running {
    var worker: Int
    var attempt: Int
    var started: Date
    /// By a clock that nobody sets.
    var begun = ContinuousClock.now
    /// Whether its heads are trained in one pass with those of others.
    var isInPass = false
    var work: Task<StageOutcome, Never>
  }

  struct Arrival {
    var key: StageKey
    var outcome: StageOutcome
    var metrics: [Attempt.Metric]
  }

  enum Step: Sendable {
    case arrived
    case recorded
    case rested(StageKey)
    case lookedElsewhere
    case lookedForRoom
  }

  /// How often stages of other runs are looked for.
  private static let elsewherePause = Duration.milliseconds(300)

  /// How often room is looked for that others have given back.
  private static let roomPause = Duration.milliseconds(100)

  /// Prepares a run; nothing happens before `run()`.
  ///
  /// With `failsFast`, nothing is begun any more once a stage failed.
  package init(
    plan: Plan, store: ArtifactStore, ledger: Diary, backend: any Backend, room: Room,
    retries: Retries = Retries(), failsFast: Bool = false, share: HostShare? = nil,
    report: @escaping @Sendable (SchedulerEvent) -> Void
  ) {
    self.plan = plan
    self.store = store
    self.ledger = ledger
    self.backend = backend
    self.room = room
    self.retries = retries
    self.failsFast = failsFast
    self.share = share
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
    guard agenda.remainingCount > 0 else { return summary }
    store.removeStaleStaging()
    try ledger.closeAbandoned(host: host) { kill($0, 0) == 0 || errno == EPERM }
    try ledger.note(
      experiment: plan.experiment, question: plan.question, stages: Array(plan.stages.values))
    do {
      try await withThrowingTaskGroup(of: Step.self) { try await carryOut(in: &$0) }
    } catch {
      // What ended before is written down all the same, if it can be.
      try? Self.record(unrecorded, store, ledger)
      throw error
    }
    summary.isInterrupted = Task.isCancelled && agenda.remainingCount > 0
    summary.notBegun = agenda.stages { $0 == .ready || $0 == .waiting || $0 == .elsewhere }.count
    return summary
  }

  private var isGoingOn: Bool { !Task.isCancelled && !(failsFast && !summary.failed.isEmpty) }

  private func carryOut(in group: inout ThrowingTaskGroup<Step, any Error>) async throws {
    var (isLooking, isRecording, isWaiting) = (false, false, false)
    while true {
      if isGoingOn { try await assign(in: &group) }
      if agenda.hasElsewhere, !isLooking, isGoingOn {
        isLooking = true
        group.addTask {
          try? await Task.sleep(for: Self.elsewherePause)
          return .lookedElsewhere
        }
      }
      if waitsForRoom, !isWaiting, isGoingOn {
        isWaiting = true
        group.addTask {
          try? await Task.sleep(for: Self.roomPause)
          return .lookedForRoom
        }
      }
      if !unrecorded.isEmpty, !isRecording {
        isRecording = true
        let (batch, store, ledger) = (unrecorded, store, ledger)
        unrecorded = []
        group.addTask {
          try await Blocking.run { try Self.record(batch, store, ledger) }
          return .recorded
        }
      }
      guard let step = try await group.next() else {
        if isGoingOn { try checkDisk() }
        return
      }
      switch step {
      case .arrived: try endArrived(in: &group)
      case .recorded: isRecording = false
      case .lookedForRoom: isWaiting = false
      case .rested(let key): tryAgain(key)
      case .lookedElsewhere:
        isLooking = false
        lookElsewhere()
      }
    }
  }

  /// Keeps how attempts ended, all of them together: one wait for the disk and one transaction.
  /// Artifacts are durable by then, whatever becomes of this.
  private static func record(
    _ attempts: [Attempt], _ store: ArtifactStore, _ ledger: Diary
  ) throws {
    try store.keep(attempts)
    try ledger.end(attempts)
  }
}
