import Experiment
import OrderedCollections
import Scoring

/// What the tests tell beside means: intervals over their units, and differences between rows.
struct TestTables {
  let results: Results

  private static let method = ReportTable.Column(
    title: "Method", fileTitle: "method", kind: .text)

  // MARK: Intervals

  /// Each number with the interval that its units give.
  func intervals() -> ReportTable {
    let columns = results.columns.map {
      ReportTable.Column(title: $0.head, fileTitle: $0.fileHead, kind: .tested(.percent))
    }
    func group(_ title: String, _ file: String, _ rows: [ResultRow]) -> ReportTable.Group {
      ReportTable.Group(
        title: title, fileTitle: file,
        rows: rows.map { row in
          [ReportTable.Cell(.text(results.title(row)))] + results.columns.map { cell(row, $0) }
        })
    }
    var groups: [ReportTable.Group] = []
    if !results.commonRows.isEmpty {
      groups.append(group("Not fine-tuned", "none", results.commonRows))
    }
    groups += results.groups.map { group($0.title, $0.key.task, $0.rows) }
    return ReportTable(
      name: "tests",
      caption: "Mean ± standard deviation over seeds, and the 95 % interval over seeds and units.",
      groupColumn: "fine-tuned on", columns: [Self.method] + columns, groups: groups,
      notes: [
        "Interval: percentile bootstrap of the mean over seeds, \(results.tests.resamples) draws; seeds and "
          + "units are drawn anew, the same for all rows. It tells how another test of as many units and "
          + "as many other seeds might have come out. Three seeds drawn anew are few: what is told apart "
          + "by them is so in every one of them."
      ] + units)
  }

  private func cell(_ row: ResultRow, _ column: MetricColumn) -> ReportTable.Cell {
    let estimate = row.estimate(column)
    guard estimate.count > 0 else { return ReportTable.Cell(.missing) }
    return ReportTable.Cell(
      .tested(
        estimate, results.tests.sample(row, column)?.interval,
        units: results.tests.units(row, column.task)),
      origin: row.origin(of: column, title: results.origin(row)))
  }

  /// What was drawn, task by task.
  private var units: [String] {
    let words = results.tasks.compactMap { task -> String? in
      let counts = OrderedSet(results.rows.compactMap { results.tests.units($0, task) })
      guard let first = counts.first else { return nil }
      let drawn = results.anyRecord(task)?.drawn ?? "utterances"
      let what = drawn == "utterances" ? drawn : "values of “\(drawn)”"
      let number =
        counts.count == 1 ? "\(first)" : counts.map(String.init).joined(separator: " or ")
      return "\(task.title): \(number) \(what)"
    }
    let unknown = results.rows.contains { row in
      results.columns.contains {
        row.estimate($0).count > 0 && results.tests.units(row, $0.task) == nil
      }
    }
    return (words.isEmpty ? [] : ["Drawn: \(words.joined(separator: "; "))."])
      + (unknown
        ? [
          "Without an interval: older evaluations, which have no record of their units, or seeds of "
            + "other units."
        ] : [])
  }

  // MARK: Differences

  private struct Pair {
    var group: FineTuningGroup
    var first: ResultRow
    var second: ResultRow
    var column: MetricColumn
    var difference: TestStatistics.Difference
  }

  /// Each row against the pre-trained one, and each of Speech-FT against its Stable-FT, task by task;
  /// `nil` where there is nothing to pair.
  func paired() -> ReportTable? {
    let pairs = self.pairs
    guard !pairs.isEmpty else { return nil }
    let told = pairs.enumerated().compactMap { index, pair -> (index: Int, p: Double)? in
      if case .told(let sample) = pair.difference { (index, sample.p) } else { nil }
    }
    let corrected = Dictionary(
      zip(told.map(\.index), Holm.corrected(told.map(\.p))), uniquingKeysWith: { first, _ in first }
    )
    let groups = results.groups.compactMap { group -> ReportTable.Group? in
      let rows = pairs.enumerated().filter { $1.group.key == group.key }
        .map { line($1, corrected[$0]) }
      return rows.isEmpty
        ? nil : ReportTable.Group(title: group.title, fileTitle: group.key.task, rows: rows)
    }
    return ReportTable(
      name: "paired", caption: "Differences on the same tests, in points.",
      groupColumn: "fine-tuned on",
      columns: [
        Self.method, .init(title: "Less", fileTitle: "less", kind: .text),
        .init(title: "Task", fileTitle: "task", kind: .text),
        .init(title: "Difference", fileTitle: "difference", kind: .number(.difference)),
        .init(title: "95 % interval", fileTitle: "difference", kind: .interval(.difference)),
        .init(title: "p", fileTitle: "p", kind: .number(.probability)),
        .init(title: "p, corrected", fileTitle: "corrected p", kind: .number(.probability)),
      ],
      groups: groups, notes: notes(told.count, pairs))
  }

  private func notes(_ count: Int, _ pairs: [Pair]) -> [String] {
    var notes = [
      "Above 0 the first is better, whichever way the metric points. Paired bootstrap: the test's units "
        + "and the seeds are drawn once for both, and metrics are means over seeds. p is two-sided; corrected by "
        + "Holm for the \(NumberText.count(count, "comparison")) of this table. With "
        + "\(results.tests.resamples) draws no p is below "
        + "\(NumberText.fixed(2 / Double(1 + results.tests.resamples), 4))."
    ]
    let words = pairs.compactMap { Self.reason($0.difference) }
    for reason in OrderedSet(words) { notes.append(reason) }
    return notes
  }

  private static func reason(_ difference: TestStatistics.Difference) -> String? {
    switch difference {
    case .otherUnits: "other units: the two were not tested on the same, so nothing is said."
    case .fewUnits: "too few units: there are not two to draw from."
    case .unknown:
      "no record: an older version evaluated it and kept nothing of its units, or seeds differ in them."
    case .none, .told: nil
    }
  }

  private func line(_ pair: Pair, _ corrected: Double?) -> [ReportTable.Cell] {
    let head = [
      results.title(pair.first), results.title(pair.second),
      "\(pair.column.task.title), \(pair.column.metric.name)",
    ].map { ReportTable.Cell(.text($0)) }
    guard case .told(let sample) = pair.difference else {
      let word = Self.reason(pair.difference).map { String($0.prefix { $0 != ":" }) } ?? ""
      return head + [.init(.text(word)), .init(.none), .init(.none), .init(.none)]
    }
    let interval = sample.interval
    return head + [
      .init(.number(sample.value)), .init(.interval(interval.low, interval.high)),
      .init(.number(sample.p)), .init(corrected.map { .number($0) } ?? .none),
    ]
  }

  /// Rows of the same stages differ in nothing and are no comparison.
  private var pairs: [Pair] {
    results.groups.flatMap { group -> [Pair] in
      let stable = group.rows.first { $0.method.name == "stable-ft" }
      var rows = group.rows.compactMap { row in group.pretrained.map { (row, $0) } }
      if let stable {
        rows += group.rows.filter { $0.method.name == "speech-ft" }.map { ($0, stable) }
      }
      return rows.flatMap { first, second in
        results.columns.compactMap { column -> Pair? in
          guard first.estimate(column).count > 0, second.estimate(column).count > 0 else {
            return nil
          }
          let difference = results.tests.difference(first, second, in: .init(column))
          if case .none = difference { return nil }
          return Pair(
            group: group, first: first, second: second, column: column, difference: difference)
        }
      }
    }
  }
}
