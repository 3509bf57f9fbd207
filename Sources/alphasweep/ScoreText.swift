import Experiment
import Foundation
import Scoring

/// A score as people and as programs read it.
enum ScoreText {
  /// Metrics with their intervals, then what they were counted from.
  static func text(_ report: ScoreReport) -> String {
    var text = Words.table(
      report.metrics.map { metric in
        var row = [metric.name, number(metric.value, metric)]
        if let interval = metric.interval {
          row.append("95 %: \(number(interval.low, metric)) to \(number(interval.high, metric))")
        }
        return row
      })
    text += "\n" + Words.table(report.counts.map { [$0.name, count($0.value)] }) + "\n"
    return text + Words.wrapped(bootstrap(report)) + "\n"
  }

  private static func bootstrap(_ report: ScoreReport) -> String {
    guard report.resamples > 0 else { return "No interval was asked for." }
    let units = report.unit.words(report.units)
    guard report.metrics.contains(where: { $0.interval != nil }) else {
      return "No interval: there is too little to draw from (\(units))."
    }
    return
      "Intervals: percentile bootstrap over \(units), \(Words.count(report.resamples, "draw")), "
      + "seed \(report.seed)."
  }

  private static func number(_ value: Double, _ metric: ScoreReport.Metric) -> String {
    metric.isPercent ? String(format: "%.2f %%", value) : String(format: "%.4f", value)
  }

  /// Whole numbers as such.
  private static func count(_ value: Double) -> String {
    guard value.isFinite else { return "none" }
    guard value != value.rounded() || abs(value) > 1e15 else { return Words.grouped(Int(value)) }
    return String(format: "%.4f", value)
  }

  /// One line; percentages are numbers up to 100, and what is not finite is left out.
  static func json(_ report: ScoreReport) -> String {
    let metrics = report.metrics.map { metric in
      var members: [String: Canonical] = [
        "name": .string(metric.name), "value": Canonical(number: metric.value),
        "unit": .string(metric.isPercent ? "percent" : "none"),
      ]
      members["low"] = metric.interval.map { Canonical(number: $0.low) }
      members["high"] = metric.interval.map { Canonical(number: $0.high) }
      return Canonical.map(members)
    }
    let counts = report.counts.filter(\.value.isFinite).map {
      ($0.name, Canonical(number: $0.value))
    }
    return Canonical.map([
      "task": .string(report.task.rawValue), "metrics": .list(metrics),
      "counts": .map(Dictionary(counts, uniquingKeysWith: { first, _ in first })),
      "bootstrap": .map([
        "level": .real(Bootstrap.level), "resamples": .integer(report.resamples),
        "seed": .integer(report.seed), "over": .string(report.unit.rawValue),
        "units": .integer(report.units),
      ]),
    ]).text + "\n"
  }
}
