import Experiment

/// What the numbers cannot carry, computed from how they came to be.
struct Limits {
  let results: Results

  private var tasks: [TaskColumn] { results.tasks }

  func sentences() -> [String] {
    [seeds, choiceOfAlpha].compactMap { $0 } + testSizes + chance + caveats
  }

  private var seedCounts: [Int] { results.rows.map(\.seeds.count) }

  private var seeds: String? {
    guard let most = seedCounts.max() else { return nil }
    let shared = pretrainedModels.allSatisfy { $0.count == 1 } && !pretrainedModels.isEmpty
    let scope =
      shared
      ? "They vary fine-tuning and heads; every model has one pre-training, so nothing here tells how "
        + "another pre-training would do."
      : "They vary fine-tuning and heads."
    return "Standard deviations are over \(NumberText.count(most, "seed")). \(scope)"
  }

  /// The encoders that the pre-trained row of each model stands on.
  private var pretrainedModels: [Set<Canonical>] {
    results.models.map { model in
      let cells = results.plan.cells.filter { $0.model == model && $0.method.name == "pre-trained" }
      let keys = cells.flatMap(\.evaluations.values)
      return Set(keys.compactMap { encoder(of: $0) })
    }
  }

  private func encoder(of evaluation: StageKey) -> Canonical? {
    guard let features = results.plan.stages[evaluation]?.inputs["features"]?.stageKey else {
      return nil
    }
    return results.plan.stages[features]?.inputs["encoder"]?.identity
  }

  private var choiceOfAlpha: String? {
    let curves = results.groups.map { $0.curve.count }
    guard let most = curves.max(), most > 2 else { return nil }
    return
      "The best α is the best of the \(most) points of its curve on the very recordings that it is "
      + "reported on: chosen afterwards, its lead is an upper estimate."
  }

  /// One standard error of an accuracy from the size of the test, which no number of seeds lowers.
  private var testSizes: [String] {
    tasks.compactMap { task in
      guard let record = results.anyRecord(task), record.count > 0 else { return nil }
      guard task.metric == "accuracy", let mean = middle(task) else {
        return "\(task.title): scored on \(NumberText.count(record.count, "test utterance")) "
          + "with \(NumberText.count(record.units, Self.unit(of: task.metric))); all rows and seeds see the same."
      }
      let share = min(max(mean / 100, 0), 1)
      let error = 100 * (share * (1 - share) / Double(record.count)).squareRoot()
      return
        "\(task.title): \(NumberText.count(record.count, "test utterance")). At \(NumberText.fixed(mean, 1)) %, "
        + "the mean of its rows, that alone is a standard error of \(NumberText.fixed(error, 1)) points; all "
        + "rows and seeds see the same recordings, so no number of seeds lowers it."
    }
  }

  /// What the first metric is counted over.
  private static func unit(of metric: String) -> String {
    switch metric {
    case "PER", "CER", "WER": "reference token"
    case "EER", "MTWV": "trial"
    default: "scored unit"
    }
  }

  private func middle(_ task: TaskColumn) -> Double? {
    let means = results.rows.compactMap { $0.estimate(task).mean }
    return means.isEmpty ? nil : means.reduce(0, +) / Double(means.count)
  }

  private var chance: [String] {
    tasks.compactMap { task in
      guard let chance = results.anyRecord(task)?.chance else { return nil }
      let low = results.rows.filter { row in
        row.estimate(task).mean.map { $0 <= chance } ?? false
      }
      let level = "\(task.title): chance is \(NumberText.fixed(chance, 1)) %"
      guard !low.isEmpty else { return level + "; every row is above it." }
      let names = low.map { row in
        row.fineTuned.map { "\(results.title(row)) on \(results.taskTitle($0))" }
          ?? results.title(row)
      }
      return level + "; not above it: \(NumberText.list(names))."
    }
  }

  private var caveats: [String] {
    tasks.compactMap { task in task.caveat.map { "\(task.title): \($0)" } }
  }
}
