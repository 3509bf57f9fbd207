import Experiment
import Foundation

/// Every number of the comparison by itself, for other programs: `numbers.csv`.
struct NumbersFile {
  let results: Results

  static let name = "numbers.csv"

  /// RFC 4180, one metric of an evaluation a line, in the order of the table; numbers with all their
  /// digits.
  var text: String {
    var lines = [
      [
        "model", "fine-tuned on", "method", "row", "alpha", "seed", "task", "metric", "better",
        "value", "dev", "test utterances", "scored units", "learning rate", "encoder step",
        "heard recordings",
        "heard speakers", "stage",
      ]
    ]
    for row in results.rows {
      for column in results.columns {
        for seed in row.seeds { line(row, column, seed).map { lines.append($0) } }
      }
    }
    return lines.map { $0.map(ReportTable.csvField).joined(separator: ",") + "\r\n" }.joined()
  }

  private func line(_ row: ResultRow, _ column: MetricColumn, _ seed: UInt64) -> [String]? {
    let task = column.task
    guard let record = row.evaluations[task.name]?[seed], let value = record.value(of: column),
      let stage = row.stages[task.name]?[seed]
    else { return nil }
    let heard = row.heard[task.name]
    let steps = (row.trainings[seed] ?? []).compactMap(\.kept).map(String.init)
    return [
      row.model ?? "", row.fineTuned ?? "", row.method.name, row.method.title,
      row.method.alpha.map { "\($0)" } ?? "", String(seed), task.name,
      column.metric.name, column.metric.higherIsBetter ? "higher" : "lower", "\(value)",
      // Dev chooses by the first metric.
      column.number == 0 ? record.dev.map { "\($0.value)" } ?? "" : "", String(record.count),
      String(record.units), record.learningRate.map { "\($0)" } ?? "",
      steps.joined(separator: "+"), heard.map { String($0.recordings) } ?? "0",
      heard.map { String($0.speakers) } ?? "0", stage.hex,
    ]
  }
}
