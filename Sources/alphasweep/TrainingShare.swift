import Experiment

/// What the cells of a plan share of the work of training.
struct TrainingShare: Encodable {
  /// Cells whose encoder was trained in the plan.
  private(set) var cells = 0
  /// Trainings: a head-only phase and what goes on from it are one.
  private(set) var trainings = 0
  /// Optimiser steps of the plan.
  private(set) var steps = 0
  /// Optimiser steps if each cell were made by itself.
  private(set) var stepsAlone = 0

  init(_ overview: PlanOverview) throws {
    var stepsByStage: [StageKey: Int] = [:]
    for stage in overview.plan.stages.values {
      guard let training = try stage.training() else { continue }
      stepsByStage[stage.key] = training.steps
      steps += training.steps
      if training.isWhole { trainings += 1 }
    }
    for cell in overview.plan.cells {
      let results = Array(cell.evaluations.values) + (cell.comparison.map { [$0] } ?? [])
      let needed = results.reduce(into: Set<StageKey>()) { $0.formUnion(overview.closure(of: $1)) }
      let alone = needed.compactMap { stepsByStage[$0] }
      if !alone.isEmpty { cells += 1 }
      stepsAlone += alone.reduce(0, +)
    }
  }

  /// In words; `nil` where cells share nothing.
  var text: String? {
    guard stepsAlone > steps else { return nil }
    let percent = Int((100 * Double(steps) / Double(stepsAlone)).rounded())
    return "Training: \(Words.count(cells, "cell")), \(Words.count(trainings, "training")), "
      + "\(percent) % of the optimiser steps of running each cell alone."
  }
}
