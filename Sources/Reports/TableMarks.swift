import Experiment
import Scoring

/// Which numbers of a column are best, as far as the units of the tests tell.
///
/// A number is best where it is better than every other by more than noise: each difference to the best
/// mean is tested by a paired bootstrap, corrected by Holm within the column. Where one is not told
/// apart from the best, it and the best share another mark.
struct TableMarks {
  let tests: TestStatistics
  /// The rows behind those of the table, by group.
  let rows: [[ResultRow]]
  /// Below which a difference counts.
  static let level = 0.05
  /// Columns whose tests cannot tell.
  private(set) var unmarked = 0
  /// Whether some rows have one seed in common, of which no spread is known.
  private var isOfOneSeed = false

  init(_ tests: TestStatistics, rows: [[ResultRow]]) {
    self.tests = tests
    self.rows = rows
  }

  private struct Entry {
    var group: Int
    var row: Int
    var result: ResultRow
    var mean: Double
  }

  /// Marks a column, within some of the groups or among all.
  mutating func mark(
    _ table: inout ReportTable, column: Int, within groups: Range<Int>? = nil,
    of mixture: TestStatistics.Mixture, higherIsBetter: Bool = true
  ) {
    var entries: [Entry] = []
    for group in groups ?? table.groups.indices {
      for (row, cells) in table.groups[group].rows.enumerated() {
        if let mean = cells[column].mean {
          entries.append(Entry(group: group, row: row, result: rows[group][row], mean: mean))
        }
      }
    }
    let best = entries.reduce(nil as Entry?) { best, next in
      guard let best else { return next }
      return (higherIsBetter ? next.mean > best.mean : next.mean < best.mean) ? next : best
    }
    guard let best, !mixture.parts.isEmpty else { return }
    let others = entries.filter { !tests.areSame($0.result, best.result, in: mixture) }
    guard !others.isEmpty else { return }
    guard let tied = tied(others, with: best, mixture) else {
      unmarked += 1
      return
    }
    let equals = entries.filter { tests.areSame($0.result, best.result, in: mixture) }
    for entry in equals + tied {
      table.groups[entry.group].rows[entry.row][column].mark = tied.isEmpty ? .best : .tied
    }
  }

  /// Those that are not told apart; `nil` where the tests cannot tell.
  private mutating func tied(
    _ others: [Entry], with best: Entry, _ mixture: TestStatistics.Mixture
  ) -> [Entry]? {
    var values: [Double] = []
    for other in others {
      switch tests.difference(best.result, other.result, in: mixture) {
      case .told(let sample):
        values.append(sample.p)
        if sample.seeds.count == 1 { isOfOneSeed = true }
      case .none, .fewUnits: values.append(1)
      case .unknown, .otherUnits, .otherSeeds: return nil
      }
    }
    return zip(others, Holm.corrected(values)).filter { $0.1 >= Self.level }.map(\.0)
  }

  /// What the marks of a table mean; `scope` says which numbers are compared where not all of a column.
  func notes(_ scope: String = "of the column") -> [String] {
    var notes = [
      "Bold: better than every other number \(scope). Italics: the best mean, and what is not told "
        + "apart from it. By paired tests over the tests' units (a bootstrap) and seeds (Student's t), corrected by "
        + "Holm within the column, at 5 %; whoever chooses the best afterwards has chosen among them."
    ]
    if isOfOneSeed {
      notes.append(
        "Rows with one seed in common are told apart by units alone: what another seed would change is not in it."
      )
    }
    if unmarked > 0 {
      notes.append(
        "\(NumberText.count(unmarked, "column")) without a mark: not all evaluations have a record of "
          + "the same units (older versions wrote none).")
    }
    return notes
  }
}
