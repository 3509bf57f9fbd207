import Experiment
import OrderedCollections

/// Rows that are chosen on dev among a grid's: `select: dev`.
///
/// One point of the grid for each model and fine-tuning, the same for all seeds and tasks: the one with
/// the highest merit (accuracy, or 100 − error rate) on the dev split, averaged over tasks and seeds. The
/// test split has no say in it.
struct ChosenRows {
  let plan: Plan

  /// `rows`, with each chosen row after the last of its grid. A grid with a number missing has none.
  func adding(to rows: [ResultRow]) -> [ResultRow] {
    var result = rows
    for choice in plan.choices {
      let grids = OrderedDictionary(
        grouping: rows.filter { $0.method.name == choice.method },
        by: { ResultRow.Grid(model: $0.model, fineTuned: $0.fineTuned) })
      for (grid, candidates) in grids {
        guard let best = best(candidates) else { continue }
        let last = result.lastIndex { $0.method.name == choice.method && $0.grid == grid }
        result.insert(chosen(best, choice), at: last.map { $0 + 1 } ?? result.endIndex)
      }
    }
    return result
  }

  /// The first of equals, in the grid's order.
  private func best(_ rows: [ResultRow]) -> ResultRow? {
    let merits = rows.map { $0.devMerit }
    guard !merits.contains(nil), let highest = merits.compactMap({ $0 }).max() else { return nil }
    return zip(rows, merits).first { $0.1 == highest }?.0
  }

  private func chosen(_ row: ResultRow, _ choice: RowChoice) -> ResultRow {
    row.called(
      MethodPoint(
        name: choice.rowName, title: "Chosen on dev: \(row.method.title)"))
  }
}

extension ResultRow {
  /// Whose rows are chosen among.
  struct Grid: Hashable {
    var model: String?
    var fineTuned: String?
  }

  var grid: Grid { Grid(model: model, fineTuned: fineTuned) }

  /// The mean over tasks and seeds of what the dev split shows; `nil` where a number is missing.
  fileprivate var devMerit: Double? {
    var merits: [Double] = []
    for task in tasks {
      for seed in seeds {
        guard let record = evaluations[task.name]?[seed], let dev = record.dev else { return nil }
        merits.append(task.higherIsBetter ? dev.value : 100 - dev.value)
      }
    }
    return merits.isEmpty ? nil : merits.reduce(0, +) / Double(merits.count)
  }

  /// The same numbers under another name.
  fileprivate func called(_ method: MethodPoint) -> ResultRow {
    var row = ResultRow(
      identity: Identity(model: model, method: method, fineTuned: fineTuned), tasks: tasks)
    row.seeds = seeds
    row.evaluations = evaluations
    row.similarities = similarities
    row.stages = stages
    (row.comparisons, row.curves, row.recipes) = (comparisons, curves, recipes)
    row.heard = heard
    row.trainings = trainings
    return row
  }
}
