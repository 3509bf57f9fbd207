import Experiment
import Logging
import Scheduling
import Synchronization

/// Writes what happens in a run to the experiment's log: an event a line, of stages with their key and
/// attempt.
final class SweepLog: Sendable {
  private let logger: Logger
  /// Of the attempts that run or ended last, by stage.
  private let attempts = Mutex<[StageKey: Int]>([:])

  init(_ logger: Logger) { self.logger = logger }

  func note(_ event: SchedulerEvent) {
    switch event {
    case .planned(let remaining, let done):
      logger.info(
        "planned",
        metadata: ["toDo": .stringConvertible(remaining.count), "done": .stringConvertible(done)])
    case .ready(let worker, let process, let library):
      logger.info(
        "worker is up",
        metadata: [
          "worker": .stringConvertible(worker), "process": .stringConvertible(process),
          "library": "\(library)",
        ])
    case .started(let stage, let worker, let attempt):
      attempts.withLock { $0[stage.key] = attempt }
      note("started", stage, ["worker": .stringConvertible(worker)])
    case .ended(let stage, let worker, let outcome): ended(stage, worker, outcome)
    case .retried(let stage, let reason): warn("tried again", stage, ["reason": "\(reason)"])
    case .repaired(let stage, let reason):
      warn("inputs made again", stage, ["reason": "\(reason)"])
    case .elsewhere(let stage): note("another run is at it", stage)
    case .madeElsewhere(let stage): note("made by another run", stage)
    case .heldBack(let stage, let cause):
      warn("held back", stage, ["by": "\(cause.key.hex)", "reason": "\(cause.label)"])
    case .progress: break
    }
  }

  private func ended(_ stage: Stage, _ worker: Int, _ outcome: StageOutcome) {
    let worker: Logger.Metadata = ["worker": .stringConvertible(worker)]
    func because(_ reason: String) -> Logger.Metadata {
      worker.merging(["reason": "\(reason)"]) { $1 }
    }
    switch outcome {
    case .done(let seconds, let bytes):
      note(
        "done", stage,
        worker.merging(["seconds": .stringConvertible(seconds), "bytes": .stringConvertible(bytes)])
        { $1 })
    case .failed(let reason): warn("failed", stage, because(reason))
    case .crashed(let reason): warn("worker died", stage, because(reason))
    case .lost(let reason):
      warn("worker died with this and other stages in hand", stage, because(reason))
    case .interrupted: note("interrupted", stage, worker)
    case .cancelled: note("cancelled", stage, worker)
    case .unusable(let reason): warn("no worker can be started", stage, because(reason))
    }
  }

  private func note(_ message: Logger.Message, _ stage: Stage, _ more: Logger.Metadata = [:]) {
    logger.info(message, metadata: metadata(stage).merging(more) { $1 })
  }

  private func warn(_ message: Logger.Message, _ stage: Stage, _ more: Logger.Metadata) {
    logger.warning(message, metadata: metadata(stage).merging(more) { $1 })
  }

  private func metadata(_ stage: Stage) -> Logger.Metadata {
    var metadata: Logger.Metadata = ["key": "\(stage.key.hex)", "stage": "\(stage.label)"]
    if let attempt = attempts.withLock({ $0[stage.key] }) {
      metadata["attempt"] = .stringConvertible(attempt)
    }
    return metadata
  }
}
