import OrderedCollections

/// Fine-tuning, interpolation and the rows of the comparison.
extension Planner {
  /// Adds the cells of one model: every method × fine-tuning task × seed.
  mutating func addCells(_ model: String, _ pretrained: EncoderNode) throws {
    for method in spec.methods {
      switch method {
      case .logMel: continue
      case .preTrained:
        for seed in spec.seeds {
          try addCell(
            model, MethodPoint(name: "pre-trained", title: "Pre-trained", alpha: 0), nil, seed,
            pretrained, pretrained)
        }
      default:
        for task in spec.fineTune?.tasks ?? [] {
          for (point, encoder) in points(of: method) {
            for seed in spec.seeds {
              try addCell(
                model, point, task, seed, encoder(&self, pretrained, task, seed), pretrained)
            }
          }
        }
      }
    }
  }

  private typealias EncoderMaker = (inout Planner, EncoderNode, String, UInt64) throws ->
    EncoderNode

  /// The rows of a method, and how the encoder of each is made.
  private func points(of method: MethodSpec) -> [(MethodPoint, EncoderMaker)] {
    switch method {
    case .logMel, .preTrained: []
    case .regularFT:
      [
        (
          MethodPoint(name: "regular-ft", title: "Regular fine-tuning"),
          { try $0.fineTuned($1, task: $2, seed: $3, isStable: false, strength: nil) }
        )
      ]
    case .stableFT:
      [
        (
          MethodPoint(name: "stable-ft", title: "Stable-FT", alpha: 1),
          { try $0.fineTuned($1, task: $2, seed: $3, isStable: true, strength: nil) }
        )
      ]
    case .speechFT(let alphas):
      alphas.map { alpha in
        (
          MethodPoint(
            name: "speech-ft", title: "Speech-FT α \(Canonical(number: alpha).text)", alpha: alpha),
          { try $0.interpolated($1, task: $2, seed: $3, alpha: alpha) }
        )
      }
    case .l2SP(let strengths):
      strengths.map { strength in
        (
          MethodPoint(name: "l2-sp", title: "L2-SP λ \(Canonical(number: strength).text)"),
          {
            try $0.fineTuned(
              $1, task: $2, seed: $3, isStable: true, strength: strength == 0 ? nil : strength)
          }
        )
      }
    case .earlyCheckpoint(let shares):
      shares.map { share in
        (
          MethodPoint(
            name: "early-checkpoint",
            title: "Early checkpoint \(Canonical(number: (share * 1000).rounded() / 10).text) %"),
          { try $0.early($1, task: $2, seed: $3, share: share) }
        )
      }
    }
  }

  private func recipe(_ task: TaskDefinition) throws -> TaskDefinition.FineTuneDefinition {
    guard var definition = task.fineTune else {
      throw SpecError([
        SpecProblem(
          file: input.file, line: 1, column: 1,
          message: "task '\(task.name)' cannot be fine-tuned on: its file has no 'fine-tune'")
      ])
    }
    if let overrides = spec.fineTune?.recipe {
      definition.recipe = overrides.applied(to: definition.recipe)
    }
    return definition
  }

  /// Stable fine-tuning (head first, downsampling frozen, with or without L2-SP), or the regular one.
  private mutating func fineTuned(
    _ pretrained: EncoderNode, task name: String, seed: UInt64, isStable: Bool, strength: Double?
  ) throws -> EncoderNode {
    let task = try task(name)
    var definition = try recipe(task)
    if !isStable { definition.recipe.headOnly = 0 }
    if !isStable || strength != nil { definition.recipe.checkpoints = [] }
    let selection = Selection(splits: [.train], minutes: definition.minutes)
    var inputs: OrderedDictionary<String, StageInput> = [
      "encoder": pretrained.input, "corpus": .stage(try corpus(task.corpus)),
    ]
    var parameters = FineTuneParameters(
      phase: .headOnly, target: task.target, selection: selection, head: definition.head,
      recipe: definition.recipe, freezeDownsampling: isStable, l2spStrength: nil)
    let cost = Double(definition.recipe.steps) * definition.recipe.batchSeconds
    if isStable {
      inputs["downsampled"] = .stage(try downsampled(pretrained, task.corpus, selection))
    }
    if definition.recipe.headOnlySteps > 0 {
      // What comes after the head-only phase does not enter its key, so all methods share it.
      var shared = parameters
      shared.recipe.checkpoints = []
      inputs["start"] = .stage(
        try plan.add(
          Stage(
            .fineTune, parameters: shared, seed: seed, inputs: inputs,
            label: "fine-tune \(name) · head only · seed \(seed)",
            resources: Resources(
              cores: definition.recipe.threads, cost: cost * definition.recipe.headOnly / 150))))
    }
    parameters.phase = .joint
    parameters.l2spStrength = strength
    let method =
      !isStable
      ? "regular-ft" : strength.map { "l2-sp λ \(Canonical(number: $0).text)" } ?? "stable-ft"
    let key = try plan.add(
      Stage(
        .fineTune, parameters: parameters, seed: seed, inputs: inputs,
        label: "fine-tune \(name) · \(method) · seed \(seed)",
        resources: Resources(
          cores: definition.recipe.threads, diskBytes: 16 << 20, cost: cost / (isStable ? 60 : 30)))
    )
    return EncoderNode(
      input: .stage(key, entry: "model"), layers: pretrained.layers, width: pretrained.width,
      sharesDownsampling: isStable, label: "\(name) · \(method) · seed \(seed)")
  }

  /// θ̂ at α; α = 0 is θ₀ and α = 1 is Stable-FT: the same nodes, not copies.
  private mutating func interpolated(
    _ pretrained: EncoderNode, task: String, seed: UInt64, alpha: Double
  ) throws -> EncoderNode {
    if alpha == 0 { return pretrained }
    let stable = try fineTuned(
      pretrained, task: task, seed: seed, isStable: true, strength: nil)
    if alpha == 1 { return stable }
    let label = "\(task) · α \(Canonical(number: alpha).text) · seed \(seed)"
    let key = try plan.add(
      Stage(
        .interpolate, parameters: InterpolateParameters(alpha: alpha),
        inputs: ["pre-trained": pretrained.input, "fine-tuned": stable.input],
        label: "interpolate " + label, resources: Resources(diskBytes: 0, cost: 0)))
    return EncoderNode(
      input: .stage(key), layers: pretrained.layers, width: pretrained.width,
      sharesDownsampling: true, label: label)
  }

  /// A point of the Stable-FT trajectory, which must be among the recipe's checkpoints.
  private mutating func early(
    _ pretrained: EncoderNode, task name: String, seed: UInt64, share: Double
  ) throws -> EncoderNode {
    let recipe = try recipe(task(name)).recipe
    let step = recipe.checkpointStep(share)
    guard recipe.checkpoints.contains(where: { recipe.checkpointStep($0) == step }),
      step > recipe.headOnlySteps
    else {
      let text = Canonical(number: (share * 1000).rounded() / 10).text
      throw SpecError([
        SpecProblem(
          file: input.file, line: 1, column: 1,
          message: "early-checkpoint at \(text)% of '\(name)' is not kept; add \(text)% to "
            + "'checkpoints' of its recipe (after the head-only phase of "
            + "\(recipe.headOnlySteps) steps)")
      ])
    }
    var stable = try fineTuned(
      pretrained, task: name, seed: seed, isStable: true, strength: nil)
    if case .stage(let key, _) = stable.input {
      stable.input = .stage(key, entry: "checkpoints/\(step)")
    }
    stable.label = "\(name) · step \(step) · seed \(seed)"
    return stable
  }
}
