import OrderedCollections
import Scoring

/// Two reports' numbers cell by cell.
package struct NumbersComparison {
  /// What one report has of a number.
  package struct Side: Hashable, Sendable {
    package var mean: Double
    /// Over seeds; `nil` for one.
    package var deviation: Double?
    /// Seeds.
    package var count: Int
    /// Over seeds and units, where the report tells.
    package var interval: Bootstrap.Interval?

    init(mean: Double, deviation: Double?, count: Int, interval: Bootstrap.Interval? = nil) {
      (self.mean, self.deviation, self.count, self.interval) = (mean, deviation, count, interval)
    }

    /// `nil` without values.
    init?(_ estimate: Estimate, _ interval: Bootstrap.Interval? = nil) {
      guard let mean = estimate.mean else { return nil }
      self.init(
        mean: mean, deviation: estimate.deviation, count: estimate.count, interval: interval)
    }
  }

  /// What a line is of.
  package enum Subject: Hashable {
    case metric(task: String, name: String)
    /// The mean over so many tasks, those that both reports have of the row.
    case mean(tasks: Int)
    case score
  }

  package struct Pair {
    package var row: NumbersTable.Row
    package var subject: Subject
    package var higherIsBetter: Bool
    package var first: Side
    package var second: Side
    /// Second less first, of the seeds that both have; of scores, and of other seeds, of the means.
    package var difference: Double
    /// Over those seeds; `nil` for fewer than two.
    package var deviation: Double?
    /// How many those are; 0 where means were taken.
    package var pairedSeeds: Int

    /// Whether the second's number is better; `nil` where they are equal.
    package var secondIsBetter: Bool? {
      difference == 0 ? nil : (difference > 0) == higherIsBetter
    }
  }

  /// What both have, in the order of the first: of each row its metrics, then their mean, then its score.
  package let pairs: [Pair]
  package let onlyFirst: [NumbersTable.Cell]
  package let onlySecond: [NumbersTable.Cell]

  package init(_ first: NumbersTable, _ second: NumbersTable) {
    let shared = first.cells.keys.filter { second.cells[$0] != nil }
    let rows = OrderedDictionary(grouping: shared, by: \.row)
    pairs = rows.flatMap { row, cells in
      cells.compactMap { Self.pair(first, second, $0) } + Self.mean(first, second, row, cells)
        + Self.score(first, second, row)
    }
    onlyFirst = first.cells.keys.filter { second.cells[$0] == nil }
    onlySecond = second.cells.keys.filter { first.cells[$0] == nil }
  }

  private static func pair(
    _ first: NumbersTable, _ second: NumbersTable, _ cell: NumbersTable.Cell
  ) -> Pair? {
    guard let one = first.cells[cell], let other = second.cells[cell] else { return nil }
    return pair(
      cell.row, .metric(task: cell.task, name: cell.metric), one, other,
      intervals: (first.intervals[cell], second.intervals[cell]),
      higherIsBetter: first.higherIsBetter[cell.metric] ?? true)
  }

  private static func mean(
    _ first: NumbersTable, _ second: NumbersTable, _ row: NumbersTable.Row,
    _ cells: [NumbersTable.Cell]
  ) -> [Pair] {
    let tasks = Dictionary(grouping: cells, by: \.task).mapValues { $0.map(\.metric) }
    guard tasks.count > 1 else { return [] }
    let pair = pair(
      row, .mean(tasks: tasks.count), first.mean(row, over: tasks), second.mean(row, over: tasks))
    return [pair].compactMap { $0 }
  }

  private static func score(
    _ first: NumbersTable, _ second: NumbersTable, _ row: NumbersTable.Row
  ) -> [Pair] {
    guard let one = first.scores[row], let other = second.scores[row] else { return [] }
    return [
      Pair(
        row: row, subject: .score, higherIsBetter: true, first: one, second: other,
        difference: other.mean - one.mean, deviation: nil, pairedSeeds: 0)
    ]
  }

  private static func pair(
    _ row: NumbersTable.Row, _ subject: Subject, _ first: Estimate, _ second: Estimate,
    intervals: (Bootstrap.Interval?, Bootstrap.Interval?) = (nil, nil), higherIsBetter: Bool = true
  ) -> Pair? {
    guard let one = Side(first, intervals.0), let other = Side(second, intervals.1) else {
      return nil
    }
    var values: [UInt64: Double] = [:]
    for value in first.values {
      if let theirs = second[value.seed] { values[value.seed] = theirs - value.value }
    }
    let paired = Estimate(values, planned: values.count)
    return Pair(
      row: row, subject: subject, higherIsBetter: higherIsBetter, first: one, second: other,
      difference: paired.mean ?? other.mean - one.mean, deviation: paired.deviation,
      pairedSeeds: paired.count)
  }
}
