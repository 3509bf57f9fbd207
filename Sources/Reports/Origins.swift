import Experiment
import Foundation

extension ResultRow {
  /// A line for each seed: the number, the head's learning rate where dev chose it, the step of the
  /// encoder, and the stage that `alphasweep why` and the artifacts' folder know.
  func origins(of column: MetricColumn) -> [String] {
    seeds.compactMap { seed in
      let task = column.task.name
      guard let record = evaluations[task]?[seed], let value = record.value(of: column),
        let stage = stages[task]?[seed]
      else { return nil }
      let steps = (trainings[seed] ?? []).compactMap(\.kept).map(String.init)
      let parts = [
        "seed \(seed): \(NumberText.fixed(value, 2))",
        record.learningRate.map { "head's learning rate \(NumberText.plain($0))" },
        record.rates.map { rates in
          let tried = rates.map {
            NumberText.plain($0.learningRate) + ": "
              + ($0.dev.map { NumberText.fixed($0, 2) } ?? "no number")
          }
          return "tried on dev \(tried.joined(separator: ", "))"
        },
        record.step.map { "head after step \($0)" },
        steps.isEmpty ? nil : "encoder after step \(steps.joined(separator: " + "))",
        "stage \(stage.short)",
      ]
      return parts.compactMap { $0 }.joined(separator: ", ")
    }
  }
}

/// Every number of the comparison by itself, for other programs: `numbers.csv`.
struct NumbersFile {
  let results: Results

  static let name = "numbers.csv"

  /// RFC 4180, one metric of an evaluation a line, in the order of the table; numbers with all their
  /// digits.
  var text: String {
    var lines = [
      [
        "model", "fine-tuned on", "method", "row", "alpha", "seed", "task", "metric", "value",
        "dev", "test utterances", "scored units", "learning rate", "encoder step",
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
      column.metric.name, "\(value)",
      // Dev chooses by the first metric.
      column.number == 0 ? record.dev.map { "\($0.value)" } ?? "" : "", String(record.count),
      String(record.units), record.learningRate.map { "\($0)" } ?? "",
      steps.joined(separator: "+"), heard.map { String($0.recordings) } ?? "0",
      heard.map { String($0.speakers) } ?? "0", stage.hex,
    ]
  }
}
