import Experiment

extension TaskColumn {
  /// `Dutch phonemes, PER ↓`.
  var head: String { "\(title), \(metric) \(higherIsBetter ? "↑" : "↓")" }
  /// `phones-nl PER`.
  var fileHead: String { "\(name) \(metric)" }
  var column: ReportTable.Column {
    ReportTable.Column(title: head, fileTitle: fileHead, kind: .estimate(.percent))
  }
  /// `100 − PER` for errors: what is averaged over tasks.
  var meritWord: String { higherIsBetter ? metric : "100 − \(metric)" }
}

/// The method × task table, its α rows, and the trade-off.
struct ComparisonTables {
  let results: Results
  let score: Score?

  var tasks: [TaskColumn] { results.tasks }
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
    let errors = tasks.filter { !$0.higherIsBetter }.map(\.metric)
    let scale =
      errors.isEmpty
      ? "accuracy" : "accuracy, or 100 − \(NumberText.list(unique(errors))) for error rates"
    return "Fine-tuned task and means: \(scale), in percent, averaged over tasks with equal weight."
  }

  private func unique(_ words: [String]) -> [String] {
    words.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }

  // MARK: Comparison

  func comparison() -> ReportTable {
    var columns = [Self.methodColumn] + tasks.map(\.column)
    if let score {
      columns.append(
        ReportTable.Column(
          title: "Score (\(score.rule.name)) ↑", fileTitle: "score", kind: .estimate(.score)))
    }
    columns += [Self.fineTunedColumn, Self.othersColumn]
    var groups: [ReportTable.Group] = []
    if !results.commonRows.isEmpty {
      groups.append(group("Not fine-tuned", "none", results.commonRows))
    }
    groups += results.groups.map { group($0.title, $0.key.task, $0.rowsWithChosen) }
    var table = ReportTable(
      name: "comparison", caption: "Methods by task: mean ± standard deviation over seeds (n − 1).",
      groupColumn: "fine-tuned on", columns: columns, groups: groups, notes: comparisonNotes)
    for (index, task) in tasks.enumerated() {
      table.markBest(column: index + 1, higherIsBetter: task.higherIsBetter)
    }
    if score != nil { table.markBest(column: tasks.count + 1, higherIsBetter: true) }
    for index in groups.indices {
      for column in [columns.count - 2, columns.count - 1] {
        table.markBest(column: column, within: index..<index + 1, higherIsBetter: true)
      }
    }
    return table
  }

  private func group(_ title: String, _ file: String, _ rows: [ResultRow]) -> ReportTable.Group {
    ReportTable.Group(title: title, fileTitle: file, rows: rows.map(comparisonRow))
  }

  private func comparisonRow(_ row: ResultRow) -> [ReportTable.Cell] {
    var cells = [ReportTable.Cell(.text(results.title(row)))]
    cells += tasks.map { task in
      ReportTable.Cell(
        .init(row.estimate(task)), signs: row.heard[task.name]?.signs ?? "",
        origins: row.origins(of: task))
    }
    if let score {
      let estimate = score.estimate(row)
      cells.append(ReportTable.Cell(estimate.count > 0 ? .estimate(estimate) : .undefined))
    }
    guard row.fineTuned != nil else {
      return cells + [ReportTable.Cell(.none), ReportTable.Cell(.none)]
    }
    return cells + tradeOff(row, row.fineTunedTasks, row.otherTasks)
  }

  /// The mean of the fine-tuned tasks, most often one, and that of the others.
  private func tradeOff(
    _ row: ResultRow, _ fineTuned: [TaskColumn], _ others: [TaskColumn]
  ) -> [ReportTable.Cell] {
    [
      ReportTable.Cell(fineTuned.isEmpty ? .none : .init(row.merit(over: fineTuned))),
      ReportTable.Cell(others.isEmpty ? .none : .init(row.merit(over: others))),
    ]
  }

  private var comparisonNotes: [String] {
    var notes = [
      "Bold: best mean of the column; of the fine-tuned task and the mean of the others, best within "
        + "the rows of one fine-tuning.",
      scaleNote,
    ]
    notes += heardNotes
    guard let score else { return notes }
    guard score.isDefined else {
      let lacking = tasks.filter { task in !score.anchors.contains { $0.task == task } }
      return notes + [
        "Score: n/a, because an anchor is missing for \(NumberText.list(lacking.map(\.title))) "
          + "(floor: the row “\(score.rule.floorRow)”)."
      ]
    }
    let anchors = score.anchors.map { anchor in
      "\(anchor.task.title) \(NumberText.minus(anchor.floor, 1)) → "
        + NumberText.minus(anchor.ceiling, 1)
    }
    notes.append(
      "Score (\(score.rule.name)): 1000 × mean over tasks of (x − floor) / (ceiling − floor), with the "
        + "mean of the row “\(score.rule.floorRow)” for the floor. Anchors, floor → ceiling: "
        + anchors.joined(separator: "; ") + ". 0 is the floor's quality, below 0 is worse.")
    return notes
  }

  // MARK: α and the trade-off

  /// Every point of the α curves.
  func alpha() -> ReportTable {
    let alphaColumn = ReportTable.Column(title: "α", fileTitle: "alpha", kind: .text)
    let columns =
      [Self.methodColumn, alphaColumn] + tasks.map(\.column)
      + [Self.fineTunedColumn, Self.othersColumn, Self.allColumn]
    let groups = results.groups.map { group in
      let rows = group.curve.map { point in
        [
          ReportTable.Cell(.text(results.title(point.row))),
          ReportTable.Cell(.text(NumberText.plain(point.alpha))),
        ] + tasks.map { ReportTable.Cell(.init(point.row.estimate($0))) } + means(point.row, group)
      }
      return ReportTable.Group(title: group.title, fileTitle: group.key.task, rows: rows)
    }
    var table = ReportTable(
      name: "alpha",
      caption: "Along θ̂ = (1 − α)·θ₀ + α·θ′: α = 0 is pre-trained, α = 1 is Stable-FT.",
      groupColumn: "fine-tuned on", columns: columns, groups: groups,
      notes: ["Bold: best of the column within one fine-tuning.", scaleNote])
    for index in groups.indices {
      for (number, column) in columns.enumerated() where !column.isText {
        let isBetterHigher = number - 2 < tasks.count ? tasks[number - 2].higherIsBetter : true
        table.markBest(
          column: number, within: index..<index + 1, higherIsBetter: isBetterHigher)
      }
    }
    return table
  }

  /// Every row of a fine-tuning beside the common rows: the fine-tuned task against the others.
  func tradeOff() -> ReportTable {
    let columns = [
      Self.methodColumn, Self.fineTunedColumn, Self.othersColumn, Self.allColumn,
    ]
    let groups = results.groups.map { group in
      let common = results.commonRows.filter { $0.isLogMel || $0.model == group.key.model }
      let rows = (common + group.rows).map { row in
        [ReportTable.Cell(.text(results.title(row)))] + means(row, group)
      }
      return ReportTable.Group(title: group.title, fileTitle: group.key.task, rows: rows)
    }
    var table = ReportTable(
      name: "trade-off", caption: "The fine-tuned task and the mean of the others.",
      groupColumn: "fine-tuned on", columns: columns, groups: groups,
      notes: ["Bold: best of the column within one fine-tuning.", scaleNote])
    for index in groups.indices {
      for column in 1...3 {
        table.markBest(column: column, within: index..<index + 1, higherIsBetter: true)
      }
    }
    return table
  }

  private func means(_ row: ResultRow, _ group: FineTuningGroup) -> [ReportTable.Cell] {
    tradeOff(row, group.own(tasks), group.others(tasks)) + [
      ReportTable.Cell(.init(row.merit(over: tasks)))
    ]
  }
}
