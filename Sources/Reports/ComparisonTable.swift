import Experiment

/// The method × task table, its α rows, and the trade-off.
struct ComparisonTables {
  let results: Results
  let score: Score?

  var tasks: [TaskColumn] { results.tasks }
  var metrics: [MetricColumn] { results.columns }
  private static let methodColumn = ReportTable.Column(
    title: "Method", fileTitle: "method", kind: .text)
  private static let fineTunedColumn = ReportTable.Column(
    title: "Fine-tuned task ↑", fileTitle: "fine-tuned task", kind: .estimate(.percent))
  private static let othersColumn = ReportTable.Column(
    title: "Mean of the others ↑", fileTitle: "mean of the others", kind: .estimate(.percent))
  private static let allColumn = ReportTable.Column(
    title: "Mean of all ↑", fileTitle: "mean of all", kind: .estimate(.percent))

  /// Means on one scale need a word on the scale.
  private var scaleNote: String {
    let scores = unique(metrics.filter(\.metric.higherIsBetter).map(\.metric.name))
    let errors = unique(metrics.filter { !$0.metric.higherIsBetter }.map(\.metric.name))
    let scale = [
      scores.isEmpty ? nil : NumberText.list(scores),
      errors.isEmpty ? nil : "100 − \(NumberText.list(errors)) for error rates",
    ].compactMap { $0 }.joined(separator: ", or ")
    return "Fine-tuned task and means: \(scale), in percent, averaged over tasks with equal weight."
      + (metrics.count > tasks.count
        ? " A task of several metrics counts once, by their mean." : "")
  }

  private func unique(_ words: [String]) -> [String] {
    words.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  // MARK: Comparison

  func comparison() -> ReportTable {
    // The score last, as in the paper's tables.
    var columns =
      [Self.methodColumn] + metrics.map(\.column) + [Self.fineTunedColumn, Self.othersColumn]
    if let score {
      columns.append(
        ReportTable.Column(
          title: "Score (\(score.rule.name)) ↑", fileTitle: "score", kind: .estimate(.score)))
    }
    var groups: [ReportTable.Group] = []
    if !results.commonRows.isEmpty {
      groups.append(group("Not fine-tuned", "none", results.commonRows))
    }
    groups += results.groups.map { group($0.title, $0.key.task, $0.rowsWithChosen) }
    let common = results.commonRows.isEmpty ? 0 : 1
    let rows =
      (common > 0 ? [results.commonRows] : []) + results.groups.map(\.rowsWithChosen)
    var table = ReportTable(
      name: "comparison", caption: "Methods by task: mean ± standard deviation over seeds (n − 1).",
      groupColumn: "fine-tuned on", columns: columns, groups: groups)
    var marks = TableMarks(results.tests, rows: rows)
    for (index, column) in metrics.enumerated() {
      marks.mark(
        &table, column: index + 1, of: .init(column),
        higherIsBetter: column.metric.higherIsBetter)
    }
    if let score, score.isDefined {
      marks.mark(&table, column: columns.count - 1, of: .init(score))
    }
    for (index, group) in results.groups.enumerated() {
      let range = common + index..<common + index + 1
      for (column, tasks) in [group.own(tasks), group.others(tasks)].enumerated() {
        marks.mark(
          &table, column: metrics.count + 1 + column, within: range, of: .init(meanOf: tasks))
      }
    }
    table.notes =
      marks.notes(
        "of the column; of the fine-tuned task and the mean of the others, of the rows of one "
          + "fine-tuning") + comparisonNotes
    return table
  }

  private func group(_ title: String, _ file: String, _ rows: [ResultRow]) -> ReportTable.Group {
    ReportTable.Group(title: title, fileTitle: file, rows: rows.map(comparisonRow))
  }

  private func comparisonRow(_ row: ResultRow) -> [ReportTable.Cell] {
    var cells = [ReportTable.Cell(.text(results.title(row)))]
    cells += metrics.map { column in
      ReportTable.Cell(
        .init(row.estimate(column)), signs: row.heard[column.task.name]?.signs ?? "",
        origin: row.origin(of: column, title: results.origin(row)))
    }
    cells +=
      row.fineTuned == nil
      ? [ReportTable.Cell(.none), ReportTable.Cell(.none)]
      : tradeOff(row, row.fineTunedTasks, row.otherTasks)
    if let score {
      let estimate = score.estimate(row)
      cells.append(
        ReportTable.Cell(
          estimate.count > 0 ? .estimate(estimate) : .undefined,
          origin: estimate.count > 0 ? origin(row, tasks) : nil))
    }
    return cells
  }

  /// The mean of the fine-tuned tasks, most often one, and that of the others.
  private func tradeOff(
    _ row: ResultRow, _ fineTuned: [TaskColumn], _ others: [TaskColumn]
  ) -> [ReportTable.Cell] {
    [
      ReportTable.Cell(
        fineTuned.isEmpty ? .none : .init(row.merit(over: fineTuned)),
        origin: origin(row, fineTuned)),
      ReportTable.Cell(
        others.isEmpty ? .none : .init(row.merit(over: others)), origin: origin(row, others)),
    ]
  }

  private func origin(_ row: ResultRow, _ tasks: [TaskColumn]) -> NumberOrigin? {
    row.origin(ofMeanOver: tasks, title: results.origin(row))
  }

  private var comparisonNotes: [String] {
    var notes = [scaleNote] + heardNotes
    if let score { notes.append(score.note) }
    return notes
  }

  // MARK: α and the trade-off

  /// Every point of the α curves.
  func alpha() -> ReportTable {
    let alphaColumn = ReportTable.Column(title: "α", fileTitle: "alpha", kind: .text)
    let columns =
      [Self.methodColumn, alphaColumn] + metrics.map(\.column)
      + [Self.fineTunedColumn, Self.othersColumn, Self.allColumn]
    let groups = results.groups.map { group in
      let rows = group.curve.map { point in
        [
          ReportTable.Cell(.text(results.title(point.row))),
          ReportTable.Cell(.text(NumberText.plain(point.alpha))),
        ]
          + metrics.map {
            ReportTable.Cell(
              .init(point.row.estimate($0)),
              origin: point.row.origin(of: $0, title: results.origin(point.row)))
          }
          + means(point.row, group)
      }
      return ReportTable.Group(title: group.title, fileTitle: group.key.task, rows: rows)
    }
    var table = ReportTable(
      name: "alpha",
      caption: "Along θ̂ = (1 − α)·θ₀ + α·θ′: α = 0 is pre-trained, α = 1 is Stable-FT.",
      groupColumn: "fine-tuned on", columns: columns, groups: groups,
      notes: [])
    var marks = TableMarks(results.tests, rows: results.groups.map { $0.curve.map(\.row) })
    for (index, group) in results.groups.enumerated() {
      let range = index..<index + 1
      for (number, column) in metrics.enumerated() {
        marks.mark(
          &table, column: number + 2, within: range, of: .init(column),
          higherIsBetter: column.metric.higherIsBetter)
      }
      markMeans(&table, &marks, from: metrics.count + 2, within: range, group)
    }
    table.notes = marks.notes("of the column within one fine-tuning") + [scaleNote]
    return table
  }

  /// Every row of a fine-tuning beside the common rows: the fine-tuned task against the others.
  func tradeOff() -> ReportTable {
    let columns = [
      Self.methodColumn, Self.fineTunedColumn, Self.othersColumn, Self.allColumn,
    ]
    let rows = results.groups.map { group in
      results.commonRows.filter { $0.isLogMel || $0.model == group.key.model } + group.rows
    }
    let groups = zip(results.groups, rows).map { group, rows in
      ReportTable.Group(
        title: group.title, fileTitle: group.key.task,
        rows: rows.map { [ReportTable.Cell(.text(results.title($0)))] + means($0, group) })
    }
    var table = ReportTable(
      name: "trade-off", caption: "The fine-tuned task and the mean of the others.",
      groupColumn: "fine-tuned on", columns: columns, groups: groups,
      notes: [])
    var marks = TableMarks(results.tests, rows: rows)
    for (index, group) in results.groups.enumerated() {
      markMeans(&table, &marks, from: 1, within: index..<index + 1, group)
    }
    table.notes = marks.notes("of the column within one fine-tuning") + [scaleNote]
    return table
  }

  /// Marks the columns of `means`.
  private func markMeans(
    _ table: inout ReportTable, _ marks: inout TableMarks, from first: Int,
    within groups: Range<Int>, _ group: FineTuningGroup
  ) {
    for (column, tasks) in [group.own(tasks), group.others(tasks), tasks].enumerated() {
      marks.mark(&table, column: first + column, within: groups, of: .init(meanOf: tasks))
    }
  }

  private func means(_ row: ResultRow, _ group: FineTuningGroup) -> [ReportTable.Cell] {
    tradeOff(row, group.own(tasks), group.others(tasks)) + [
      ReportTable.Cell(.init(row.merit(over: tasks)), origin: origin(row, tasks))
    ]
  }
}
