extension RecipeOverrides {
  static let keys = [
    "steps", "batch-seconds", "learning-rate", "head-only", "warm-up", "hold", "clip", "dropout",
    "checkpoints", "threads",
  ]

  static func read(_ node: SpecNode) -> RecipeOverrides? {
    let fields = node.fields("'recipe'", keys)
    var recipe = RecipeOverrides()
    recipe.steps = fields.optional("steps") { $0.integer(.positive) }
    recipe.batchSeconds = fields.optional("batch-seconds") { $0.number(0.1...10_000) }
    recipe.learningRate = fields.optional("learning-rate") { $0.number(.notNegative) }
    recipe.headOnly = fields.optional("head-only") { $0.share() }
    recipe.warmUp = fields.optional("warm-up") { $0.share() }
    recipe.hold = fields.optional("hold") { $0.share() }
    recipe.clip = fields.optional("clip") { $0.number(.notNegative) }
    recipe.dropout = fields.optional("dropout") { $0.share(0...0.99) }
    recipe.checkpoints = fields.optional("checkpoints") { list in
      list.list().compactMap { $0.share(0.001...1) }
    }
    recipe.threads = fields.optional("threads") { $0.integer(1...1024) }
    if let warmUp = recipe.warmUp, let hold = recipe.hold, warmUp + hold > 1 {
      node.fail(
        "'warm-up' and 'hold' are shares of the same steps and must not exceed 100% together")
    }
    return recipe
  }
}

extension FineTuneRecipe {
  /// A whole recipe: every field must be there.
  static func read(_ node: SpecNode) -> FineTuneRecipe? {
    let fields = node.fields("a fine-tuning recipe", RecipeOverrides.keys)
    for key in RecipeOverrides.keys where !fields.has(key) {
      node.fail(SpecMessage.missing(key, "a fine-tuning recipe"))
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
      threads: threads)
  }
}

extension HeadParameters {
  static func read(_ node: SpecNode) -> HeadParameters? {
    let fields = node.fields(
      "a head", ["projection", "recurrent-width", "recurrent-layers", "dropout"])
    let width = fields.optional("recurrent-width") { $0.integer(1...8192) }
    let layers = fields.optional("recurrent-layers") { $0.integer(1...16) }
    if (width == nil) != (layers == nil) {
      node.fail("'recurrent-width' and 'recurrent-layers' go together")
    }
    guard let projection = fields.required("projection", { $0.integer(1...65_536) }),
      let dropout = fields.required("dropout", { $0.share(0...0.99) })
    else { return nil }
    return HeadParameters(
      projection: projection, recurrentWidth: width, recurrentLayers: layers, dropout: dropout)
  }
}

extension HeadRecipe {
  static func read(_ node: SpecNode) -> HeadRecipe? {
    let fields = node.fields(
      "an evaluation recipe", ["steps", "batch", "learning-rate", "clip", "threads"])
    let steps = fields.required("steps") { $0.integer(.positive) }
    let batch = fields.required("batch") { $0.integer(1...65_536) }
    let rate = fields.required("learning-rate") { $0.number(.notNegative) }
    let clip = fields.required("clip") { $0.number(.notNegative) }
    let threads = fields.required("threads") { $0.integer(1...1024) }
    guard let steps, let batch, let rate, let clip, let threads else { return nil }
    return HeadRecipe(
      steps: steps, batch: batch, learningRate: rate, clip: clip, threads: threads)
  }
}

extension PretrainSpec {
  static func read(_ node: SpecNode) -> PretrainSpec? {
    let fields = node.fields("'pretrain'", ["corpora", "architecture", "rounds"])
    let corpora = fields.required("corpora") { $0.list().compactMap { $0.string() } }
    guard let architecture = fields.required("architecture", EncoderArchitecture.read),
      let rounds = fields.required(
        "rounds",
        { list in
          list.list().enumerated().compactMap { index, round in
            PretrainParameters.read(round, architecture, isFirst: index == 0)
          }
        }), let corpora
    else { return nil }
    return PretrainSpec(corpora: corpora, rounds: rounds)
  }
}

extension EncoderArchitecture {
  static func read(_ node: SpecNode) -> EncoderArchitecture? {
    let keys = [
      "convolution-channels", "width", "layers", "attention-heads", "feed-forward-width",
      "position-kernel", "position-groups",
    ]
    let fields = node.fields("'architecture'", keys + ["dropout"])
    let sizes = keys.map { key in fields.required(key) { $0.integer(1...65_536) } }
    let dropout = fields.required("dropout") { $0.share(0...0.99) }
    guard let channels = sizes[0], let width = sizes[1], let layers = sizes[2],
      let heads = sizes[3],
      let feedForward = sizes[4], let kernel = sizes[5], let groups = sizes[6], let dropout
    else { return nil }
    guard width % heads == 0, width % groups == 0 else {
      node.fail("'width' \(width) must be a multiple of 'attention-heads' and of 'position-groups'")
      return nil
    }
    return EncoderArchitecture(
      convolutionChannels: channels, width: width, layers: layers, attentionHeads: heads,
      feedForwardWidth: feedForward, positionKernel: kernel, positionGroups: groups,
      dropout: dropout)
  }
}

extension PretrainParameters {
  fileprivate static let keys = [
    "units", "front-end-steps", "steps", "batch-seconds", "crop-seconds", "learning-rate",
    "weight-decay", "warm-up", "hold", "mask", "unmasked-weight", "clip", "start", "threads",
  ]

  static func read(
    _ node: SpecNode, _ architecture: EncoderArchitecture, isFirst: Bool
  ) -> PretrainParameters? {
    let fields = node.fields("a round of pre-training", keys)
    let units = fields.required("units") { Units.read($0, isFirst: isFirst) }
    let frontEnd = fields.required("front-end-steps") { $0.integer(0...(.max)) }
    let steps = fields.required("steps") { $0.integer(.positive) }
    let batch = fields.required("batch-seconds") { $0.number(0.1...100_000) }
    let crop = fields.required("crop-seconds") { $0.number(0.3...1000) }
    let rate = fields.required("learning-rate") { $0.number(.notNegative) }
    let decay = fields.required("weight-decay") { $0.number(.notNegative) }
    let warmUp = fields.required("warm-up") { $0.share() }
    let hold = fields.required("hold") { $0.share() }
    let unmasked = fields.required("unmasked-weight") { $0.number(.notNegative) }
    let clip = fields.required("clip") { $0.number(.notNegative) }
    let threads = fields.required("threads") { $0.integer(1...1024) }
    let start = fields.required("start") { place -> String? in
      guard let word = place.string() else { return nil }
      guard ["random", "teacher"].contains(word), !(isFirst && word == "teacher") else {
        place.fail("'start' must be 'random', or 'teacher' in rounds after the first")
        return nil
      }
      return word
    }
    let mask = fields.required("mask") { place in
      let fields = place.fields("'mask'", ["probability", "length"])
      let probability = fields.required("probability") { $0.share() }
      let length = fields.required("length") { $0.integer(1...1000) }
      return probability.flatMap { p in length.map { (probability: p, length: $0) } }
    }
    guard let units, let frontEnd, let steps, let batch, let crop, let rate, let decay, let warmUp,
      let hold, let unmasked, let clip, let threads, let start, let mask
    else { return nil }
    return PretrainParameters(
      architecture: architecture, units: units, frontEndSteps: frontEnd, steps: steps,
      batchSeconds: batch, cropSeconds: crop, learningRate: rate, weightDecay: decay,
      warmUp: warmUp, hold: hold, maskProbability: mask.probability, maskLength: mask.length,
      unmaskedWeight: unmasked, clip: clip, start: start, threads: threads)
  }
}

extension PretrainParameters.Units {
  static func read(_ node: SpecNode, isFirst: Bool) -> PretrainParameters.Units? {
    let fields = node.fields("'units'", ["features", "layer", "clusters", "frames", "iterations"])
    let features = fields.required("features") { place -> String? in
      guard let word = place.string() else { return nil }
      guard ["mfcc", "hidden"].contains(word), !(isFirst && word == "hidden") else {
        place.fail("'features' must be 'mfcc', or 'hidden' in rounds after the first")
        return nil
      }
      return word
    }
    let layer = fields.optional("layer") { $0.integer(0...1000) }
    if let features, (features == "hidden") != (layer != nil) {
      node.fail("'layer' names the hidden state that is clustered: it goes with 'features: hidden'")
    }
    let clusters = fields.required("clusters") { $0.integer(2...100_000) }
    let frames = fields.required("frames") { $0.integer(.positive) }
    let iterations = fields.required("iterations") { $0.integer(.positive) }
    guard let features, let clusters, let frames, let iterations else { return nil }
    return Self(
      features: features, layer: layer, clusters: clusters, frames: frames, iterations: iterations)
  }
}
