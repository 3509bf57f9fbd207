import OrderedCollections

/// Features, evaluations and comparisons.
extension Planner {
  /// Threads of stages whose recipe names none: one, so that workers fill the cores.
  private static let threads = 1

  mutating func addLogMelCells() throws {
    for row in spec.methods.flatMap(\.rows) {
      guard case .logMel(let isNormalised) = row.making else { continue }
      let reading = Reading(
        source: isNormalised ? .normalisedLogMel : .logMel, label: row.point.title)
      for seed in spec.seeds {
        plan.cells.append(
          Cell(
            model: nil, method: row.point, fineTuned: nil, seed: seed,
            evaluations: try evaluations(of: reading, seed), comparison: nil))
      }
    }
  }

  mutating func addCell(
    _ model: String, _ method: MethodPoint, _ fineTuned: String?, _ seed: UInt64,
    _ encoder: EncoderNode, _ pretrained: EncoderNode
  ) throws {
    let reading = Reading(
      source: .encoder, label: encoder.label, encoder: encoder, pretrained: pretrained)
    plan.cells.append(
      Cell(
        model: model, method: method, fineTuned: fineTuned, seed: seed,
        evaluations: try evaluations(of: reading, seed),
        comparison: try comparison(encoder, pretrained)))
  }

  /// What features come from.
  private struct Reading {
    var source: FeaturesParameters.Source
    var label: String
    var encoder: EncoderNode?
    var pretrained: EncoderNode?

    var vectors: Int { (encoder?.layers ?? 0) + 1 }
    /// Log-mel frames have 80 bands.
    var width: Int { encoder?.width ?? 80 }
  }

  private mutating func evaluations(
    of reading: Reading, _ seed: UInt64
  ) throws -> OrderedDictionary<String, StageKey> {
    var evaluations: OrderedDictionary<String, StageKey> = [:]
    for name in spec.evaluate?.tasks ?? [] {
      let task = try task(name)
      evaluations[name] = try evaluation(task, reading, seed)
    }
    return evaluations
  }

  /// The recordings that a task's heads train on and are tested with; those that choose between rows
  /// too, where the spec chooses.
  mutating func selection(of task: TaskDefinition) -> Selection {
    if let known = memory.selections[task.name] { return known }
    let selection = wholeSelection(of: task)
    memory.selections[task.name] = selection
    return selection
  }

  private func wholeSelection(of task: TaskDefinition) -> Selection {
    var selection = task.selection
    let looksAtDev = spec.selectsOnDev || task.evaluation?.recipe.looksAtDev == true
    if looksAtDev, !selection.splits.contains(.dev) {
      selection.splits.insert(.dev, at: 1)
    }
    return selection
  }

  /// The output of θ₀'s downsampling module for the recordings that a task uses: one stage, whose
  /// artifact serves every selection within. Where only evaluations read dev, to choose rows, trainings
  /// have a stage without it: whoever adds a choice trains nothing anew.
  mutating func downsampled(
    _ pretrained: EncoderNode, _ task: TaskDefinition, isForEvaluation: Bool
  ) throws -> StageInput {
    let question = PlannerMemory.Downsampling(
      encoder: pretrained.input, task: task.name, isForEvaluation: isForEvaluation)
    if let known = memory.downsamplings[question] { return known }
    let input = try downsampling(pretrained, task, isForEvaluation: isForEvaluation)
    memory.downsamplings[question] = input
    return input
  }

  private mutating func downsampling(
    _ pretrained: EncoderNode, _ task: TaskDefinition, isForEvaluation: Bool
  ) throws -> StageInput {
    var selection = task.selection
    let looksAtDev = definitions.recipe(of: task.name, in: spec)?.devEvery != nil
    if looksAtDev || (isForEvaluation && self.selection(of: task).splits.contains(.dev)) {
      selection.splits.append(.dev)
    }
    if let fineTune = task.fineTune {
      for split in [Split.train, .dev].map(\.rawValue) {
        // No limit is the largest.
        selection.minutes[split] = fineTune.minutes[split].flatMap { minutes in
          selection.minutes[split].map { max($0, minutes) }
        }
      }
    }
    let minutes = minutes(selection, task.corpus)
    let frames = minutes * 60 * PlanMeasures.frameRate
    return .stage(
      try plan.add(
        Stage(
          .downsample,
          parameters: DownsampleParameters(selection: selection, threads: Self.threads),
          inputs: ["encoder": pretrained.input, "corpus": try corpus(task.corpus)],
          label: "downsample \(task.corpus)",
          resources: Resources(
            diskBytes: Int(frames) * pretrained.convolutionChannels * 4,
            cost: minutes * 60 * PlanMeasures.downsampling * pretrained.effort))))
  }

  /// What an encoder reads of a task's corpus. Downsampled frames are of whole utterances, which are not
  /// what a cut one gives.
  private mutating func inputs(
    _ reading: Reading, _ task: TaskDefinition, isCut: Bool
  ) throws -> OrderedDictionary<String, StageInput> {
    var inputs: OrderedDictionary<String, StageInput> = ["corpus": try corpus(task.corpus)]
    inputs["encoder"] = reading.encoder?.input
    if let pretrained = reading.pretrained, reading.encoder?.sharesDownsampling == true, !isCut {
      inputs["downsampled"] = try downsampled(pretrained, task, isForEvaluation: true)
    }
    return inputs
  }

  /// Features of the recordings of a task: tasks with one selection share the stage.
  private mutating func features(
    _ reading: Reading, _ task: TaskDefinition, _ selection: Selection,
    _ output: FeaturesParameters.Output, seed: UInt64?
  ) throws -> StageInput {
    // Samples are of test utterances, which nothing cuts.
    let crop = seed == nil ? task.evaluation?.recipe.cropSeconds : nil
    let inputs = try inputs(reading, task, isCut: crop != nil)
    let question = PlannerMemory.Features(
      parameters: FeaturesParameters(
        source: reading.source, selection: selection, output: output, threads: Self.threads,
        cropSeconds: crop),
      inputs: inputs, seed: seed)
    if let known = memory.features[question] { return known }
    let minutes = minutes(selection, task.corpus)
    let word: String
    let vectors: Int
    let bytes: Int
    switch output {
    case .pooled: (word, vectors, bytes) = ("pooled", utterances(selection, task.corpus), 4)
    case .frames: (word, vectors, bytes) = ("frames", Int(minutes * 60 * PlanMeasures.frameRate), 2)
    case .sampled(let count): (word, vectors, bytes) = ("sample", count, 4)
    }
    let frozen =
      try memory.frozenFeatures[question.parameters]
      ?? FrozenParameters(encoding: question.parameters)
    memory.frozenFeatures[question.parameters] = frozen
    let input = StageInput.stage(
      try plan.add(
        Stage(
          .features, frozen: frozen, seed: seed, inputs: inputs,
          label: "features \(task.corpus) · \(word) · \(reading.label)",
          resources: Resources(
            diskBytes: vectors * reading.vectors * reading.width * bytes,
            cost: minutes * 60 * PlanMeasures.encoding * (reading.encoder?.effort ?? 1)))))
    memory.features[question] = input
    return input
  }

  /// Where speakers are what is asked for, they are what there is more or less of.
  private func together(_ task: TaskDefinition) -> String? {
    if case .trials(let label) = task.target { return label }
    let speaker = definitions.corpora[task.corpus]?.notes.speaker
    return speaker.flatMap { task.target == .label($0) ? $0 : nil }
  }

  private mutating func evaluation(
    _ task: TaskDefinition, _ reading: Reading, _ seed: UInt64
  ) throws -> StageKey {
    guard let definition = task.evaluation else {
      throw SpecError([
        SpecProblem(SpecMessage.notEvaluable(task.name), at: spec.places[.evaluateTask(task.name)])
      ])
    }
    let selection = selection(of: task)
    let ordered = definition.recipe.ordered(for: task.target)
    let recipe = spec.evaluate?.sharesBatches == true ? ordered.sharingBatches : ordered
    let isAnew = encodesAnew(task, selection, reading)
    let inputs =
      isAnew
      ? try self.inputs(reading, task, isCut: recipe.cropSeconds != nil)
      : [
        "features": try features(
          reading, task, selection, task.target.isPooled ? .pooled : .frames, seed: nil),
        "corpus": try corpus(task.corpus),
      ]
    // A step of a pooled head sees one vector an utterance, one of CTC every frame.
    let step = task.target.isPooled ? 0.001 : 0.03
    let question = PlannerMemory.Evaluation(
      task: task.name, source: isAnew ? reading.source : nil)
    let parameters =
      try memory.evaluations[question]
      ?? FrozenParameters(
        encoding: EvaluateParameters(
          task: task.name, target: task.target, head: definition.head, recipe: recipe,
          selection: selection, metric: task.metric, together: together(task),
          trials: task.trials, source: question.source))
    memory.evaluations[question] = parameters
    return try plan.add(
      Stage(
        .evaluate, frozen: parameters, seed: seed, inputs: inputs,
        label: "evaluate \(task.name) · \(reading.label) · head seed \(seed)",
        resources: Resources(
          cores: recipe.threads, memoryBytes: memory(task, selection, recipe, reading),
          cost: Double(recipe.steps * recipe.learningRates.count) * step
            + (isAnew ? encoding(task, selection, recipe, reading) : 0))))
  }

  /// Whether the frames of a task are more than the spec lets a stage of features store.
  private mutating func encodesAnew(
    _ task: TaskDefinition, _ selection: Selection, _ reading: Reading
  ) -> Bool {
    guard let largest = spec.evaluate?.largestFrames, !task.target.isPooled,
      task.target != .queries
    else { return false }
    let frames = minutes(selection, task.corpus) * 60 * PlanMeasures.frameRate
    let bytes = frames * Double(reading.vectors * reading.width * 2)
    guard bytes > largest else { return false }
    plan.encodedAnew["\(task.name) · \(reading.label)"] = Int(bytes)
    return true
  }

  /// The cost of encoding the batches of all steps.
  private func encoding(
    _ task: TaskDefinition, _ selection: Selection, _ recipe: HeadRecipe, _ reading: Reading
  ) -> Double {
    let count = utterances(selection, task.corpus)
    guard count > 0 else { return 0 }
    let seconds = minutes(selection, task.corpus) * 60 / Double(count)
    return Double(recipe.steps * recipe.batch) * seconds * PlanMeasures.encoding
      * (reading.encoder?.effort ?? 1)
  }

  /// Bytes for a batch of long utterances, taken to be twice as long as the mean: its hidden states, and for each learning
  /// rate the sums over layers, their gradient and what a head makes of them.
  private func memory(
    _ task: TaskDefinition, _ selection: Selection, _ recipe: HeadRecipe, _ reading: Reading
  ) -> Int {
    let usual = Resources().memoryBytes
    let count = utterances(selection, task.corpus)
    guard count > 0, !task.target.isPooled, task.target != .queries else { return usual }
    let seconds = 2 * minutes(selection, task.corpus) * 60 / Double(count)
    let frames = seconds * PlanMeasures.frameRate * Double(recipe.batch)
    let copies = reading.vectors + 4 * recipe.learningRates.count
    return max(usual, usual / 2 + Int(frames) * reading.width * copies * MemoryLayout<Float>.size)
  }

  /// Compares an encoder with θ₀ on test recordings of the evaluated corpora.
  private mutating func comparison(
    _ encoder: EncoderNode, _ pretrained: EncoderNode
  ) throws -> StageKey? {
    guard let compare = spec.compare else { return nil }
    // Sorted, so that the order of the table's columns decides nothing.
    let tasks = try (spec.evaluate?.tasks ?? []).map { try task($0) }
      .sorted { ($0.corpus, $0.name) < ($1.corpus, $1.name) }
    let byCorpus = OrderedDictionary(
      tasks.map { ($0.corpus, $0) }, uniquingKeysWith: { first, _ in first })
    var inputs: OrderedDictionary<String, StageInput> = [:]
    for (index, (corpus, task)) in byCorpus.enumerated() {
      // Within the recordings that the first task of the corpus, by name, tests on.
      let test = Split.test.rawValue
      let limit = [task.minutes[test], compare.minutes].compactMap { $0 }.min()
      let selection = Selection(splits: [.test], minutes: limit.map { [test: $0] } ?? [:])
      let count =
        compare.frames / byCorpus.count + (index < compare.frames % byCorpus.count ? 1 : 0)
      for (role, model) in [("reference", pretrained), ("features", encoder)] {
        inputs["\(role).\(corpus)"] = try features(
          Reading(source: .encoder, label: model.label, encoder: model, pretrained: pretrained),
          task, selection, .sampled(count: count), seed: spec.firstSeed)
      }
    }
    inputs["pre-trained"] = pretrained.input
    inputs["encoder"] = encoder.input
    return try plan.add(
      Stage(
        .compare,
        parameters: CompareParameters(
          measures: ComparisonSpec.measureNames.filter { compare.measures.contains($0) },
          ridge: compare.ridge, threads: Self.threads),
        inputs: inputs, label: "compare \(encoder.label)",
        resources: Resources(cost: Double(compare.frames) * 1e-4)))
  }
}
