import Experiment

/// One metric of a task: a column of tables. Most tasks have one, slot filling has two.
package struct MetricColumn: Hashable, Sendable {
  package let task: TaskColumn
  package let metric: TaskMetric
  /// 0 for the one that decides.
  package let number: Int

  /// `Dutch phonemes, PER ↓`.
  var head: String { "\(task.title), \(metric.name) \(metric.higherIsBetter ? "↑" : "↓")" }
  /// `phones-nl PER`.
  var fileHead: String { "\(task.name) \(metric.name)" }
  /// What files of it begin with: `phones-nl`, `sf-snips-slot-value CER`.
  var fileName: String { number == 0 ? task.name : "\(task.name)-\(metric.name)" }
  var column: ReportTable.Column {
    ReportTable.Column(title: head, fileTitle: fileHead, kind: .estimate(.percent))
  }
  /// `100 − PER` for errors: what is averaged over tasks.
  var meritWord: String { metric.higherIsBetter ? metric.name : "100 − \(metric.name)" }
  /// Between what it can be, in percent: insertions make error rates larger than 100.
  var limits: ClosedRange<Double> { metric.higherIsBetter ? 0...100 : 0...Double.infinity }
  /// On the scale on which more is better.
  func merit(_ value: Double) -> Double { metric.higherIsBetter ? value : 100 - value }
}

extension TaskColumn {
  /// Its metrics, the one that decides first.
  package var columns: [MetricColumn] {
    let first = TaskMetric(name: metric, higherIsBetter: higherIsBetter)
    return ([first] + (secondMetric.map { [$0] } ?? [])).enumerated().map {
      MetricColumn(task: self, metric: $1, number: $0)
    }
  }

  /// `PER`, or `slot-type F1 and slot-value CER`.
  var metricWords: String { NumberText.list(columns.map(\.metric.name)) }

  /// What counts for it in means over tasks: `100 − PER`, the mean of several.
  var meritWord: String {
    columns.count == 1
      ? columns[0].meritWord : "mean of \(NumberText.list(columns.map(\.meritWord)))"
  }
}

extension Results {
  package var columns: [MetricColumn] { tasks.flatMap(\.columns) }
}

extension ResultRow {
  /// A metric's results, in percent.
  package func estimate(_ column: MetricColumn) -> Estimate {
    Estimate(
      evaluations[column.task.name, default: [:]].compactMapValues { $0.value(of: column) },
      planned: seeds.count)
  }
}

extension EvaluationRecord {
  /// `nil` where the record lacks the metric.
  func value(of column: MetricColumn) -> Double? {
    column.number == 0 ? value : others?.first { $0.metric == column.metric }?.value
  }
}
