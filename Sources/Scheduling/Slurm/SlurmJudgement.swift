import Experiment

/// All that is known of one element at one moment.
package struct SlurmSighting: Sendable {
  /// What a worker said last of the stage: that it is done, or cannot be.
  package var said: WorkerEvent?
  /// How the last run ended, as its script says.
  package var outcome: SlurmOutcome?
  /// What the last answer of `squeue` has of it, of each job that has it; `nil` while none came.
  package var queue: [SlurmState]?
  /// What `sacct` says, where there is one that knows it.
  package var accounts: SlurmState?
  /// Seconds since it was first seen to be no longer in the queue.
  package var secondsGone = 0.0
  package var hasArtifact = false
  /// Whether somebody holds the claim on the stage.
  package var isBeingMade = false
  /// Whether the stage saved something since its last run began.
  package var madeProgress = false
  /// Whether a program cancelled the batch.
  package var isCancelled = false
  /// Of the artifact, where it is there.
  package var bytes = 0

  package init() {}

  /// What Slurm says of how it ended. Where `sacct` lags it still says that the element lives: `squeue`
  /// knows better.
  var last: SlurmState? { queue?.first ?? accounts.flatMap { $0.isLive ? nil : $0 } }
}

/// What is to be done about an element, as a pure function of what is known.
package enum SlurmJudgement: Sendable, Hashable {
  /// Look again.
  case wait
  case ended(StageOutcome)
  /// Send the stage again: nothing went wrong with it.
  case again(reason: String)
  /// Send it again and ask for more memory.
  case moreMemory(reason: String)

  /// Judges.
  ///
  /// - Parameters:
  ///   - sighting: What is known.
  ///   - grace: Seconds in which files of a shared folder may still come.
  ///   - tail: The end of the element's log.
  /// - Returns: What follows.
  package static func of(
    _ sighting: SlurmSighting, grace: Double, tail: @autoclosure () -> String
  ) -> SlurmJudgement {
    let isLate = sighting.secondsGone >= grace
    switch sighting.said {
    case .done(_, let seconds, let bytes):
      if sighting.hasArtifact { return .ended(.done(seconds: seconds, bytes: bytes)) }
      guard isLate else { return .wait }
      return crash("its worker said that it was done, and its artifact is not here", tail())
    case .failed(_, let reason): return .ended(.failed(reason: reason))
    default: break
    }
    guard let queue = sighting.queue, !queue.contains(where: \.isLive) else { return .wait }
    if let outcome = sighting.outcome { return of(outcome, sighting, tail()) }
    // It left the queue. An outcome may be on its way: caches of shared folders show it late.
    guard isLate else { return .wait }
    if sighting.hasArtifact { return .ended(.done(seconds: 0, bytes: sighting.bytes)) }
    // An element that found the stage claimed has left; who holds the claim makes it.
    if sighting.isBeingMade { return .wait }
    return of(sighting.last, sighting, tail())
  }

  private static func of(
    _ outcome: SlurmOutcome, _ sighting: SlurmSighting, _ tail: String
  ) -> SlurmJudgement {
    if sighting.isCancelled { return .again(reason: "another program cancelled it") }
    let node = outcome.node
    switch (outcome.how, outcome.code) {
    case (.setup, _):
      return crash("on \(node) this line of the site's setup failed: \(outcome.what)", tail)
    case (.forged, _):
      return .ended(
        .failed(
          reason:
            "\(outcome.what) is not the request that was sent: somebody or something changed it "
            + "below slurm/ beside the artifacts, and nothing was done"))
    // Whoever made room for others, or lost its node, may have been told to save too.
    case _ where sighting.last == .preempted: return .again(reason: precedence)
    case (.stopped, _) where sighting.last == .nodeFailed:
      return sighting.madeProgress
        ? .again(reason: "its node failed; it goes on from what it saved")
        : crash("its node failed", tail)
    // Trainings save, and the next job goes on from there.
    case (.stopped, _): return notInTime(sighting, tail)
    case (_, 137):
      return .moreMemory(
        reason: "its worker was killed on \(node) (signal 9), as where memory is short")
    case (_, let code): return crash("its worker ended on \(node) with exit code \(code)", tail)
    }
  }

  private static func of(
    _ state: SlurmState?, _ sighting: SlurmSighting, _ tail: String
  ) -> SlurmJudgement {
    if sighting.isCancelled { return .again(reason: "another program cancelled it") }
    switch state {
    case .outOfMemory: return .moreMemory(reason: "Slurm killed it: it was out of memory")
    case .timeLimit: return notInTime(sighting, tail)
    case .preempted: return .again(reason: precedence)
    case .nodeFailed: return crash("its node failed", tail)
    case .cancelled: return crash("somebody cancelled it (scancel)", tail)
    case .ended, .live, nil:
      return crash("it left Slurm's queue without an outcome", tail)
    }
  }

  private static let precedence = "others had precedence, and Slurm ended it"

  private static func notInTime(_ sighting: SlurmSighting, _ tail: String) -> SlurmJudgement {
    if sighting.madeProgress {
      return .again(reason: "its time was over; it goes on from what it saved")
    }
    return crash(
      "its time was over before it had saved anything; give more with 'time' below 'slurm'", tail)
  }

  private static func crash(_ what: String, _ tail: String) -> SlurmJudgement {
    .ended(.crashed(reason: "\(what); \(tail)"))
  }
}
