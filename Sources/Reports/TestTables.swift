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
        "Interval: \(results.tests.resamples) draws of the mean over seeds. The test's units are drawn anew, the "
          + "same for all rows and seeds, and each draw gets one of Student's t, with one degree of freedom less "
          + "than there are seeds, times the standard error over seeds. It tells how another test of as many units "
          + "and as many other seeds might have come out, no further than the metric's scale goes; one seed tells "
          + "nothing of others, so that its interval is over units alone."
      ] + units)
  }

  private func cell(_ row: ResultRow, _ column: MetricColumn) -> ReportTable.Cell {
    let estimate = row.estimate(column)
    guard estimate.count > 0 else { return ReportTable.Cell(.missing) }
    return ReportTable.Cell(
      .tested(
        estimate, results.tests.interval(row, column),
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

  /// The differences of the report's family; `nil` where there is nothing to pair.
  func paired(_ family: PairedFamily? = nil) -> ReportTable? {
    let family = family ?? PairedFamily(results)
    guard !family.pairs.isEmpty else { return nil }
    func groups(_ order: ([PairedFamily.Pair]) -> [PairedFamily.Pair]) -> [ReportTable.Group] {
      results.groups.compactMap { group in
        let rows = order(family.pairs.filter { $0.group.key == group.key }).map(line)
        return rows.isEmpty
          ? nil : ReportTable.Group(title: group.title, fileTitle: group.key.task, rows: rows)
      }
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
        .init(title: "Seeds", fileTitle: "seeds", kind: .count),
      ],
      groups: groups { $0 }, notes: notes(family),
      fold: .init(
        summary: summary(family), isOpen: family.pairs.count <= Self.few,
        groups: groups(Self.clearestFirst)))
  }

  /// So many differences are seen at a glance.
  private static let few = 20

  /// `195 comparisons: 3 differences stand after Holm's correction (p below 0.05). …`
  private func summary(_ family: PairedFamily) -> String {
    let shown = family.pairs.count { $0.told?.isShown == true }
    let words =
      shown == 0
      ? "no difference stands"
      : "\(NumberText.count(shown, "difference")) \(shown == 1 ? "stands" : "stand")"
    let untold = family.pairs.count - family.count
    return "\(NumberText.count(family.count, "comparison")): \(words) after Holm's correction "
      + "(p below \(NumberText.plain(PairedFamily.level)))"
      + (untold == 0 ? "" : "; of \(untold) more nothing is said")
      + ". The smallest p comes first."
  }

  /// By corrected p, then by p, then by size; last what nothing is said of.
  private static func clearestFirst(_ pairs: [PairedFamily.Pair]) -> [PairedFamily.Pair] {
    pairs.enumerated().sorted { left, right in
      guard let one = left.element.told, let other = right.element.told else {
        return left.element.told == nil && right.element.told == nil
          ? left.offset < right.offset : left.element.told != nil
      }
      let (first, second) = (
        (one.corrected, one.p, -abs(one.value)), (other.corrected, other.p, -abs(other.value))
      )
      return first == second ? left.offset < right.offset : first < second
    }.map(\.element)
  }

  private func notes(_ family: PairedFamily) -> [String] {
    let draws = results.tests.resamples
    var notes = [
      "Above 0 the first is better, whichever way the metric points; scores are in their own points. Of the seeds "
        + "that both have. \(draws) draws of the test's units, once for both rows and all seeds, each with one "
        + "of Student's t times the standard error of the differences seed by seed: where units vary little this is "
        + "the t test over seeds, where seeds vary little the bootstrap over units. p is two-sided; corrected by "
        + "Holm for the \(NumberText.count(family.count, "comparison")) of this table. With "
        + "\(draws) draws no p is below \(NumberText.fixed(2 / Double(1 + draws), 4)).",
      "Of a method of several values the one stands for it against Speech-FT that dev chose, else all.",
    ]
    if family.pairs.contains(where: { $0.told?.seeds == 1 }) {
      notes.append("1 seed: only units were drawn; what another seed would change is not in it.")
    }
    for reason in OrderedSet(family.pairs.compactMap(\.reason)) { notes.append(reason) }
    return notes
  }

  private func line(_ pair: PairedFamily.Pair) -> [ReportTable.Cell] {
    let head = [results.title(pair.first), results.title(pair.second), pair.subject.title]
      .map { ReportTable.Cell(.text($0)) }
    guard let told = pair.told else {
      let word = pair.reason.map { String($0.prefix { $0 != ":" }) } ?? ""
      return head + [.init(.text(word))] + (0..<4).map { _ in .init(.none) }
    }
    let origin = results.origin(
      ofDifference: pair.first, pair.second, in: pair.subject.title, over: pair.subject.tasks,
      column: pair.subject.column)
    return head
      + [
        .number(told.value), .interval(told.interval.low, told.interval.high), .number(told.p),
        .number(told.corrected), .count(told.seeds),
      ].map { ReportTable.Cell($0, origin: origin) }
  }
}
