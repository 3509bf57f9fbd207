import OrderedCollections

/// Fine-tuning, interpolation and the rows of the comparison.
extension Planner {
  /// Adds the cells of one model: every row × fine-tuning task × seed.
  mutating func addCells(_ model: String, _ pretrained: EncoderNode) throws {
    for row in spec.methods.flatMap(\.rows) {
      switch row.making {
      case .logMel: continue
      case .preTrained:
        for seed in spec.seeds { try addCell(model, row.point, nil, seed, pretrained, pretrained) }
      case .fineTuned, .interpolated, .early, .command:
        for task in spec.fineTune?.tasks ?? [] {
          for seed in spec.seeds {
            let encoder = try encoder(row.making, pretrained, FineTuning(task: task, seed: seed))
            try addCell(model, row.point, task, seed, encoder, pretrained)
          }
        }
      }
    }
  }

  /// One fine-tuning of a model.
  private struct FineTuning {
    var task: String
    var seed: UInt64
  }

  private mutating func encoder(
    _ making: MethodRow.Making, _ pretrained: EncoderNode, _ fineTuning: FineTuning
  ) throws -> EncoderNode {
    switch making {
    case .logMel, .preTrained: pretrained
    case .fineTuned(let way): try fineTuned(pretrained, fineTuning, way)
    case .interpolated(let alpha, let endpoint, let excluded):
      try interpolated(
        pretrained, fineTuning, InterpolateParameters(alpha: alpha, excluded: excluded),
        from: endpoint)
    case .early(let share): try early(pretrained, fineTuning, share: share)
    case .command(let trainer, let alpha):
      try commanded(
        trainer, alpha: alpha, pretrained, task: fineTuning.task, seed: fineTuning.seed)
    }
  }

  private mutating func fineTuned(
    _ pretrained: EncoderNode, _ fineTuning: FineTuning, _ way: FineTuningWay
  ) throws -> EncoderNode {
    let task = try task(fineTuning.task)
    guard let definition = task.fineTune,
      var recipe = definitions.recipe(of: fineTuning.task, in: spec)
    else {
      throw SpecError([
        SpecProblem(
          SpecMessage.notFineTunable(task.name), at: spec.places[.fineTuneTask(task.name)])
      ])
    }
    let isStable = way.freezesDownsampling
    if !isStable { recipe.headOnly = 0 }
    // Only Stable-FT's way is looked at before its end.
    recipe.checkpoints = way == .stable() ? recipe.checkpoints.sorted() : []
    let parameters = FineTuneParameters(
      phase: .joint, target: task.target,
      selection: Selection(splits: [.train], minutes: definition.minutes), head: definition.head,
      recipe: recipe, freezeDownsampling: isStable, penalty: way.penalty,
      adapters: way.adapters)
    var inputs: OrderedDictionary<String, StageInput> = [
      "encoder": pretrained.input, "corpus": try corpus(task.corpus),
    ]
    if isStable { inputs["downsampled"] = try downsampled(pretrained, task) }
    if recipe.headOnlySteps > 0 {
      inputs["start"] = try headOnly(parameters, inputs, fineTuning)
    }
    let second = isStable ? PlanMeasures.fineTuning : PlanMeasures.regularFineTuning
    let key = try plan.add(
      Stage(
        .fineTune, parameters: parameters, seed: fineTuning.seed, inputs: inputs,
        label: "fine-tune \(task.name) · \(way.words) · seed \(fineTuning.seed)",
        resources: Resources(
          cores: recipe.threads,
          diskBytes: (1 + recipe.checkpoints.count) * PlanMeasures.modelBytes,
          cost: Double(recipe.steps - recipe.headOnlySteps) * recipe.secondsPerStep * second)))
    var encoder = pretrained
    encoder.input = .stage(key, entry: "model")
    encoder.sharesDownsampling = isStable
    encoder.label = "\(task.name) · \(way.words) · seed \(fineTuning.seed)"
    return encoder
  }

  /// The first β of the steps, which every method that starts with them shares: what comes later
  /// (checkpoints, the penalty) is no part of it.
  private mutating func headOnly(
    _ joint: FineTuneParameters, _ inputs: OrderedDictionary<String, StageInput>,
    _ fineTuning: FineTuning
  ) throws -> StageInput {
    var parameters = joint
    parameters.phase = .headOnly
    parameters.penalty = nil
    parameters.adapters = nil
    parameters.recipe.checkpoints = []
    let recipe = parameters.recipe
    return .stage(
      try plan.add(
        Stage(
          .fineTune, parameters: parameters, seed: fineTuning.seed, inputs: inputs,
          label: "fine-tune \(fineTuning.task) · head only · seed \(fineTuning.seed)",
          resources: Resources(
            cores: recipe.threads,
            cost: Double(recipe.headOnlySteps) * recipe.secondsPerStep * PlanMeasures.encoding))))
  }

  /// θ̂ at α; α = 0 is θ₀ and α = 1 is θ′: the same nodes, not copies.
  private mutating func interpolated(
    _ pretrained: EncoderNode, _ fineTuning: FineTuning, _ parameters: InterpolateParameters,
    from endpoint: MethodSpec.Endpoint
  ) throws -> EncoderNode {
    let alpha = parameters.alpha
    if alpha == 0 { return pretrained }
    let finetuned = try fineTuned(
      pretrained, fineTuning, endpoint == .stableFT ? .stable() : .regular)
    if alpha == 1, parameters.excluded.isEmpty { return finetuned }
    var encoder = pretrained
    // Interpolating moves a downsampling module that learnt.
    encoder.sharesDownsampling = finetuned.sharesDownsampling
    let way = endpoint == .stableFT ? "" : " from \(endpoint.rawValue)"
    encoder.label =
      "\(fineTuning.task) · α \(Canonical(number: alpha).text)\(way) · seed \(fineTuning.seed)"
    encoder.input = .stage(
      try plan.add(
        Stage(
          .interpolate, parameters: parameters,
          inputs: ["pre-trained": pretrained.input, "fine-tuned": finetuned.input],
          label: "interpolate " + encoder.label, resources: Resources(diskBytes: 0, cost: 0))))
    return encoder
  }

  /// A point of Stable-FT's way, which its recipe keeps.
  private mutating func early(
    _ pretrained: EncoderNode, _ fineTuning: FineTuning, share: Double
  ) throws -> EncoderNode {
    var encoder = try fineTuned(pretrained, fineTuning, .stable())
    let step = definitions.recipe(of: fineTuning.task, in: spec)?.checkpointStep(share) ?? 0
    encoder.input =
      encoder.input.stageKey.map { .stage($0, entry: "checkpoints/\(step)") }
      ?? encoder.input
    encoder.label = "\(fineTuning.task) · step \(step) · seed \(fineTuning.seed)"
    return encoder
  }
}
