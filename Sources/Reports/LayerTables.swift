import Experiment

/// From which hidden states the heads took what they were given: the softmax shares that each learnt.
struct LayerTables {
  let results: Results

  private static let method = ReportTable.Column(
    title: "Method", fileTitle: "method", kind: .text)

  /// Hidden states of the encoders, from the first layer's input on.
  private var layers: Int {
    results.rows.flatMap { $0.evaluations.values.flatMap(\.values) }
      .compactMap { $0.layers?.count }.max() ?? 0
  }

  /// Rows with an encoder, by group: log-mel has one layer only.
  private var groups: [(title: String, file: String, rows: [ResultRow])] {
    let common = results.commonRows.filter { !$0.isLogMel }
    return (common.isEmpty ? [] : [("Not fine-tuned", "none", common)])
      + results.groups.map { ($0.title, $0.key.task, $0.rows) }
  }

  private func share(_ row: ResultRow, _ task: TaskColumn, _ layer: Int) -> Estimate {
    Estimate(
      row.evaluations[task.name, default: [:]].compactMapValues { record in
        record.layers.flatMap { layer < $0.count ? $0[layer] : nil }
      }, planned: row.seeds.count)
  }

  private func hasShares(_ row: ResultRow, _ task: TaskColumn) -> Bool {
    share(row, task, 0).count > 0
  }

  /// Row by row and task by task; `nil` where no evaluation tells.
  func table() -> ReportTable? {
    guard layers > 1 else { return nil }
    let states = 0..<layers
    let columns =
      [Self.method, .init(title: "Task", fileTitle: "task", kind: .text)]
      + states.map {
        ReportTable.Column(title: "\($0)", fileTitle: "layer \($0)", kind: .estimate(.similarity))
      }
    let filled = groups.map { group in
      ReportTable.Group(
        title: group.title, fileTitle: group.file,
        rows: group.rows.flatMap { row in
          results.tasks.filter { hasShares(row, $0) }.map { task in
            [.init(.text(results.title(row))), .init(.text(task.title))]
              + states.map {
                ReportTable.Cell(
                  .init(share(row, task, $0)),
                  origin: row.origin(of: task.columns[0], title: results.origin(row)))
              }
          }
        })
    }.filter { !$0.rows.isEmpty }
    guard !filled.isEmpty else { return nil }
    return ReportTable(
      name: "layers", caption: "What share each hidden state has in what heads were given.",
      groupColumn: "fine-tuned on", columns: columns, groups: filled,
      notes: [
        "Softmax of the weights that each head learnt for the hidden states, 0 the first layer's input; "
          + "mean ± standard deviation over seeds. States differ in size, so that a share is no measure "
          + "of how much is in a state."
      ])
  }

  /// A heat map for each task: rows against hidden states.
  func charts() -> [Chart] {
    guard layers > 1 else { return [] }
    return results.tasks.compactMap { task in
      let rows = groups.flatMap { group in
        group.rows.filter { hasShares($0, task) }.map { row in
          (name: results.mapTitle(row), shares: (0..<layers).map { share(row, task, $0).mean ?? 0 })
        }
      }
      guard !rows.isEmpty else { return nil }
      var chart = Chart(
        name: "layers-\(task.name)", title: task.title,
        caption:
          "\(task.title): the share of each hidden state (0 is the first layer's input) in what "
          + "the head was given, mean over seeds. White is 0, the darkest "
          + NumberText.fixed(rows.flatMap(\.shares).max() ?? 0, 2) + ".",
        x: .init(
          title: "hidden state", range: -0.5...Double(layers) - 0.5,
          marks: (0..<layers).map { (Double($0), String($0)) }),
        y: .init(
          title: "", range: -0.5...Double(rows.count) - 0.5,
          marks: rows.enumerated().map { (Double(rows.count - 1 - $0), $1.name) }),
        series: [])
      chart.heat = rows.reversed().map(\.shares)
      return chart
    }
  }

}

extension Results {
  /// A row's title in a map of all rows.
  fileprivate func mapTitle(_ row: ResultRow) -> String {
    guard groups.count > 1, let task = row.fineTuned else { return title(row) }
    return "\(title(row)), \(taskTitle(task))"
  }
}

extension Figures {
  /// A heat map for each measure: all rows with an encoder against hidden states, the same shades for all rows.
  func similarityMaps(_ tables: SimilarityTables) -> [Chart] {
    let layers = tables.layers
    let encoders = results.commonRows.filter { !$0.isLogMel } + results.groups.flatMap(\.rows)
    return tables.measures.compactMap { measure in
      let rows = encoders.compactMap { row -> (title: String, values: [Double])? in
        let values = layers.compactMap { layer in
          row.similarity { record in
            record.layers.first { $0.layer == layer }?[keyPath: measure.layerValue]
          }.mean
        }
        return values.isEmpty || values.count < layers.count ? nil : (results.mapTitle(row), values)
      }
      guard !rows.isEmpty else { return nil }
      let least = min(rows.flatMap(\.values).min() ?? 0, 0.9)
      let low = (least * 10).rounded(.down) / 10
      var chart = Chart(
        name: "\(measure.rawValue)-map", title: "\(measure.title) with θ₀",
        caption:
          "\(measure.title) with θ₀ by row and hidden state (0 is the first layer's input), mean over "
          + "seeds. White is \(NumberText.minus(low, 1)), the darkest 1.",
        x: .init(
          title: "hidden state", range: -0.5...Double(layers.count) - 0.5,
          marks: layers.enumerated().map { (Double($0), String($1)) }),
        y: .init(
          title: "", range: -0.5...Double(rows.count) - 0.5,
          marks: rows.enumerated().map { (Double(rows.count - 1 - $0), $1.title) }),
        series: [])
      chart.heat = rows.reversed().map(\.values)
      chart.heatRange = low...1
      return chart
    }
  }

  /// A chart for each fine-tuning: how near the features are to θ₀'s against the score, or the mean of all
  /// tasks, with the names of the rows.
  func similarityAgainstMerit(_ tables: SimilarityTables, _ score: Score?) -> [Chart] {
    guard let measure = tables.measures.first else { return [] }
    let scored = score?.isDefined == true ? score : nil
    let what = scored.map { "score (\($0.rule.name))" } ?? "mean of all tasks"
    return results.groups.map { group in
      let rows = ([group.pretrained].compactMap { $0 } + group.rows)
      let series = rows.enumerated().map { index, row in
        let merit = scored?.estimate(row) ?? row.merit(over: results.tasks)
        let near = row.similarity { $0.mean(measure.layerValue) }.mean
        let point = near.flatMap { near in
          merit.mean.map { Chart.Point(x: near, y: $0, spread: merit.deviation) }
        }
        return Chart.Series(
          title: results.title(row), style: .points(index), points: [point].compactMap { $0 })
      }
      return Chart(
        name: "similarity-\(scored == nil ? "mean" : "score")-\(key(group))", title: group.title,
        caption:
          "\(group.title): \(measure.title) with θ₀, mean over hidden states, against the \(what); "
          + "bars are standard deviations over seeds. Pre-trained is at 1.",
        x: .init(
          title: "\(measure.title), mean over states",
          range: Self.range(of: series.flatMap(\.points), least: 0.05, along: \.x)),
        y: .init(
          title: what,
          range: Self.range(of: series.flatMap(\.points), least: scored == nil ? 2 : 20)),
        series: series)
    }.filter { !$0.isEmpty }
  }
}
