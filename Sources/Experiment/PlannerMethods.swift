import OrderedCollections

/// Fine-tuning, interpolation and the rows of the comparison.
extension Planner {
  /// Adds the cells of one model: every row × fine-tuning × seed.
  mutating func addCells(_ model: String, _ pretrained: EncoderNode) throws {
    for row in spec.methods.flatMap(\.rows) {
      switch row.making {
      case .logMel: continue
      case .preTrained:
        for seed in spec.seeds { try addCell(model, row.point, nil, seed, pretrained, pretrained) }
      case .fineTuned, .interpolated, .early, .stoppedEarly, .merged, .sequential, .command:
        for group in spec.fineTune?.groups ?? []
        where row.making.fits(group) {
          for seed in spec.seeds {
            let fineTuning = FineTuning(
              model: model, group: group, seed: seed, pretrained: pretrained, start: pretrained)
            let encoder = try encoder(row.making, fineTuning)
            try addCell(model, row.point, group.name, seed, encoder, pretrained)
          }
        }
      }
    }
  }

  private mutating func encoder(
    _ making: MethodRow.Making, _ fineTuning: FineTuning
  ) throws -> EncoderNode {
    switch making {
    case .logMel, .preTrained: fineTuning.pretrained
    case .fineTuned(let way): try fineTuned(fineTuning, way)
    case .interpolated(let alpha, let way, let excluded):
      try interpolated(
        fineTuning, InterpolateParameters(alpha: alpha, excluded: excluded), from: way)
    case .early(let share): try early(fineTuning, share: share)
    case .stoppedEarly(let patience):
      try point(fineTuning, "patience-\(patience)", words: "patience \(patience)")
    case .merged(let rule, let alpha): try merged(fineTuning, rule, alpha)
    case .sequential(let alpha): try sequential(fineTuning, alpha)
    case .command(let trainer, let alpha):
      try commanded(trainer, alpha: alpha, fineTuning)
    }
  }

  // MARK: From one fine-tuning

  /// θ̂ at α; α = 0 is θ₀ and α = 1 is θ′: the same nodes, not copies.
  private mutating func interpolated(
    _ fineTuning: FineTuning, _ parameters: InterpolateParameters, from way: FineTuningWay
  ) throws -> EncoderNode {
    let alpha = parameters.alpha
    if alpha == 0 { return fineTuning.start }
    let finetuned = try fineTuned(fineTuning, way)
    if alpha == 1, parameters.excluded.isEmpty { return finetuned }
    return try interpolation(
      parameters, fineTuning, finetuned: [("fine-tuned", finetuned)],
      words: way == .stable() ? "" : " from \(way.words)")
  }

  private mutating func interpolation(
    _ parameters: InterpolateParameters, _ fineTuning: FineTuning,
    finetuned: [(role: String, node: EncoderNode)], words: String
  ) throws -> EncoderNode {
    var encoder = fineTuning.start
    // Interpolating moves a downsampling module that learnt.
    encoder.sharesDownsampling =
      encoder.sharesDownsampling && finetuned.allSatisfy(\.node.sharesDownsampling)
    encoder.label =
      "\(fineTuning.group.name) · α \(Canonical(number: parameters.alpha).text)\(words) · "
      + "seed \(fineTuning.seed)"
    var inputs: OrderedDictionary<String, StageInput> = ["pre-trained": fineTuning.start.input]
    for (role, node) in finetuned { inputs[role] = node.input }
    encoder.input = .stage(
      try plan.add(
        Stage(
          .interpolate, parameters: parameters, inputs: inputs,
          label: "interpolate " + encoder.label, resources: Resources(diskBytes: 0, cost: 0))))
    return encoder
  }

  private mutating func early(_ fineTuning: FineTuning, share: Double) throws -> EncoderNode {
    let recipe = definitions.recipe(of: fineTuning.group, in: spec)
    let step = recipe?.checkpointStep(share) ?? 0
    return try point(fineTuning, String(step), words: "step \(step)")
  }

  /// A point of Stable-FT's way, which its recipe keeps in this folder of `checkpoints`.
  private mutating func point(
    _ fineTuning: FineTuning, _ folder: String, words: String
  ) throws -> EncoderNode {
    var encoder = try fineTuned(fineTuning, .stable())
    encoder.input =
      encoder.input.stageKey.map { .stage($0, entry: "checkpoints/\(folder)") } ?? encoder.input
    encoder.label = "\(fineTuning.group.name) · \(words) · seed \(fineTuning.seed)"
    return encoder
  }

  // MARK: From several

  /// θ₀ + α · the rule's direction of the tasks' Stable-FT vectors.
  private mutating func merged(
    _ fineTuning: FineTuning, _ rule: MergeRule, _ alpha: Double
  ) throws -> EncoderNode {
    if alpha == 0 { return fineTuning.start }
    var finetuned: [(role: String, node: EncoderNode)] = []
    for (number, task) in fineTuning.group.tasks.enumerated() {
      var single = fineTuning
      single.group = TaskGroup([task])
      finetuned.append(("fine-tuned.\(number + 1)", try fineTuned(single, .stable())))
    }
    let density = rule.density.map { " density \(SpecNumber.percent($0))" } ?? ""
    return try interpolation(
      InterpolateParameters(alpha: alpha, rule: rule), fineTuning, finetuned: finetuned,
      words: " \(rule.name.rawValue)\(density)")
  }

  /// Speech-FT on one task after the other; each round starts from what the one before interpolated.
  private mutating func sequential(
    _ fineTuning: FineTuning, _ alpha: Double
  ) throws -> EncoderNode {
    var round = fineTuning
    for (number, task) in fineTuning.group.tasks.enumerated() {
      round.group = TaskGroup([task])
      round.words = number == 0 ? "" : " after " + fineTuning.group.tasks[number - 1]
      round.start = try interpolated(
        round, InterpolateParameters(alpha: alpha), from: .stable())
      round.start.label += round.words
    }
    return round.start
  }
}
