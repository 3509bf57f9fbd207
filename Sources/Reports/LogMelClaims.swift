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
      let baseline =
        "the better log-mel row (\(number(floor.row, task)), \(floor.row.method.title))"
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
        + "\(NumberText.count(compared.count, "task"))\(exceptions)\(means(row, compared))."
    }
  }

  /// `; mean over tasks −2.1 points from log-mel, +3.0 from log-mel, normalised (paired over 2 seeds)`.
  private func means(_ row: ResultRow, _ compared: [TaskColumn]) -> String {
    guard compared.count == tasks.count else { return "" }
    let words = logMel.compactMap { baseline -> String? in
      let pair = PairedComparison(row, baseline, tasks: tasks)
      guard let mean = pair.overall.mean else { return nil }
      let count = pair.overall.count
      let range =
        count > 1
        ? ", range \(NumberText.signed(pair.overall.least ?? mean))…"
          + NumberText.signed(pair.overall.greatest ?? mean) : ""
      return "\(NumberText.signed(mean)) points from “\(baseline.method.title)” "
        + "(paired over \(NumberText.count(count, "seed"))\(range))"
    }
    return words.isEmpty ? "" : "; mean over tasks " + NumberText.list(words)
  }

  private func number(_ row: ResultRow, _ task: TaskColumn) -> String {
    "\(task.metric) \(Quantity.percent.text(row.estimate(task)) ?? "–")"
  }

  private func name(_ row: ResultRow) -> String {
    let title = results.title(row)
    return row.fineTuned.map { "\(title) on \(results.taskTitle($0))" } ?? title
  }
}
