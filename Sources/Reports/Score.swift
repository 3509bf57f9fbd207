import Experiment

/// score = 1000 · mean over tasks of the mean over the task's metrics of (x − floor) / (ceiling − floor):
/// SUPERB_S with published anchors, or its form with anchors of the experiment's own.
package struct Score {
  package struct Anchor: Hashable {
    package var column: MetricColumn
    package var floor: Double
    package var ceiling: Double
    /// All weights add up to 1.
    package var weight: Double

    func share(_ value: Double) -> Double { (value - floor) / (ceiling - floor) }
  }
  package let rule: ScoreRule
  /// Of metrics that have both ends.
  package let anchors: [Anchor]
  /// Why there is no score, in words; empty where there is one.
  package let lacking: [String]

  /// - Returns: `nil` when the plan scores nothing.
  package init?(_ results: Results) {
    guard let rule = results.plan.score else { return nil }
    self.rule = rule
    let floorRow = results.rows.first { $0.method.title == rule.floorRow }
    var (anchors, lacking): ([Anchor], [String]) = ([], rule.lacking)
    for parts in rule.parts {
      for part in parts {
        for task in part.tasks {
          guard
            let column = results.columns.first(where: {
              $0.task.name == task && $0.metric.name == part.metric
            })
          else {
            lacking.append("\(part.metric) of \(task)")
            continue
          }
          guard let floor = part.floor ?? floorRow?.estimate(column).mean, part.ceiling != floor
          else {
            lacking.append(column.number == 0 ? column.task.title : column.head)
            continue
          }
          let share = Double(rule.parts.count * parts.count * part.tasks.count)
          anchors.append(
            Anchor(column: column, floor: floor, ceiling: part.ceiling, weight: 1 / share))
        }
      }
    }
    (self.anchors, self.lacking) = (anchors, lacking)
  }

  /// Whether every metric has both anchors; without them nothing is scored, and never a part.
  package var isDefined: Bool { !anchors.isEmpty && lacking.isEmpty }

  /// A row's score, seed by seed; a seed that lacks a metric has none.
  package func estimate(_ row: ResultRow) -> Estimate {
    guard isDefined else { return Estimate([:], planned: row.seeds.count) }
    let parts = anchors.map { anchor in
      row.estimate(anchor.column).map { anchor.weight * anchor.share($0) }
    }
    var values: [UInt64: Double] = [:]
    for seed in row.seeds {
      let shares = parts.compactMap { $0[seed] }
      if shares.count == parts.count { values[seed] = 1000 * shares.reduce(0, +) }
    }
    return Estimate(values, planned: row.seeds.count)
  }

  /// What the score is, or why it is not there.
  var note: String {
    guard isDefined else {
      guard let row = rule.floorRow else {
        return
          "Score (\(rule.name)): n/a, and never over a part: \(lacking.joined(separator: "; "))."
      }
      return "Score: n/a, because an anchor is missing for \(NumberText.list(lacking)) "
        + "(floor: the row “\(row)”)."
    }
    let ends = anchors.map { anchor in
      "\(anchor.column.number == 0 ? anchor.column.task.title : anchor.column.head) "
        + "\(NumberText.minus(anchor.floor, 1)) → \(NumberText.minus(anchor.ceiling, 1))"
    }
    let isMixed = rule.parts.contains { $0.count > 1 }
    return "Score (\(rule.name)): 1000 × mean over tasks "
      + (isMixed ? "of the mean over metrics " : "") + "of (x − floor) / (ceiling − floor)"
      + (rule.floorRow.map { ", with the mean of the row “\($0)” for the floor" } ?? "")
      + ". Anchors, floor → ceiling: \(ends.joined(separator: "; ")). 0 is the floor's quality, "
      + "below 0 is worse."
  }
}
