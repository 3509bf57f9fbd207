extension PretrainSpec {
  static func read(_ node: SpecNode, model: String) -> PretrainSpec? {
    let fields = node.fields("'pretrain'", ["corpora", "teacher", "architecture", "rounds"])
    let corpora = fields.required("corpora") { list in
      list.values { place -> String? in
        guard let corpus = place.string() else { return nil }
        place.note(.pretrainingCorpus(model: model, corpus))
        return corpus
      }
    }
    let teacher = fields.optional("teacher") { place -> String? in
      place.note(.teacher(model: model))
      return place.string()
    }
    let architecture = fields.required("architecture", EncoderArchitecture.read)
    let rounds = fields.required("rounds") { list in
      list.list().enumerated().map { index, round in
        PretrainParameters.read(
          round, architecture, hasTeacher: index > 0 || fields.has("teacher"))
      }
    }
    guard let corpora, let rounds, architecture != nil, !rounds.contains(nil) else { return nil }
    return PretrainSpec(corpora: corpora, teacher: teacher, rounds: rounds.compactMap { $0 })
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
      let heads = sizes[3], let feedForward = sizes[4], let kernel = sizes[5],
      let groups = sizes[6], let dropout
    else { return nil }
    for (name, divisor) in [("attention-heads", heads), ("position-groups", groups)]
    where width % divisor != 0 {
      node.fail("'width' \(width) must be a multiple of '\(name)' \(divisor)")
    }
    return EncoderArchitecture(
      convolutionChannels: channels, width: width, layers: layers, attentionHeads: heads,
      feedForwardWidth: feedForward, positionKernel: kernel, positionGroups: groups,
      dropout: dropout)
  }
}

extension PretrainParameters {
  fileprivate static let noTeacher =
    "the first round has no teacher; name one as 'teacher' beside 'rounds', or put a round before"

  fileprivate static let keys = [
    "units", "front-end-steps", "steps", "batch-seconds", "crop-seconds", "learning-rate",
    "weight-decay", "warm-up", "hold", "mask", "unmasked-weight", "clip", "start", "threads",
  ]

  static func read(
    _ node: SpecNode, _ architecture: EncoderArchitecture?, hasTeacher: Bool
  ) -> PretrainParameters? {
    let fields = node.fields("the round of pre-training", keys)
    let units = fields.required("units") { Units.read($0, hasTeacher: hasTeacher) }
    let frontEnd = fields.required("front-end-steps") { $0.integer(0...(.max)) }
    let steps = fields.required("steps") { $0.integer(.positive) }
    let batch = fields.required("batch-seconds") { $0.number(0.1...100_000, of: "seconds") }
    let crop = fields.required("crop-seconds") { $0.number(0.3...1000, of: "seconds") }
    let rate = fields.required("learning-rate") { $0.number(.positive) }
    let decay = fields.required("weight-decay") { $0.number(.notNegative) }
    let warmUp = fields.required("warm-up") { $0.share() }
    let hold = fields.required("hold") { $0.share() }
    let unmasked = fields.required("unmasked-weight") { $0.number(.notNegative) }
    let clip = fields.required("clip") { $0.number(.positive) }
    let threads = fields.required("threads") { $0.integer(1...1024) }
    let start = fields.required("start") { place -> String? in
      guard let word = place.word("start", among: ["random", "teacher"]) else { return nil }
      if word == "teacher", !hasTeacher { place.fail(noTeacher) }
      return word
    }
    if let warmUp, let hold, warmUp + hold > 1 { node.fail(SpecMessage.schedule) }
    let mask = fields.required("mask", MaskParameters.read)
    guard let architecture, let units, let frontEnd, let steps, let batch, let crop, let rate,
      let decay, let warmUp,
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
  static func read(_ node: SpecNode, hasTeacher: Bool) -> PretrainParameters.Units? {
    let fields = node.fields("'units'", ["features", "layer", "clusters", "frames", "iterations"])
    let features = fields.required("features") { place -> String? in
      guard let word = place.word("features", among: ["mfcc", "hidden"]) else { return nil }
      if word == "hidden", !hasTeacher { place.fail(PretrainParameters.noTeacher) }
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
