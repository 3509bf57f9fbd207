extension RecipeOverrides {
  static let keys = [
    "steps", "batch-seconds", "learning-rate", "head-only", "warm-up", "hold", "clip", "dropout",
    "checkpoints", "threads",
  ]
  /// What a whole recipe may leave out: float32, a step for every batch, and the last step's weights.
  static let optionalKeys = ["precision", "accumulate", "dev-every", "keep", "patience"]

  static func read(_ node: SpecNode) -> RecipeOverrides? {
    if case .scalar = node.node { return NamedRecipe.read(node)?.fields }
    let fields = node.fields("'recipe'", ["named"] + keys + optionalKeys)
    var recipe = RecipeOverrides()
    recipe.steps = fields.optional("steps") { $0.integer(.positive) }
    recipe.batchSeconds = fields.optional("batch-seconds") {
      $0.number(0.1...10_000, of: "seconds")
    }
    recipe.learningRate = fields.optional("learning-rate") { $0.number(.positive) }
    recipe.headOnly = fields.optional("head-only") { $0.share() }
    recipe.warmUp = fields.optional("warm-up") { $0.share() }
    recipe.hold = fields.optional("hold") { $0.share() }
    recipe.clip = fields.optional("clip") { $0.number(.positive) }
    recipe.dropout = fields.optional("dropout") { $0.share(0...0.99) }
    recipe.checkpoints = fields.optional("checkpoints") { list in
      if case .sequence(let sequence) = list.node, sequence.isEmpty { return [] }
      return list.values { $0.share(0.001...1) }
    }
    recipe.threads = fields.optional("threads") { $0.integer(1...1024) }
    recipe.precision = fields.optional("precision") {
      $0.word("precision", among: Precision.allCases.map(\.rawValue)).flatMap(Precision.init)
    }
    recipe.accumulate = fields.optional("accumulate") { $0.integer(1...100_000) }
    recipe.devEvery = fields.optional("dev-every") { $0.integer(.positive) }
    recipe.keep = fields.optional("keep") {
      $0.word("step to keep", among: KeptStep.allCases.map(\.rawValue)).flatMap(KeptStep.init)
    }
    recipe.patience = fields.optional("patience") { list in
      list.values { $0.integer(1...1_000_000) }
    }
    if let named = fields.optional("named", NamedRecipe.read) {
      recipe = recipe.besides(named.fields)
    }
    if let warmUp = recipe.warmUp, let hold = recipe.hold, warmUp + hold > 1 {
      node.fail(SpecMessage.schedule)
    }
    return recipe
  }
}

extension FineTuneRecipe {
  /// A whole recipe: every field must be there.
  static func read(_ node: SpecNode) -> FineTuneRecipe? {
    if case .sequence = node.node {
      node.fail(SpecMessage.type(node.name, "a mapping", "a list"))
      return nil
    }
    for key in RecipeOverrides.keys where !NamedRecipe.isTold(key, by: node) {
      node.fail(SpecMessage.missing(key, "the fine-tuning recipe"))
    }
    guard let read = RecipeOverrides.read(node), let steps = read.steps,
      let batchSeconds = read.batchSeconds, let learningRate = read.learningRate,
      let headOnly = read.headOnly, let warmUp = read.warmUp, let hold = read.hold,
      let clip = read.clip, let dropout = read.dropout, let checkpoints = read.checkpoints,
      let threads = read.threads
    else { return nil }
    return FineTuneRecipe(
      steps: steps, batchSeconds: batchSeconds, learningRate: learningRate, headOnly: headOnly,
      warmUp: warmUp, hold: hold, clip: clip, dropout: dropout, checkpoints: checkpoints,
      threads: threads, precision: read.precision, accumulate: read.accumulate,
      devEvery: read.devEvery, keep: read.keep, patience: read.patience)
  }
}

extension AugmentParameters {
  static func read(_ node: SpecNode) -> AugmentParameters? {
    let fields = node.fields(
      "'augment'", ["time-warp", "time-masks", "time-width", "feature-masks", "feature-width"])
    let values = ["time-warp", "time-masks", "time-width", "feature-masks", "feature-width"].map {
      fields.required($0) { $0.integer(0...10_000) }
    }.compactMap { $0 }
    guard values.count == 5 else { return nil }
    return AugmentParameters(
      timeWarp: values[0], timeMasks: values[1], timeWidth: values[2], featureMasks: values[3],
      featureWidth: values[4])
  }
}

extension MaskParameters {
  static func read(_ node: SpecNode) -> MaskParameters? {
    let fields = node.fields("'mask'", ["probability", "length"])
    let probability = fields.required("probability") { $0.share() }
    let length = fields.required("length") { $0.integer(1...1000) }
    guard let probability, let length else { return nil }
    return MaskParameters(probability: probability, length: length)
  }
}
