import Experiment

/// Guesses how long stages take, from the relative costs of the plan and from what stages of the same
/// kind took before.
package struct RemainingTime: Sendable {
  private struct Sum {
    var seconds = 0.0
    var cost = 0.0
  }
  private var sums: [StageKind: Sum] = [:]
  private var total = Sum()

  package init() {}

  /// Learns from a stage that was done.
  package mutating func learn(_ stage: Stage, seconds: Double) {
    // What was there already says nothing about how long it takes.
    guard seconds > 0.01, stage.resources.cost > 0 else { return }
    sums[stage.kind, default: Sum()].seconds += seconds
    sums[stage.kind, default: Sum()].cost += stage.resources.cost
    total.seconds += seconds
    total.cost += stage.resources.cost
  }

  /// Seconds that a stage will take; `nil` before anything was learnt.
  package func expected(_ stage: Stage) -> Double? {
    let sum = sums[stage.kind] ?? total
    return sum.cost > 0 ? stage.resources.cost * sum.seconds / sum.cost : nil
  }

  /// Guesses the seconds until all is done by so many workers at once.
  ///
  /// - Parameters:
  ///   - waiting: Stages that have not begun.
  ///   - running: Seconds left of those that have.
  ///   - workers: How many run at once.
  /// - Returns: `nil` before anything was learnt.
  package func left(waiting: [Stage], running: [Double], workers: Int) -> Double? {
    var seconds = 0.0
    for stage in waiting {
      guard let expected = expected(stage) else { return nil }
      seconds += expected
    }
    let shared = (seconds + running.reduce(0, +)) / Double(max(1, workers))
    return max(shared, running.max() ?? 0)
  }
}
