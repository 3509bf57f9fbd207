import OrderedCollections

/// Features, evaluations and comparisons.
extension Planner {
  /// Threads of stages whose recipe names none: one, so that workers fill the cores.
  private static let threads = 1
  /// Frames a second of every encoder here.
  private static let frameRate = 50.0

  mutating func addLogMelCells() throws {
    for case .logMel(let normalise) in spec.methods {
      for isNormalised in normalise {
        let point = MethodPoint(
          name: "log-mel", title: isNormalised ? "log-mel, normalised" : "log-mel")
        for seed in spec.seeds {
          var evaluations: OrderedDictionary<String, StageKey> = [:]
          for name in spec.evaluate?.tasks ?? [] {
            let task = try task(name)
            let features = try self.features(
              nil, source: isNormalised ? .normalisedLogMel : .logMel, task: task)
            evaluations[name] = try evaluation(task, features, seed, label: point.title)
          }
          plan.cells.append(
            Cell(
              model: nil, method: point, fineTuned: nil, seed: seed, evaluations: evaluations,
              comparison: nil))
        }
      }
    }
  }

  mutating func addCell(
    _ model: String, _ method: MethodPoint, _ fineTuned: String?, _ seed: UInt64,
    _ encoder: EncoderNode, _ pretrained: EncoderNode
  ) throws {
    var evaluations: OrderedDictionary<String, StageKey> = [:]
    for name in spec.evaluate?.tasks ?? [] {
      let task = try task(name)
      let features = try self.features(encoder, of: pretrained, source: .encoder, task: task)
      evaluations[name] = try evaluation(task, features, seed, label: encoder.label)
    }
    plan.cells.append(
      Cell(
        model: model, method: method, fineTuned: fineTuned, seed: seed, evaluations: evaluations,
        comparison: try comparison(encoder, pretrained)))
  }

  /// The output of θ₀'s downsampling module for a selection of a corpus.
  mutating func downsampled(
    _ pretrained: EncoderNode, _ corpus: String, _ selection: Selection
  ) throws -> StageKey {
    try plan.add(
      Stage(
        .downsample, parameters: DownsampleParameters(selection: selection, threads: Self.threads),
        inputs: ["encoder": pretrained.input, "corpus": .stage(try self.corpus(corpus))],
        label: "downsample \(corpus) · "
          + selection.splits.map(\.rawValue).joined(separator: " and "),
        resources: Resources(
          diskBytes: Int(minutes(selection, corpus) * 60 * Self.frameRate) * 256,
          cost: minutes(selection, corpus) * 0.6)))
  }

  /// Features for a task: pooled for labels, frames for sequences.
  private mutating func features(
    _ encoder: EncoderNode?, of pretrained: EncoderNode? = nil,
    source: FeaturesParameters.Source, task: TaskDefinition
  ) throws -> StageKey {
    try features(
      encoder, of: pretrained, source: source, corpus: task.corpus, selection: task.selection,
      output: task.target.isPooled ? .pooled : .frames, seed: nil)
  }

  private mutating func features(
    _ encoder: EncoderNode?, of pretrained: EncoderNode?, source: FeaturesParameters.Source,
    corpus: String, selection: Selection, output: FeaturesParameters.Output, seed: UInt64?
  ) throws -> StageKey {
    var inputs: OrderedDictionary<String, StageInput> = ["corpus": .stage(try self.corpus(corpus))]
    if let encoder {
      inputs["encoder"] = encoder.input
      if encoder.sharesDownsampling, let pretrained {
        inputs["downsampled"] = .stage(try downsampled(pretrained, corpus, selection))
      }
    }
    let vectors = (encoder?.layers ?? 0) + 1
    let width = encoder?.width ?? 80
    let minutes = minutes(selection, corpus)
    let bytes: Int
    let word: String
    switch output {
    case .pooled:
      bytes = (input.recordings[corpus]?.count ?? 0) * vectors * width * 4
      word = "pooled"
    case .frames:
      bytes = Int(minutes * 60 * Self.frameRate) * vectors * width * 2
      word = "frames"
    case .sampled(let count):
      bytes = count * vectors * width * 4
      word = "sample"
    }
    return try plan.add(
      Stage(
        .features,
        parameters: FeaturesParameters(
          source: source, selection: selection, output: output, threads: Self.threads),
        seed: seed, inputs: inputs,
        label: "features \(corpus) · \(word) · \(encoder?.label ?? source.rawValue)",
        resources: Resources(diskBytes: bytes, cost: minutes * 0.5)))
  }

  private mutating func evaluation(
    _ task: TaskDefinition, _ features: StageKey, _ seed: UInt64, label: String
  ) throws -> StageKey {
    try plan.add(
      Stage(
        .evaluate,
        parameters: EvaluateParameters(
          task: task.name, target: task.target, head: task.head, recipe: task.recipe,
          selection: task.selection),
        seed: seed,
        inputs: ["features": .stage(features), "corpus": .stage(try corpus(task.corpus))],
        label: "evaluate \(task.name) · \(label) · head seed \(seed)",
        resources: Resources(
          cores: task.recipe.threads,
          cost: Double(task.recipe.steps) * (task.target.isPooled ? 0.001 : 0.03))))
  }

  /// Compares an encoder with θ₀ on test recordings of the evaluated corpora.
  private mutating func comparison(
    _ encoder: EncoderNode, _ pretrained: EncoderNode
  ) throws -> StageKey? {
    guard let compare = spec.compare else { return nil }
    let tasks = try (spec.evaluate?.tasks ?? []).map { try task($0) }
    let corpora = OrderedSet(tasks.map(\.corpus))
    plan.comparison = ComparisonRule(
      measures: compare.measures, corpora: Array(corpora), frames: compare.frames)
    var inputs: OrderedDictionary<String, StageInput> = [:]
    for corpus in corpora {
      // The recordings that the tasks test on: their downsampled frames are there already.
      let selection = tasks.first { $0.corpus == corpus }?.selection ?? Selection(splits: [.test])
      let held = Selection(
        splits: [.test], minutes: selection.minutes.filter { $0.key == Split.test.rawValue })
      let share = FeaturesParameters.Output.sampled(count: compare.frames / corpora.count)
      inputs["reference." + corpus] = .stage(
        try features(
          pretrained, of: pretrained, source: .encoder, corpus: corpus, selection: held,
          output: share, seed: sampleSeed))
      inputs["features." + corpus] = .stage(
        try features(
          encoder, of: pretrained, source: .encoder, corpus: corpus, selection: held,
          output: share, seed: sampleSeed))
    }
    inputs["pre-trained"] = pretrained.input
    inputs["encoder"] = encoder.input
    return try plan.add(
      Stage(
        .compare,
        parameters: CompareParameters(
          measures: compare.measures, ridge: compare.ridge, threads: Self.threads),
        inputs: inputs, label: "compare \(encoder.label)", resources: Resources(cost: 0.5)))
  }

  /// Minutes of a selection, guessed at 3 s a recording where nothing limits them.
  private func minutes(_ selection: Selection, _ corpus: String) -> Double {
    let recordings = input.recordings[corpus] ?? []
    return selection.splits.reduce(0.0) { sum, split in
      let all = Double(recordings.filter { $0.split == split }.count) * 3 / 60
      return sum + min(all, selection.minutes[split.rawValue] ?? all)
    }
  }
}
