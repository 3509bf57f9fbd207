import Experiment

/// What carries out stages: worker processes here, a cluster, or a fake that only notes down.
///
/// A backend has as many numbered workers as the scheduler uses; what a worker loaded for one stage
/// it may keep for the next.
package protocol Backend: Sendable {
  /// Carries out one stage on one worker. A worker may be given further stages before it has ended the
  /// first: it does them one after the other.
  ///
  /// Failure of the stage is an outcome, not an error. When the calling task is cancelled, the stage
  /// is given up and the outcome is `.interrupted`.
  ///
  /// - Parameters:
  ///   - request: The stage, with its inputs resolved.
  ///   - worker: The worker's number, counted from 1.
  ///   - report: Takes what the worker says on the way (progress, metrics), in its order.
  /// - Returns: How it ended.
  func execute(
    _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
  ) async -> StageOutcome

  /// Whether it carries out a stage already, since an earlier program asked for it: its claim is then
  /// nobody else's.
  func carriesOut(_ key: StageKey) async -> Bool

  /// Somebody gave this one stage up: what was begun for it outside of this program ends too. (When a whole
  /// run ends, that may go on.)
  func abandon(_ key: StageKey) async

  /// Whether a worker gains by having several short stages in hand at once.
  var takesSeveral: Bool { get }
}

extension Backend {
  package func carriesOut(_ key: StageKey) async -> Bool { false }
  package func abandon(_ key: StageKey) async {}
  package var takesSeveral: Bool { true }
}

/// How one try of a stage ended.
package enum StageOutcome: Sendable, Hashable {
  case done(seconds: Double, bytes: Int)
  /// The worker said that the stage cannot be done; trying again would give the same.
  case failed(reason: String)
  /// The worker died on the way. The reason ends with the end of its log.
  case crashed(reason: String)
  /// The worker died with several stages in hand, and which of them it died of is not known.
  case lost(reason: String)
  /// The run was told to stop.
  case interrupted
  /// Somebody asked for this stage to be given up.
  case cancelled
  /// No worker can be started at all: nothing can be done.
  case unusable(reason: String)
}
