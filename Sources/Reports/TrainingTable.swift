import Experiment
import OrderedCollections

/// How each row's encoders were trained: recipe, learning rate, steps done and the step that was kept.
struct TrainingTable {
  let results: Results

  /// `nil` where nothing was fine-tuned.
  func table() -> ReportTable? {
    let groups = results.groups.compactMap { group -> ReportTable.Group? in
      let rows = group.rows.filter { !$0.trainings.isEmpty }.map(line)
      return rows.isEmpty
        ? nil : ReportTable.Group(title: group.title, fileTitle: group.key.task, rows: rows)
    }
    if groups.isEmpty { return nil }
    return ReportTable(
      name: "training",
      caption: "How the encoders were trained: several numbers are of several trainings.",
      groupColumn: "fine-tuned on",
      columns: ["Method", "Steps", "Head only", "Kept step", "Learning rate", "s a step", "Seeds"]
        .map { ReportTable.Column(title: $0, fileTitle: $0.lowercased(), kind: .text) },
      groups: groups,
      notes: [
        "Kept step: whose weights are read, seed by seed where seeds differ; the head-only steps are "
          + "part of the steps; s: seconds of speech."
      ])
  }

  private func line(_ row: ResultRow) -> [ReportTable.Cell] {
    let trainings = row.seeds.compactMap { row.trainings[$0] }
    let origin = origin(row)
    func text(_ value: (TrainedPart) -> String) -> ReportTable.Cell {
      let words = trainings.map { $0.map(value).joined(separator: " + ") }
      return ReportTable.Cell(.text(OrderedSet(words).joined(separator: ", ")), origin: origin)
    }
    return [
      ReportTable.Cell(.text(results.title(row))),
      text { String($0.part.recipe.steps) },
      text { String($0.part.recipe.headOnlySteps) },
      text { $0.kept.map(String.init) ?? "–" },
      text { NumberText.plain($0.part.recipe.learningRate) },
      text { NumberText.plain($0.part.recipe.secondsPerStep) },
      ReportTable.Cell(
        .text(row.seeds.map(String.init).joined(separator: ", ")), origin: origin),
    ]
  }

  /// The trainings that a row's encoders come from, seed by seed.
  private func origin(_ row: ResultRow) -> NumberOrigin {
    let parts = row.seeds.flatMap { seed in
      (row.trainings[seed] ?? []).map { training in
        NumberOrigin.Part(
          text: "seed \(seed): \(training.part.recipe.steps) steps, kept step "
            + "\(training.kept.map(String.init) ?? "unknown"), stage \(training.part.stage.short)",
          key: training.part.stage, curve: [])
      }
    }
    return NumberOrigin(title: "\(results.origin(row)) · training", parts: parts)
  }
}

/// One training of a cell, with what it tells of itself.
struct TrainedPart {
  var part: CellTraining.Part
  var record: TrainingRecord?

  /// The step whose weights are read; `nil` where the training does not tell.
  var kept: Int? {
    switch part.point {
    case .step(let step): step
    case .patience(let patience): record?.stops?[String(patience)]
    case nil: record?.step ?? (part.recipe.keep == nil ? part.recipe.steps : nil)
    }
  }
}
