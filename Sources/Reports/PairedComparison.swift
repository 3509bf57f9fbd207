import Experiment

/// The difference between two rows on the same seeds, in points on the scale where higher is better.
package struct PairedComparison {
  package let first: ResultRow
  package let second: ResultRow
  private let tasks: [TaskColumn]
  /// Differences of the mean over all tasks, seed by seed; only of seeds that both rows have.
  package let overall: Estimate

  package init(_ first: ResultRow, _ second: ResultRow, tasks: [TaskColumn]) {
    self.first = first
    self.second = second
    self.tasks = tasks
    overall = Self.difference(first, second, tasks)
  }

  /// The differences over some of the tasks.
  package func difference(over tasks: [TaskColumn]) -> Estimate {
    Self.difference(first, second, tasks)
  }

  private static func difference(
    _ first: ResultRow, _ second: ResultRow, _ tasks: [TaskColumn]
  ) -> Estimate {
    let left = first.merit(over: tasks)
    let right = second.merit(over: tasks)
    var values: [UInt64: Double] = [:]
    for value in left.values {
      if let other = right[value.seed] { values[value.seed] = value.value - other }
    }
    return Estimate(values, planned: max(left.planned, right.planned))
  }

  /// Whether both rows come from the same stages, so that they must be equal.
  package var isIdentity: Bool {
    overall.count > 0 && overall.values.allSatisfy { $0.value == 0 }
      && tasks.allSatisfy { first.estimate($0) == second.estimate($0) }
  }
}
