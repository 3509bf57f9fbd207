import OrderedCollections

/// Expands a spec into a plan: lists multiply, and what is equal becomes one stage.
///
/// Planning is pure and total: whatever can be wrong with a spec is found before the first stage is
/// made, and nothing is read or written.
package struct Planner {
  let input: PlannerInput
  var plan: Plan
  private var models: [Definitions.ModelPath: EncoderNode] = [:]
  private var corpora: [String: StageInput] = [:]
  var memory = PlannerMemory()
  let extents: [String: CorpusExtent]

  var spec: Spec { input.spec }
  var definitions: Definitions { input.definitions }

  /// Plans an experiment.
  ///
  /// - Parameter input: The spec, the definitions it names, and what lies outside.
  /// - Returns: The plan, of which it has been proved that no test recording is trained on.
  /// - Throws: `SpecError` when the spec names what is not there; `HeldOutError` when a training stage
  ///   could see a held-out recording; `EncodingError` for a parameter that is not finite.
  package static func plan(_ input: PlannerInput) throws -> Plan {
    try input.definitions.check(input.spec)
    try input.checkManifests()
    var planner = Planner(input)
    try planner.addLogMelCells()
    for name in input.spec.models.keys {
      let model = Definitions.ModelPath(spec: input.spec, model: name)
      let pretrained = try planner.encoder(of: model)
      if input.spec.methods.isEmpty {
        pretrained.input.stageKey.map { planner.plan.targets.append($0) }
      } else {
        try planner.addCells(name, pretrained)
      }
    }
    planner.plan.heldOut = try HeldOutCheck.check(planner.plan, input)
    planner.plan.cells = HeardTests.marked(planner.plan, input)
    return planner.plan
  }

  private init(_ input: PlannerInput) {
    self.input = input
    var extents: [String: CorpusExtent] = [:]
    for (name, found) in input.recordings {
      extents[name] = input.definitions.corpora[name].map { CorpusExtent($0, found) }
    }
    self.extents = extents
    plan = Plan(experiment: input.spec.experiment, question: input.spec.question)
    plan.choices = input.spec.choices
    for name in input.spec.fineTune?.tasks ?? [] {
      plan.fineTuningTitles[name] = input.definitions.tasks[name]?.title
    }
    let tasks = (input.spec.evaluate?.tasks ?? []).compactMap { input.definitions.tasks[$0] }
    plan.tasks = tasks.map(Self.column)
    let score = input.spec.evaluate?.score
    let scored = score.flatMap { $0.floor == nil ? input.definitions.scores[$0.name] : nil }
    plan.score =
      scored?.rule(for: tasks)
      ?? score.flatMap { score in
        score.floor.map { ScoreRule(name: score.name, floorRow: $0, tasks: plan.tasks) }
      }
    plan.published = input.spec.published.flatMap { input.definitions.published[$0.from] }.map {
      Plan.Published(
        name: $0.name, citation: $0.citation,
        values: $0.values(input.spec, input.definitions, score: scored))
    }
    if !input.spec.methods.isEmpty {
      plan.comparison = input.spec.compare.map { compare in
        ComparisonRule(
          measures: compare.measures, corpora: Array(OrderedSet(tasks.map(\.corpus))),
          frames: compare.frames)
      }
    }
  }

  private static func column(_ task: TaskDefinition) -> TaskColumn {
    TaskColumn(
      name: task.name, title: task.title, metric: task.metrics[0].name,
      higherIsBetter: task.metrics[0].higherIsBetter, caveat: task.caveat,
      secondMetric: task.metrics.count > 1 ? task.metrics[1] : nil)
  }

  func task(_ name: String) throws(SpecError) -> TaskDefinition {
    guard let task = definitions.tasks[name] else {
      let message = SpecMessage.unknown("task", name, among: definitions.tasks.keys)
      throw SpecError([SpecProblem(message, at: SpecPlace(file: spec.places.file))])
    }
    return task
  }

  /// The stage of a corpus, added when it is first asked for.
  mutating func corpus(_ name: String) throws -> StageInput {
    if let known = corpora[name] { return known }
    guard let definition = definitions.corpora[name], let found = input.recordings[name] else {
      let message = SpecMessage.unknown("corpus", name, among: definitions.corpora.keys)
      throw SpecError([SpecProblem(message, at: SpecPlace(file: spec.places.file))])
    }
    let seconds = seconds(of: name)
    let input = StageInput.stage(
      try plan.add(
        Stage(
          .corpus, parameters: CorpusParameters(definition: definition),
          inputs: [
            "recordings": .external(digest: found.digest, path: self.input.recordingsFolder)
          ],
          label: "corpus \(name)",
          resources: Resources(
            diskBytes: Int(seconds * PlanMeasures.bytesOfSecond),
            cost: seconds * PlanMeasures.decoding))))
    corpora[name] = input
    return input
  }

  // MARK: Models

  /// θ₀ of a model, with all that it is made from.
  mutating func encoder(of model: Definitions.ModelPath) throws -> EncoderNode {
    if let known = models[model] { return known }
    let encoder: EncoderNode
    switch model.source {
    case .checkpoint(let path, _):
      guard let facts = input.checkpoints[path] else {
        throw SpecError([
          SpecProblem(
            SpecMessage.checkpointMissing(path, obtain: model.spec.obtain[path]),
            at: model.spec.places[.model(model.model)])
        ])
      }
      encoder = EncoderNode(
        input: .external(digest: facts.digest, path: facts.path), layers: facts.layers,
        width: facts.width, convolutionChannels: facts.convolutionChannels,
        sharesDownsampling: true, label: "pre-trained",
        codebook: facts.codebook.map { .external(digest: $0.digest, path: $0.path) })
    case .pretrain(let pretrain):
      encoder = try pretrained(model, pretrain)
    case .elsewhere, nil:
      guard let other = definitions.parent(of: model) else {
        throw SpecError([
          SpecProblem(
            SpecMessage.unknown("model", model.title, among: definitions.experiments.keys),
            at: model.spec.places[.model(model.model)])
        ])
      }
      encoder = try self.encoder(of: other)
    }
    models[model] = encoder
    return encoder
  }

  /// Rounds of pre-training, each the teacher of the next. All seeds of the experiment share the
  /// result, as they would share a published checkpoint: it is drawn with the first seed.
  private mutating func pretrained(
    _ model: Definitions.ModelPath, _ pretrain: PretrainSpec
  ) throws -> EncoderNode {
    let seed = model.spec.firstSeed
    var teacher = try pretrain.teacher.flatMap { definitions.model($0, from: model.spec) }
      .map { try encoder(of: $0) }
    for (number, round) in pretrain.rounds.enumerated() {
      var inputs: OrderedDictionary<String, StageInput> = [:]
      for corpus in pretrain.corpora.sorted() {
        inputs["corpus." + corpus] = try self.corpus(corpus)
      }
      if round.start == "teacher" || round.units.features == "hidden" {
        inputs["teacher"] = teacher?.input
      }
      let rounds = pretrain.rounds.count
      let key = try plan.add(
        Stage(
          .pretrain, parameters: round, seed: seed, inputs: inputs,
          label: "pretrain \(model.model)" + (rounds > 1 ? " · round \(number + 1)" : "")
            + " · seed \(seed)",
          resources: Resources(
            cores: round.threads, diskBytes: round.architecture.bytes,
            cost: Double(round.steps) * round.batchSeconds * PlanMeasures.pretraining
              * round.architecture.effort)))
      teacher = EncoderNode(
        input: .stage(key, entry: "model"), layers: round.architecture.layers,
        width: round.architecture.width,
        convolutionChannels: round.architecture.convolutionChannels, sharesDownsampling: true,
        label: "pre-trained", codebook: .stage(key, entry: "units.safetensors"))
    }
    guard let teacher else {
      throw SpecError([
        SpecProblem(
          SpecMessage.missing("rounds", "model '\(model.model)'"),
          at: model.spec.places[.model(model.model)])
      ])
    }
    return teacher
  }
}

/// An encoder that evaluations and comparisons read, as the plan sees it.
struct EncoderNode {
  var input: StageInput
  var layers: Int
  var width: Int
  var convolutionChannels: Int
  /// Whether its downsampling module is θ₀'s, so that stored downsampled frames serve it.
  var sharesDownsampling: Bool
  /// What labels say.
  var label: String
  /// The pre-training head, where there is one.
  var codebook: StageInput?
}

/// Guesses about recordings and a core, measured on Debian's recordings with a model of 1.7 million
/// parameters. They order stages and foretell disk; no result depends on them.
package enum PlanMeasures {
  /// Where nothing tells: the mean over Debian's recordings is 2 to 4 s.
  package static let secondsOfRecording = 3.0
  /// 16 kHz, 16 bits.
  static let bytesOfSecond = 32_000.0
  /// Frames a second of every encoder here.
  static let frameRate = 50.0

  // Core-seconds for a second of audio, of the model that was measured.
  static let decoding = 0.004
  static let pretraining = 0.025
  static let downsampling = 0.003
  static let fineTuning = 0.012
  static let regularFineTuning = 0.025
  static let encoding = 0.004
}
