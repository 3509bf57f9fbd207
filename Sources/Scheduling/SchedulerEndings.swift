import Artifacts
import Experiment
import Foundation

/// What becomes of stages that ended, were given up, or are made by somebody else.
extension Scheduler {
  /// How often damaged inputs of one stage are made again.
  private static var repairLimit: Int { 2 }

  /// Ends all stages that have arrived meanwhile, together.
  func endArrived(in group: inout ThrowingTaskGroup<Step, any Error>) throws {
    let all = arrived
    arrived = []
    for arrival in all {
      guard let pause = try end(arrival) else { continue }
      group.addTask {
        try? await Task.sleep(for: pause)
        return .rested(arrival.key)
      }
    }
  }

  /// Makes a stage ready again whose pause is over, if nobody gave it up meanwhile.
  func tryAgain(_ key: StageKey) {
    if cancelled.contains(key), let stage = plan.stages[key] {
      giveUp(stage)
    } else {
      agenda.retry(key)
    }
  }

  /// Gives up one stage, running or not, and holds back what needs it. Nothing is tried again.
  package func cancel(_ key: StageKey) async {
    guard let stage = plan.stages[key] else { return }
    switch agenda.state(of: key) {
    case .running:
      cancelled.insert(key)
      await backend.abandon(key)
      running[key]?.work.cancel()
    case .ready, .waiting, .elsewhere: giveUp(stage)
    case .done, .failed, .heldBack, nil: break
    }
  }

  func finish(_ stage: Stage) {
    agenda.finish(stage.key)
    summary.done.append(stage)
  }

  func lookElsewhere() {
    for stage in agenda.madeElsewhere where !store.isBeingMade(stage.key) {
      if store.contains(stage.kind, stage.key) {
        finish(stage)
        report(.madeElsewhere(stage))
      } else {
        agenda.retry(stage.key)
      }
    }
  }

  /// Notes how a try ended.
  ///
  /// - Returns: After which pause the stage is tried again, where its machine failed.
  private func end(_ arrival: Arrival) throws -> Duration? {
    let key = arrival.key
    guard let stage = plan.stages[key], let run = running.removeValue(forKey: key) else {
      return nil
    }
    takeBack(key, from: run.worker)
    var arrival = arrival
    if arrival.outcome == .interrupted, cancelled.contains(key) { arrival.outcome = .cancelled }
    report(.ended(stage, worker: run.worker, outcome: arrival.outcome))
    unrecorded.append(attempt(stage, run, arrival))
    switch arrival.outcome {
    case .done(let seconds, _):
      // Where a worker's words are lost, nobody knows how long it took.
      if seconds > 0 { briskness.learn(stage, seconds: seconds) }
      finish(stage)
    case .failed(let reason): repairOrFail(stage, reason)
    case .crashed(let reason):
      held[run.worker] = nil
      return retryOrFail(stage, reason)
    case .lost(let reason):
      held[run.worker] = nil
      briskness.suspect(key)
      agenda.retry(key)
      report(.retried(stage, reason: reason))
    case .interrupted: agenda.retry(key)
    case .cancelled: giveUp(stage)
    case .unusable(let reason): throw SchedulingError.unusableWorker(reason: reason)
    }
    return nil
  }

  private func repairOrFail(_ stage: Stage, _ reason: String) {
    if repairs[stage.key, default: 0] < Self.repairLimit, agenda.reopenInputs(of: stage.key) {
      repairs[stage.key, default: 0] += 1
      report(.repaired(stage, reason: reason))
    } else {
      fail(stage, reason)
    }
  }

  private func retryOrFail(_ stage: Stage, _ reason: String) -> Duration? {
    let failures = crashes[stage.key, default: 0] + 1
    crashes[stage.key] = failures
    if let pause = retries.pause(after: failures) {
      report(.retried(stage, reason: reason))
      return pause
    }
    fail(stage, "its worker died \(failures) times; the last time: \(reason)")
    return nil
  }

  private func attempt(_ stage: Stage, _ run: Running, _ arrival: Arrival) -> Attempt {
    var attempt = Attempt(
      key: stage.key, kind: stage.kind, label: stage.label, number: run.attempt,
      experiment: plan.experiment, worker: run.worker, host: host, started: run.started,
      seconds: (ContinuousClock.now - run.begun) / .seconds(1), outcome: .done,
      metrics: arrival.metrics)
    switch arrival.outcome {
    case .done(let seconds, let bytes):
      attempt.bytes = bytes
      // By the clock, those of one pass would count each other's time.
      if run.isInPass, seconds > 0 { attempt.seconds = seconds }
    case .failed(let reason): (attempt.outcome, attempt.reason) = (.failed, reason)
    case .crashed(let reason): (attempt.outcome, attempt.reason) = (.crashed, reason)
    case .lost(let reason): (attempt.outcome, attempt.reason) = (.interrupted, reason)
    case .interrupted: attempt.outcome = .interrupted
    case .cancelled:
      (attempt.outcome, attempt.reason) = (.cancelled, "'alphasweep cancel' gave it up")
    case .unusable(let reason): (attempt.outcome, attempt.reason) = (.crashed, reason)
    }
    return attempt
  }

  func giveUp(_ stage: Stage) {
    summary.cancelled.append(stage)
    holdBack(by: stage)
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
}
