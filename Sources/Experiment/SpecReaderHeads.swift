extension HeadParameters {
  private static let keys = [
    "projection", "recurrent-width", "recurrent-layers", "recurrent-tanh", "pooled-width",
    "dropout",
  ]

  /// The head of fine-tuning, and of evaluation where `target` is none of its own kind.
  static func read(_ node: SpecNode) -> HeadParameters? { read(node, for: nil) }

  /// - Parameters:
  ///   - node: The mapping.
  ///   - target: What is evaluated; `nil` where the head is for fine-tuning.
  /// - Returns: `nil` after a problem was told.
  static func read(_ node: SpecNode, for target: Target?) -> HeadParameters? {
    let known = target.map { $0.headKeys } ?? Target.fineTunedHeadKeys
    let fields = node.fields("the head", keys.filter { known.contains($0) })
    func size(_ key: String, _ largest: Int) -> Int? {
      fields.optional(key) { $0.integer(1...largest) }
    }
    let (width, layers) = (size("recurrent-width", 8192), size("recurrent-layers", 16))
    if (width == nil) != (layers == nil) {
      node.fail("'recurrent-width' and 'recurrent-layers' go together")
    }
    let hasTanhMaps = fields.optional("recurrent-tanh") { $0.bool() } ?? false
    if hasTanhMaps, width == nil { node.fail("'recurrent-tanh' needs 'recurrent-width'") }
    if target == .turns, width == nil {
      node.fail(SpecMessage.missing("recurrent-width", "the head of turns"))
    }
    var pooledWidth: Int?
    if case .trials? = target {
      pooledWidth = fields.required("pooled-width") { $0.integer(1...65_536) }
    }
    let projection =
      known.contains("projection")
      ? fields.required("projection") { $0.integer(1...65_536) } : nil
    let dropout =
      known.contains("dropout") ? fields.required("dropout") { $0.share(0...0.99) } : 0
    guard let dropout, projection != nil || !known.contains("projection") else { return nil }
    return HeadParameters(
      projection: projection, recurrentWidth: width, recurrentLayers: layers, dropout: dropout,
      hasTanhMaps: hasTanhMaps, pooledWidth: pooledWidth)
  }
}

extension Target {
  static let fineTunedHeadKeys = [
    "projection", "recurrent-width", "recurrent-layers", "dropout",
  ]

  /// What the head of its evaluation may or must have.
  fileprivate var headKeys: [String] {
    switch self {
    case .trials: ["projection", "pooled-width"]
    case .turns: ["recurrent-width", "recurrent-layers"]
    case .phones, .characters, .slots: Self.fineTunedHeadKeys + ["recurrent-tanh"]
    case .label, .labels, .alignedPhones, .queries, .codewords: ["projection", "dropout"]
    }
  }
}

extension HeadRecipe {
  /// Of queries, which no head looks for.
  static func withoutHead(_ node: SpecNode) -> HeadRecipe? {
    let fields = node.fields("the evaluation recipe of queries", ["threads"])
    return fields.required("threads") { $0.integer(1...1024) }.map { .none(threads: $0) }
  }

  static func read(_ node: SpecNode) -> HeadRecipe? {
    let fields = node.fields(
      "the evaluation recipe",
      [
        "steps", "batch", "learning-rate", "clip", "threads", "dev-every", "augment", "balanced",
        "shuffled", "standardise", "decay", "crop-seconds",
      ])
    let steps = fields.required("steps") { $0.integer(.positive) }
    let batch = fields.required("batch") { $0.integer(1...65_536) }
    let rates = fields.required("learning-rate") { $0.values { $0.number(.positive) }.sorted() }
    let clip = fields.required("clip") { $0.number(.positive) }
    let threads = fields.required("threads") { $0.integer(1...1024) }
    let devEvery = fields.optional("dev-every") { $0.integer(.positive) }
    let augment = fields.optional("augment", AugmentParameters.read)
    let isBalanced = fields.optional("balanced") { $0.bool() } ?? false
    let isShuffled = fields.optional("shuffled") { $0.bool() }
    if isBalanced, isShuffled == true {
      node.fail("'balanced' draws every utterance alone; leave out 'shuffled'")
    }
    let crop = fields.optional("crop-seconds") { $0.number(0.1...10_000, of: "seconds") }
    let decay = fields.optional("decay") { $0.number(.positive) }
    let standardises = fields.optional("standardise") { $0.bool() } ?? true
    guard let steps, let batch, let rates, let rate = rates.first, let clip, let threads else {
      return nil
    }
    return HeadRecipe(
      steps: steps, batch: batch, learningRate: rate, otherRates: Array(rates.dropFirst()),
      clip: clip, threads: threads, devEvery: devEvery, augment: augment, isBalanced: isBalanced,
      isShuffled: isShuffled, isRaw: !standardises, decay: decay, cropSeconds: crop)
  }
}
