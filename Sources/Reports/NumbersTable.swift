import Experiment
import OrderedCollections

/// The numbers of one report, by cell: what `numbers.csv` holds.
package struct NumbersTable {
  /// A row, and a metric of it.
  package struct Cell: Hashable {
    /// Empty for rows without an encoder.
    package var model: String
    /// Empty where nothing was fine-tuned.
    package var fineTuned: String
    package var row: String
    package var task: String
    package var metric: String
  }

  /// In the order of the report, over seeds.
  package let cells: OrderedDictionary<Cell, Estimate>

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
        model: field("model"), fineTuned: field("fine-tuned on"), row: field("row"),
        task: field("task"), metric: field("metric"))
      values[cell, default: [:]][seed] = value
    }
    cells = values.mapValues { Estimate($0, planned: $0.count) }
  }

  /// The numbers of a plan that are there.
  ///
  /// - Throws: As `Results`.
  package init(plan: Plan, source: some MeasurementSource) throws {
    let results = try Results(plan: plan, source: source, draws: nil)
    try self.init(csv: NumbersFile(results: results).text, file: NumbersFile.name)
  }
}

/// A file of numbers that cannot be read.
package struct NumbersError: Error, Sendable, Equatable, CustomStringConvertible {
  package let description: String

  init(_ file: String, _ line: Int, _ problem: String) {
    description = "\(file):\(line): \(problem)"
  }
}

/// Two reports' numbers cell by cell.
package struct NumbersComparison {
  package struct Pair {
    package var cell: NumbersTable.Cell
    package var first: Estimate
    package var second: Estimate
    /// Second less first, of the means.
    package var difference: Double
  }

  /// What both have, in the order of the first.
  package let pairs: [Pair]
  package let onlyFirst: [NumbersTable.Cell]
  package let onlySecond: [NumbersTable.Cell]

  package init(_ first: NumbersTable, _ second: NumbersTable) {
    pairs = first.cells.compactMap { cell, estimate in
      guard let other = second.cells[cell], let mean = estimate.mean, let theirs = other.mean else {
        return nil
      }
      return Pair(cell: cell, first: estimate, second: other, difference: theirs - mean)
    }
    onlyFirst = first.cells.keys.filter { second.cells[$0] == nil }
    onlySecond = second.cells.keys.filter { first.cells[$0] == nil }
  }
}
