import Experiment

/// The charts of a report.
struct Figures {
  let results: Results

  private var tasks: [TaskColumn] { results.tasks }

  // MARK: α

  /// One chart a metric: along α, a line for each fine-tuning; the levels of its two ends, and of log-mel.
  func alpha() -> [Chart] {
    results.columns.map { column in
      let curves = results.groups.enumerated().map { index, group in
        Chart.Series(
          title: group.title, style: .line(index),
          points: group.curve.compactMap { point in
            let interval = results.tests.interval(point.row, column)
            return point.row.estimate(column).mean.map { mean in
              Chart.Point(
                x: point.alpha, y: mean, spread: nil, interval: interval.map { $0.low...$0.high })
            }
          })
      }
      let range = Self.range(of: curves.flatMap(\.points), least: 4)
      let (levels, whole) = self.levels(column, range)
      return Chart(
        name: "alpha-\(column.fileName)", title: column.head,
        caption:
          "\(column.task.title): \(column.metric.name) along α, with 95 % intervals over the test's units and "
          + "seeds. α = 0 is pre-trained, α = 1 is Stable-FT; a level is drawn for each.",
        x: .init(title: "α", range: -0.04...1.04),
        y: .init(title: "\(column.metric.name), %", range: whole),
        series: curves + ends(column) + levels)
    }.filter { !$0.isEmpty }
  }

  /// Pre-trained, once a model, and Stable-FT of each fine-tuning, across the whole chart.
  private func ends(_ column: MetricColumn) -> [Chart.Series] {
    var seen: Set<ResultRow.Identity> = []
    return results.groups.enumerated().flatMap { index, group in
      let stable = group.rows.first { $0.method.name == "stable-ft" }
      let isAlone = results.groups.count == 1
      let ends = [
        (group.pretrained, group.pretrained.map(results.title), 4),
        (stable, stable.map { isAlone ? results.title($0) : results.origin($0) }, 3),
      ]
      return ends.compactMap { row, title, dash -> Chart.Series? in
        guard let row, let title, let mean = row.estimate(column).mean,
          seen.insert(row.identity).inserted
        else { return nil }
        return Chart.Series(
          title: title, style: .reference(index, dash: dash),
          points: [-0.04, 1.04].map { Chart.Point(x: $0, y: mean, spread: nil) })
      }
    }
  }

  /// Log-mel rows as dashed lines, unless one lies so far off that it would flatten the curves: then
  /// the key says where it is.
  private func levels(
    _ column: MetricColumn, _ range: ClosedRange<Double>?
  ) -> ([Chart.Series], ClosedRange<Double>?) {
    var whole = range
    var series: [Chart.Series] = []
    for (index, row) in results.logMelRows.enumerated() {
      guard let mean = row.estimate(column).mean else { continue }
      var title = row.method.title
      var points: [Chart.Point] = []
      let room = range.map { ($0.lowerBound - mean, mean - $0.upperBound, $0) }
      if let (below, above, range) = room,
        max(below, above) > range.upperBound - range.lowerBound
      {
        title += ": \(NumberText.fixed(mean, 1)), \(above > 0 ? "above" : "below")"
      } else {
        points = [-0.04, 1.04].map { Chart.Point(x: $0, y: mean, spread: nil) }
        whole = whole.map { min($0.lowerBound, mean - 0.5)...max($0.upperBound, mean + 0.5) }
      }
      series.append(Chart.Series(title: title, style: .level(index), points: points))
    }
    return (series, whole)
  }

  // MARK: Trade-off

  /// One chart a fine-tuning: the fine-tuned task against the mean of the others.
  func tradeOff() -> [Chart] {
    results.groups.compactMap { group in
      let own = group.own(tasks)
      let others = group.others(tasks)
      guard !own.isEmpty, !others.isEmpty else { return nil }
      let words = own.map { "\($0.title), \($0.meritWord)" }
      func point(_ row: ResultRow) -> Chart.Point? {
        guard let x = row.merit(over: own).mean else { return nil }
        return Self.point(x, row.merit(over: others))
      }
      let curve = group.curve.compactMap { entry in
        point(entry.row).map { (alpha: entry.alpha, point: $0) }
      }
      let onCurve = ["speech-ft", "stable-ft", "pre-trained"]
      let rest = group.rows.filter { !onCurve.contains($0.method.name) }
      var series = [
        Chart.Series(title: "α from 0 to 1", style: .line(0), points: curve.map(\.point))
      ]
      series += rest.enumerated().map { index, row in
        Chart.Series(
          title: results.title(row), style: .points(index + 1),
          points: [point(row)].compactMap { $0 })
      }
      let across = Self.range(of: series.flatMap(\.points), least: 2, along: \.x)
      let upwards = Self.range(of: series.flatMap(\.points), least: 2)
      return Chart(
        name: "trade-off-\(key(group))", title: group.title,
        caption:
          "\(group.title): the task itself against the mean of the others; up and to the right is "
          + "better. The line joins pre-trained (α = 0), Speech-FT and Stable-FT (α = 1); bars are "
          + "standard deviations over seeds. Log-mel is in the table.",
        x: .init(
          title: own.count > 1
            ? "mean of \(NumberText.list(own.map(\.title)))" : words.joined(), range: across),
        y: .init(title: "mean of the others", range: upwards), series: series,
        labels: Self.legible(
          curve.map {
            Chart.Label(x: $0.point.x, y: $0.point.y, text: NumberText.plain($0.alpha))
          }, across, upwards))
    }.filter { !$0.isEmpty }
  }

  // MARK: Similarity

  /// A chart for each measure and fine-tuning: similarity to θ₀ by hidden state.
  func similarity(_ tables: SimilarityTables) -> [Chart] {
    let layers = tables.layers
    return tables.measures.flatMap { measure in
      results.groups.map { group in
        let series = group.rows.enumerated().map { index, row in
          Chart.Series(
            title: results.title(row), style: .line(index),
            points: layers.compactMap { layer in
              let estimate = row.similarity { record in
                record.layers.first { $0.layer == layer }?[keyPath: measure.layerValue]
              }
              return Self.point(Double(layer), estimate)
            })
        }
        let least = series.flatMap(\.points).map { $0.y - ($0.spread ?? 0) }.min() ?? 0
        let bottom = ((least - 0.02) * 20).rounded(.down) / 20
        return Chart(
          name: "\(measure.rawValue)-\(key(group))", title: "\(measure.title) · \(group.title)",
          caption:
            "\(group.title): \(measure.title) with θ₀ by hidden state (0 is the first layer's "
            + "input).",
          x: .init(
            title: "hidden state", range: -0.2...Double(layers.last ?? 1) + 0.2,
            marks: layers.map { (Double($0), String($0)) }),
          y: .init(title: measure.title, range: bottom...max(1.005, bottom + 0.05)), series: series)
      }
    }.filter { !$0.isEmpty }
  }

  /// A chart for each fine-tuning: distance of the weights to θ₀.
  func distance() -> [Chart] {
    results.groups.map { group in
      let count = group.rows.count
      let points = group.rows.enumerated().compactMap { index, row -> Chart.Point? in
        let estimate = row.similarity { $0.weightDistance.total }
        return estimate.mean.map {
          Chart.Point(x: $0, y: Double(count - index), spread: estimate.deviation)
        }
      }
      let greatest = points.map { $0.x + ($0.spread ?? 0) }.max() ?? 1
      var chart = Chart(
        name: "weight-distance-\(key(group))", title: group.title,
        caption: "\(group.title): distance of the weights to θ₀. Along the interpolation it is "
          + "α·‖θ′−θ₀‖₂.",
        x: .init(title: "‖θ−θ₀‖₂", range: 0...max(greatest * 1.08, 1e-6)),
        y: .init(
          title: "", range: 0.4...Double(count) + 0.6,
          marks: group.rows.enumerated().map { (Double(count - $0), results.title($1)) }),
        series: [Chart.Series(title: "", style: .points(0), points: points)])
      chart.spreadsAlongX = true
      return chart
    }.filter { !$0.isEmpty }
  }

  // MARK: Parts

  func key(_ group: FineTuningGroup) -> String {
    let task = TaskGroup(name: group.key.task).tasks.joined(separator: "+")
    return results.models.count > 1 ? "\(group.key.model)-\(task)" : task
  }

  private static func point(_ x: Double, _ estimate: Estimate) -> Chart.Point? {
    estimate.mean.map { Chart.Point(x: x, y: $0, spread: estimate.deviation) }
  }

  /// Labels that would not be written over another; the ends of the curve come first.
  static func legible(
    _ labels: [Chart.Label], _ across: ClosedRange<Double>?, _ upwards: ClosedRange<Double>?
  ) -> [Chart.Label] {
    guard let across, let upwards, let first = labels.first, let last = labels.last else {
      return labels
    }
    var kept: [Chart.Label] = []
    for label in [first, last] + labels.dropFirst().dropLast() {
      let isFree = kept.allSatisfy { other in
        abs(label.x - other.x) > 0.08 * (across.upperBound - across.lowerBound)
          || abs(label.y - other.y) > 0.06 * (upwards.upperBound - upwards.lowerBound)
      }
      if isFree { kept.append(label) }
    }
    return kept
  }

  /// The range of points with a margin, at least `least` wide so that noise is not blown up.
  static func range(
    of points: [Chart.Point], least: Double, along axis: KeyPath<Chart.Point, Double> = \.y
  ) -> ClosedRange<Double>? {
    let spreads = axis == \.y
    let ends = points.map { point in
      let value = point[keyPath: axis]
      return (spreads ? point.bar(around: value) : nil) ?? value...value
    }
    let (lows, highs) = (ends.map(\.lowerBound), ends.map(\.upperBound))
    guard let low = lows.min(), let high = highs.max() else { return nil }
    let margin = max(0.08 * (high - low), (least - (high - low)) / 2)
    return (low - margin)...(high + margin)
  }
}
