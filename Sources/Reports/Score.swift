import Experiment

/// score = 1000 · mean over tasks of (x − floor) / (ceiling − floor): the form of SUPERB_S, with our
/// own anchors (Feng et al. 2022, arXiv 2210.08634, used published systems').
package struct Score {
  package struct Anchor: Hashable {
    package var task: TaskColumn
    /// The floor row's mean, in the task's metric.
    package var floor: Double
    package var ceiling: Double
  }
  package let rule: ScoreRule
  private let tasks: [TaskColumn]
  /// Of tasks whose floor was measured and whose ceiling lies elsewhere.
  package let anchors: [Anchor]

  /// - Returns: `nil` when the plan scores nothing.
  package init?(_ results: Results) {
    guard let rule = results.plan.score else { return nil }
    self.rule = rule
    tasks = results.tasks
    let floorRow = results.rows.first { $0.method.title == rule.floorRow }
    anchors = results.tasks.compactMap { task in
      guard let floor = floorRow?.estimate(task).mean, let ceiling = rule.ceilings[task.name],
        ceiling != floor
      else { return nil }
      return Anchor(task: task, floor: floor, ceiling: ceiling)
    }
  }

  /// Whether every task has both anchors; without them nothing is scored.
  package var isDefined: Bool { !tasks.isEmpty && anchors.count == tasks.count }

  /// A row's score, seed by seed; a seed that lacks a task has none.
  package func estimate(_ row: ResultRow) -> Estimate {
    var values: [UInt64: Double] = [:]
    for seed in row.seeds where isDefined {
      let shares = anchors.compactMap { anchor in
        row.estimate(anchor.task)[seed].map {
          ($0 - anchor.floor) / (anchor.ceiling - anchor.floor)
        }
      }
      if shares.count == anchors.count {
        values[seed] = 1000 * shares.reduce(0, +) / Double(shares.count)
      }
    }
    return Estimate(values, planned: row.seeds.count)
  }
}
