/// How the encoder of a cell was trained: what the table of recipes says of it.
package struct CellTraining: Sendable, Hashable {
  package struct Part: Sendable, Hashable {
    package var stage: StageKey
    package var kind: StageKind
    package var recipe: FineTuneRecipe
    /// The point of the training's way that is read; `nil` for what it leaves at its end.
    package var point: Point?
  }
  package enum Point: Sendable, Hashable {
    case step(Int)
    /// Early stopping, whose step the training tells.
    case patience(Int)
  }
  /// In the order in which they were carried out; several where task vectors are merged or one training
  /// follows another.
  package private(set) var parts: [Part] = []

  /// Of the fine-tunings that the encoder of `cell` comes from; head-only phases are no parts of their
  /// own, and pre-training is the model's.
  package init(_ cell: Cell, in plan: Plan) throws {
    let key = cell.evaluations.values.first ?? cell.comparison
    let reader = key.flatMap { plan.stages[$0] }
    let features = reader?.inputs["features"]?.stageKey.flatMap { plan.stages[$0] }
    guard let encoder = features?.inputs["encoder"] ?? reader?.inputs["encoder"] else { return }
    try add(encoder, plan)
  }

  private mutating func add(_ input: StageInput, _ plan: Plan) throws {
    guard case .stage(let key, let entry) = input, let stage = plan.stages[key] else { return }
    if let start = stage.inputs["encoder"] ?? stage.inputs["pre-trained"] { try add(start, plan) }
    switch stage.kind {
    case .interpolate:
      for role in stage.inputs.keys where role.hasPrefix("fine-tuned") {
        try stage.inputs[role].map { try add($0, plan) }
      }
    case .fineTune:
      let parameters: FineTuneParameters = try stage.parameters.decoded()
      append(stage, parameters.recipe, entry)
    case .command:
      let parameters: CommandParameters = try stage.parameters.decoded()
      append(stage, parameters.recipe, entry)
    case .corpus, .pretrain, .downsample, .codewords, .features, .evaluate, .compare: return
    }
  }

  private mutating func append(_ stage: Stage, _ recipe: FineTuneRecipe, _ entry: String?) {
    let name = entry.flatMap { $0.hasPrefix("checkpoints/") ? $0.dropFirst(12) : nil }
    let point: Point? = name.flatMap { name in
      Int(name).map { .step($0) }
        ?? (name.hasPrefix("patience-") ? Int(name.dropFirst(9)).map { .patience($0) } : nil)
    }
    let part = Part(stage: stage.key, kind: stage.kind, recipe: recipe, point: point)
    if !parts.contains(part) { parts.append(part) }
  }
}
