import Experiment

/// Sentences on encoders against log-mel features under the same heads.
struct LogMelClaims {
  let results: Results

  private var tasks: [TaskColumn] { results.tasks }
  private var logMel: [ResultRow] { results.logMelRows }
  private var encoders: [ResultRow] { results.rows.filter { !$0.isLogMel } }

  /// The log-mel row that is best at a task.
  private func bestLogMel(_ task: TaskColumn) -> (row: ResultRow, merit: Double)? {
    best(logMel, task)
  }

  private func best(_ rows: [ResultRow], _ task: TaskColumn) -> (row: ResultRow, merit: Double)? {
    rows.compactMap { row in row.merit(task).mean.map { (row: row, merit: $0) } }
      .reduce(nil) { best, next in
        best.map { $0.merit >= next.merit ? $0 : next } ?? next
      }
  }

  /// Task by task: whether any encoder beats every log-mel row.
  func byTask() -> [String] {
    tasks.compactMap { task in
      guard let floor = bestLogMel(task), let encoder = best(encoders, task) else { return nil }
      let difference = NumberText.signed(encoder.merit - floor.merit)
      let word = logMel.count > 1 ? "the better log-mel row" : "log-mel"
      let baseline = "\(word) (\(number(floor.row, task)), \(floor.row.method.title))"
      let ahead = encoders.count { row in
        row.merit(task).mean.map { $0 > floor.merit } ?? false
      }
      guard encoder.merit > floor.merit else {
        return "\(task.title): no encoder row beats log-mel. The best, \(name(encoder.row)) "
          + "(\(number(encoder.row, task))), is \(difference) points from \(baseline)."
      }
      return
        "\(task.title): \(ahead) of \(NumberText.count(encoders.count, "encoder row")) beat log-mel; "
        + "the best, \(name(encoder.row)) (\(number(encoder.row, task))), is \(difference) points from "
        + "\(baseline)."
    }
  }

  /// Row by row: on how many tasks it beats every log-mel row, and where not.
  func byRow() -> [String] {
    encoders.compactMap { row in
      let compared = tasks.filter { row.merit($0).mean != nil && bestLogMel($0) != nil }
      guard !compared.isEmpty else { return nil }
      let lost = compared.filter { task in
        guard let merit = row.merit(task).mean, let floor = bestLogMel(task) else { return false }
        return merit <= floor.merit
      }
      let won = compared.count - lost.count
      let exceptions = lost.isEmpty ? "" : "; not on \(NumberText.list(lost.map(\.title)))"
      return "\(name(row)) beats every log-mel row on \(won) of "
        + "\(NumberText.count(compared.count, "task"))\(exceptions)."
    }
  }

  /// Encoder rows less the better log-mel row of each task, and less each log-mel row over all tasks;
  /// paired over seeds.
  func table() -> ReportTable {
    let columns =
      [ReportTable.Column(title: "Method", fileTitle: "method", kind: .text)]
      + tasks.map {
        ReportTable.Column(title: $0.title, fileTitle: $0.name, kind: .estimate(.percent))
      }
      + logMel.map {
        ReportTable.Column(
          title: "Mean, less “\($0.method.title)”", fileTitle: "mean less \($0.method.title)",
          kind: .estimate(.percent))
      }
    func group(_ title: String, _ file: String, _ rows: [ResultRow]) -> ReportTable.Group {
      ReportTable.Group(title: title, fileTitle: file, rows: rows.map(differences))
    }
    let common = results.commonRows.filter { !$0.isLogMel }
    var groups = common.isEmpty ? [] : [group("Not fine-tuned", "none", common)]
    groups += results.groups.map { group($0.title, $0.key.task, $0.rows) }
    return ReportTable(
      name: "against-log-mel", caption: "Points above the better log-mel row of each task.",
      groupColumn: "fine-tuned on", columns: columns, groups: groups,
      notes: [
        "Paired over seeds, mean ± standard deviation; above 0 the encoder is better, whichever way "
          + "the metric points."
      ])
  }

  private func differences(_ row: ResultRow) -> [ReportTable.Cell] {
    let byTask = tasks.map { task -> ReportTable.Cell in
      guard let floor = bestLogMel(task) else { return ReportTable.Cell(.missing) }
      let pair = PairedComparison(row, floor.row, tasks: [task])
      return ReportTable.Cell(
        .init(pair.overall),
        origin: results.origin(ofDifference: row, floor.row, in: task.title, over: [task]))
    }
    let overall = logMel.map { baseline in
      ReportTable.Cell(
        .init(PairedComparison(row, baseline, tasks: tasks).overall),
        origin: results.origin(
          ofDifference: row, baseline, in: "mean over tasks", over: tasks))
    }
    return [ReportTable.Cell(.text(results.title(row)))] + byTask + overall
  }

  private func number(_ row: ResultRow, _ task: TaskColumn) -> String {
    task.columns.map { column in
      "\(column.metric.name) \(Quantity.percent.text(row.estimate(column)) ?? "–")"
    }.joined(separator: ", ")
  }

  private func name(_ row: ResultRow) -> String {
    let title = results.title(row)
    return row.fineTuned.map { "\(title) on \(results.taskTitle($0))" } ?? title
  }
}
