import Experiment
import Logging
import Scheduling

/// Writes what happens in a run to the experiment's log.
struct SweepLog: Sendable {
  private let logger: Logger

  init(_ logger: Logger) { self.logger = logger }

  func note(_ event: SchedulerEvent) {
    switch event {
    case .planned(let remaining, let done):
      logger.info("planned", metadata: ["toDo": "\(remaining.count)", "done": "\(done)"])
    case .ready(let worker, let process, let library):
      logger.info(
        "worker is up",
        metadata: ["worker": "\(worker)", "process": "\(process)", "library": "\(library)"])
    case .started(let stage, let worker, let attempt):
      note("started", stage, ["worker": "\(worker)", "attempt": "\(attempt)"])
    case .ended(let stage, let worker, let outcome): ended(stage, worker, outcome)
    case .retried(let stage, let reason): warn("tried again", stage, reason)
    case .repaired(let stage, let reason): warn("inputs made again", stage, reason)
    case .elsewhere(let stage): note("another run is at it", stage)
    case .madeElsewhere(let stage): note("made by another run", stage)
    case .heldBack(let stage, let cause): warn("held back", stage, cause.label)
    case .progress: break
    }
  }

  private func ended(_ stage: Stage, _ worker: Int, _ outcome: StageOutcome) {
    switch outcome {
    case .done(let seconds, let bytes):
      note("done", stage, ["seconds": "\(seconds)", "bytes": "\(bytes)", "worker": "\(worker)"])
    case .failed(let reason): warn("failed", stage, reason)
    case .crashed(let reason): warn("worker died", stage, reason)
    case .interrupted: note("interrupted", stage)
    case .unusable(let reason): warn("no worker can be started", stage, reason)
    }
  }

  private func note(_ message: Logger.Message, _ stage: Stage, _ more: Logger.Metadata = [:]) {
    logger.info(message, metadata: metadata(stage).merging(more) { $1 })
  }

  private func warn(_ message: Logger.Message, _ stage: Stage, _ reason: String) {
    logger.warning(message, metadata: metadata(stage).merging(["reason": "\(reason)"]) { $1 })
  }

  private func metadata(_ stage: Stage) -> Logger.Metadata {
    ["key": "\(stage.key.hex)", "stage": "\(stage.label)"]
  }
}
