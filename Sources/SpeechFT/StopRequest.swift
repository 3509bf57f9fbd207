import Synchronization

/// A wish, from outside of the thread that computes, that a training saves its state and ends.
package final class StopRequest: Sendable {
  private let wanted = Atomic(false)
  private let trainings = Atomic(0)

  /// How long whoever utters it waits for the end of this process.
  package let patience: Duration

  /// - Parameter patience: 4 s of the 4.5 s after which `alphasweep` kills its workers.
  package init(patience: Duration = .seconds(4)) { self.patience = patience }

  /// Whether the wish was uttered.
  package var isMade: Bool { wanted.load(ordering: .acquiring) }

  /// Utters the wish.
  ///
  /// - Returns: Whether a training is there to hear it; other stages have nothing to save.
  package func make() -> Bool {
    wanted.store(true, ordering: .releasing)
    return trainings.load(ordering: .acquiring) > 0
  }

  /// Runs a training that looks at `isMade` after each step.
  func heard<Result>(by training: () throws -> Result) rethrows -> Result {
    trainings.add(1, ordering: .acquiringAndReleasing)
    defer { trainings.subtract(1, ordering: .acquiringAndReleasing) }
    return try training()
  }
}
