import Experiment

/// One row of the comparison: a method applied to a model, fine-tuned on a task or on none, with its
/// numbers by seed.
package struct ResultRow {
  package struct Identity: Hashable {
    package var model: String?
    package var method: MethodPoint
    package var fineTuned: String?
  }
  package let identity: Identity
  let tasks: [TaskColumn]
  /// Seeds that the plan asks for.
  package var seeds: [UInt64] = []
  /// By task name and seed.
  package var evaluations: [String: [UInt64: EvaluationRecord]] = [:]
  /// Where the numbers come from: evaluation stages by task and seed.
  package var stages: [String: [UInt64: StageKey]] = [:]
  /// Comparison stages by seed.
  var comparisons: [UInt64: StageKey] = [:]
  /// How heads learnt, by evaluation stage.
  var curves: [StageKey: [Attempt.Metric]] = [:]
  /// How heads were trained, by task.
  var recipes: [String: String] = [:]
  /// What its encoders heard of the tests, by task.
  package var heard: [String: HeardTest] = [:]
  /// The fine-tunings that its encoders come from, by seed.
  var trainings: [UInt64: [TrainedPart]] = [:]
  package var similarities: [UInt64: SimilarityRecord] = [:]

  init(identity: Identity, tasks: [TaskColumn]) {
    self.identity = identity
    self.tasks = tasks
  }

  package var model: String? { identity.model }
  package var method: MethodPoint { identity.method }
  package var fineTuned: String? { identity.fineTuned }
  package var isLogMel: Bool { model == nil }
  package var isPretrained: Bool { method.name == "pre-trained" }

  /// A task's results in the metric that decides, in percent.
  package func estimate(_ task: TaskColumn) -> Estimate {
    Estimate(evaluations[task.name, default: [:]].mapValues(\.value), planned: seeds.count)
  }

  /// A task's results on the scale on which tasks are averaged: accuracy, or 100 − error rate; of
  /// several metrics the mean, of seeds that have all. Higher is better.
  package func merit(_ task: TaskColumn) -> Estimate {
    let merits = task.columns.map { column in estimate(column).map(column.merit) }
    guard merits.count > 1 else { return merits[0] }
    var values: [UInt64: Double] = [:]
    for seed in seeds {
      let found = merits.compactMap { $0[seed] }
      if found.count == merits.count { values[seed] = found.reduce(0, +) / Double(found.count) }
    }
    return Estimate(values, planned: seeds.count)
  }

  /// The mean merit over tasks, seed by seed; a seed that lacks one of them has none.
  package func merit(over tasks: [TaskColumn]) -> Estimate {
    let merits = tasks.map(merit)
    var values: [UInt64: Double] = [:]
    for seed in seeds where !tasks.isEmpty {
      let found = merits.compactMap { $0[seed] }
      if found.count == tasks.count { values[seed] = found.reduce(0, +) / Double(found.count) }
    }
    return Estimate(values, planned: seeds.count)
  }

  /// All tasks but those that the row was fine-tuned on.
  package var otherTasks: [TaskColumn] { tasks.filter { !fineTunedOn.contains($0.name) } }
  /// The tasks that the row was fine-tuned on, as far as they are evaluated.
  package var fineTunedTasks: [TaskColumn] { tasks.filter { fineTunedOn.contains($0.name) } }

  private var fineTunedOn: [String] { fineTuned.map { TaskGroup(name: $0).tasks } ?? [] }

  /// One number of the comparisons with θ₀, by seed.
  package func similarity(_ number: (SimilarityRecord) -> Double?) -> Estimate {
    Estimate(similarities.compactMapValues(number), planned: seeds.count)
  }
}
