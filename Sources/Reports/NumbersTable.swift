import Experiment
import OrderedCollections
import Scoring

/// The numbers of one report, by cell: what `numbers.csv` holds, and what other files of the report add.
package struct NumbersTable {
  /// A row of a report.
  package struct Row: Hashable {
    /// Empty for rows without an encoder.
    package var model: String
    /// Empty where nothing was fine-tuned.
    package var fineTuned: String
    package var title: String
  }

  /// A row, and a metric of it.
  package struct Cell: Hashable {
    package var row: Row
    package var task: String
    package var metric: String
  }

  /// In the order of the report, over seeds.
  package let cells: OrderedDictionary<Cell, Estimate>
  /// Of metrics: whether more is better.
  package let higherIsBetter: [String: Bool]
  /// 95 % intervals over seeds and units, as far as they are known.
  package private(set) var intervals: [Cell: Bootstrap.Interval] = [:]
  /// Of rows that have one.
  package private(set) var scores: [Row: NumbersComparison.Side] = [:]

  private static let columns = [
    "model", "fine-tuned on", "row", "seed", "task", "metric", "value",
  ]

  /// Reads `numbers.csv`, of this version or another: columns are found by their heads.
  ///
  /// - Parameters:
  ///   - text: The file's text.
  ///   - file: Its name, for errors.
  /// - Throws: `NumbersError` with the line that cannot be read.
  package init(csv text: String, file: String) throws(NumbersError) {
    let lines = CSVText.lines(text)
    guard let head = lines.first?.fields else { throw NumbersError(file, 1, "the file is empty") }
    var places: [String: Int] = [:]
    for (place, name) in head.enumerated() { places[name] = place }
    if let lacking = Self.columns.first(where: { places[$0] == nil }) {
      throw NumbersError(file, 1, "there is no column '\(lacking)'; this is no numbers.csv")
    }
    var values: OrderedDictionary<Cell, [UInt64: Double]> = [:]
    var directions: [String: Bool] = [:]
    for (number, fields) in lines.dropFirst() {
      guard fields.count == head.count else {
        throw NumbersError(file, number, "\(fields.count) fields; the head has \(head.count)")
      }
      func field(_ name: String) -> String { places[name].map { fields[$0] } ?? "" }
      guard let seed = UInt64(field("seed")), let value = Double(field("value")), value.isFinite
      else {
        throw NumbersError(file, number, "'seed' and 'value' must be numbers")
      }
      let cell = Cell(
        row: Row(model: field("model"), fineTuned: field("fine-tuned on"), title: field("row")),
        task: field("task"), metric: field("metric"))
      values[cell, default: [:]][seed] = value
      directions[cell.metric] =
        switch field("better") {
        case "higher": true
        case "lower": false
        // Older versions did not say; all error rates are called so.
        default: !cell.metric.hasSuffix("ER")
        }
    }
    cells = values.mapValues { Estimate($0, planned: $0.count) }
    higherIsBetter = directions
  }

  /// The numbers of a plan that are there, with the intervals and scores that its report has.
  ///
  /// - Parameters:
  ///   - plan: The experiment.
  ///   - source: Where its numbers are.
  ///   - draws: How often the units of each test are drawn.
  /// - Throws: As `Results`.
  package init(
    plan: Plan, source: some MeasurementSource, draws: Int = TestStatistics.usualDraws
  ) throws {
    let results = try Results(plan: plan, source: source, draws: draws)
    try self.init(csv: NumbersFile(results: results).text, file: NumbersFile.name)
    let score = Score(results)
    for row in results.rows {
      let name = Row(
        model: row.model ?? "", fineTuned: row.fineTuned ?? "", title: row.method.title)
      scores[name] = score.flatMap { NumbersComparison.Side($0.estimate(row)) }
      for column in results.columns {
        let cell = Cell(row: name, task: column.task.name, metric: column.metric.name)
        intervals[cell] = results.tests.interval(row, column)
      }
    }
  }

  /// Takes what two other files of the same report tell, as far as they are there and are such files.
  ///
  /// - Parameters:
  ///   - tests: The text of `tests.csv`: intervals.
  ///   - comparison: The text of `comparison.csv`: scores.
  package mutating func add(tests: String?, comparison: String?) {
    let (tests, comparison) = (ReportFile(tests), ReportFile(comparison))
    for cell in cells.keys {
      let column = "\(cell.task) \(cell.metric)"
      if let low = tests.number(cell.row, "\(column) low"),
        let high = tests.number(cell.row, "\(column) high")
      {
        intervals[cell] = Bootstrap.Interval(low: low, high: high)
      }
      if scores[cell.row] == nil, let mean = comparison.number(cell.row, "score mean") {
        scores[cell.row] = NumbersComparison.Side(
          mean: mean, deviation: comparison.number(cell.row, "score sd"),
          count: comparison.number(cell.row, "score n").map { Int($0) } ?? 1)
      }
    }
  }

  /// The mean over tasks of the mean over their metrics, on the scale where more is better, seed by seed.
  func mean(_ row: Row, over tasks: [String: [String]]) -> Estimate {
    var seeds: Set<UInt64>?
    for (task, metrics) in tasks {
      for metric in metrics {
        let own = Set(cells[Cell(row: row, task: task, metric: metric)]?.values.map(\.seed) ?? [])
        seeds = seeds?.intersection(own) ?? own
      }
    }
    var values: [UInt64: Double] = [:]
    for seed in seeds ?? [] {
      var sum = 0.0
      // In order: sums of floating-point numbers depend on it.
      for (task, metrics) in tasks.sorted(by: { $0.key < $1.key }) {
        for metric in metrics {
          let value = cells[Cell(row: row, task: task, metric: metric)]?[seed] ?? 0
          let merit = higherIsBetter[metric] == false ? 100 - value : value
          sum += merit / Double(metrics.count)
        }
      }
      values[seed] = sum / Double(tasks.count)
    }
    return Estimate(values, planned: values.count)
  }
}

/// A table of a report as a file, by its rows.
private struct ReportFile {
  private var places: [String: Int] = [:]
  private var rows: [[String]: [String]] = [:]

  init(_ text: String?) {
    let lines = CSVText.lines(text ?? "")
    guard let head = lines.first?.fields, head.starts(with: ["fine-tuned on", "method"]) else {
      return
    }
    for (place, name) in head.enumerated() { places[name] = place }
    for (_, fields) in lines.dropFirst() where fields.count == head.count {
      rows[Array(fields[0...1])] = fields
    }
  }

  /// Rows bear their model where there are several.
  func number(_ row: NumbersTable.Row, _ column: String) -> Double? {
    let group = row.fineTuned.isEmpty ? "none" : row.fineTuned
    let fields = rows[[group, row.title]] ?? rows[[group, "\(row.title) (\(row.model))"]]
    guard let fields, let place = places[column] else { return nil }
    return Double(fields[place])
  }
}

/// A file of numbers that cannot be read.
package struct NumbersError: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String

  init(_ file: String, _ line: Int, _ problem: String) {
    description = "\(file):\(line): \(problem)"
  }
}
