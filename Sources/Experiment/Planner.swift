import OrderedCollections

/// What a planner is given besides the spec: definitions and what lies outside the plan, read by
/// whoever may open files.
package struct PlannerInput: Sendable {
  package var spec: Spec
  /// The spec's file name, for errors.
  package var file: String
  package var tasks: [String: TaskDefinition]
  package var corpora: [String: CorpusDefinition]
  /// Recordings of each corpus in use.
  package var recordings: [String: [Recording]]
  /// Copies that were left out, by corpus.
  package var duplicates: [String: Int]
  /// Digest of each corpus's listing.
  package var listings: [String: String]
  /// The site's recordings folder.
  package var site: String
  /// Digest and sizes of each checkpoint, by the path in the spec.
  package var checkpoints: [String: CheckpointFacts]

  package init(
    spec: Spec, file: String, tasks: [String: TaskDefinition],
    corpora: [String: CorpusDefinition], recordings: [String: [Recording]],
    duplicates: [String: Int], listings: [String: String], site: String,
    checkpoints: [String: CheckpointFacts]
  ) {
    self.spec = spec
    self.file = file
    self.tasks = tasks
    self.corpora = corpora
    self.recordings = recordings
    self.duplicates = duplicates
    self.listings = listings
    self.site = site
    self.checkpoints = checkpoints
  }
}

/// What a plan needs to know of a checkpoint.
package struct CheckpointFacts: Sendable, Hashable {
  package var digest: String
  /// Where it lies, for workers.
  package var path: String
  package var layers: Int
  package var width: Int

  package init(digest: String, path: String, layers: Int, width: Int) {
    self.digest = digest
    self.path = path
    self.layers = layers
    self.width = width
  }
}

/// Expands a spec into a plan: lists multiply, and what is equal becomes one stage.
package struct Planner {
  let input: PlannerInput
  var plan: Plan
  /// The corpus stages so far.
  private var corpora: [String: StageKey] = [:]

  var spec: Spec { input.spec }

  /// Plans an experiment.
  ///
  /// - Parameter input: The spec, the definitions it names, and what lies outside.
  /// - Returns: The plan, whose held-out recordings have been proved to be held out.
  /// - Throws: `SpecError` when the spec names what is not there; `HeldOutError` when a training stage
  ///   could see a held-out recording; `PlanError` or `EncodingError` for what cannot be a stage.
  package static func plan(_ input: PlannerInput) throws -> Plan {
    var planner = Planner(input)
    for (name, source) in input.spec.models { try planner.addModel(name, source) }
    try planner.addLogMelCells()
    try HeldOutCheck.check(&planner.plan, input)
    return planner.plan
  }

  private init(_ input: PlannerInput) {
    self.input = input
    plan = Plan(experiment: input.spec.experiment, question: input.spec.question)
    plan.tasks = (input.spec.evaluate?.tasks ?? []).compactMap { input.tasks[$0] }.map(Self.column)
    plan.score = input.spec.evaluate?.score.map { score in
      ScoreRule(
        name: score.name, floorRow: score.floor,
        ceilings: Dictionary(
          uniqueKeysWithValues: plan.tasks.map { ($0.name, $0.higherIsBetter ? 100 : 0) }))
    }
  }

  private static func column(_ task: TaskDefinition) -> TaskColumn {
    TaskColumn(
      name: task.name, title: task.title,
      metric: task.target.isPooled ? "accuracy" : task.target == .phones ? "PER" : "CER",
      higherIsBetter: task.target.isPooled, caveat: task.caveat)
  }

  /// The seed of draws that belong to no row: which frames are compared.
  var sampleSeed: UInt64 { spec.seeds.first ?? 0 }

  func task(_ name: String) throws -> TaskDefinition {
    guard let task = input.tasks[name] else {
      throw SpecError([
        SpecProblem(
          file: input.file, line: 1, column: 1,
          message: SpecMessage.unknown("task", name, among: Array(input.tasks.keys)))
      ])
    }
    return task
  }

  /// The stage of a corpus, added when it is first asked for.
  mutating func corpus(_ name: String) throws -> StageKey {
    if let key = corpora[name] { return key }
    guard let definition = input.corpora[name], let listing = input.listings[name] else {
      throw SpecError([
        SpecProblem(
          file: input.file, line: 1, column: 1,
          message: SpecMessage.unknown("corpus", name, among: Array(input.corpora.keys)))
      ])
    }
    let count = input.recordings[name]?.count ?? 0
    let key = try plan.add(
      Stage(
        .corpus, parameters: CorpusParameters(definition: definition),
        inputs: ["recordings": .external(digest: listing, path: input.site)],
        label: "corpus \(name)",
        // Some 3 s a recording at 32 kB/s; decoding takes some 10 ms each.
        resources: Resources(diskBytes: count * 96_000, cost: Double(count) * 0.01)))
    corpora[name] = key
    return key
  }

  // MARK: Models

  private mutating func addModel(_ name: String, _ source: ModelSource) throws {
    let encoder: EncoderNode
    switch source {
    case .checkpoint(let path):
      guard let facts = input.checkpoints[path] else {
        throw SpecError([
          SpecProblem(
            file: input.file, line: 1, column: 1, message: "checkpoint '\(path)' was not found")
        ])
      }
      encoder = EncoderNode(
        input: .external(digest: facts.digest, path: facts.path), layers: facts.layers,
        width: facts.width, sharesDownsampling: true, label: "pre-trained")
    case .pretrain(let pretrain):
      encoder = try addPretraining(name, pretrain)
    }
    if !spec.methods.isEmpty { try addCells(name, encoder) }
  }

  private mutating func addPretraining(
    _ name: String, _ pretrain: PretrainSpec
  ) throws -> EncoderNode {
    var teacher: StageKey?
    for (number, round) in pretrain.rounds.enumerated() {
      var inputs: OrderedDictionary<String, StageInput> = [:]
      for corpus in pretrain.corpora.sorted() {
        inputs["corpus." + corpus] = .stage(try self.corpus(corpus))
      }
      if let teacher { inputs["teacher"] = .stage(teacher, entry: "model") }
      let label =
        "pretrain \(name)" + (pretrain.rounds.count > 1 ? " · round \(number + 1)" : "")
        + " · seed \(sampleSeed)"
      teacher = try plan.add(
        Stage(
          .pretrain, parameters: round, seed: sampleSeed, inputs: inputs, label: label,
          resources: Resources(
            cores: round.threads, diskBytes: 16 << 20,
            cost: Double(round.steps) * round.batchSeconds / 40)))
    }
    guard let last = teacher, let round = pretrain.rounds.last else {
      throw SpecError([
        SpecProblem(
          file: input.file, line: 1, column: 1,
          message: "model '\(name)' has no round of pre-training")
      ])
    }
    if spec.methods.isEmpty { plan.targets.append(last) }
    return EncoderNode(
      input: .stage(last, entry: "model"), layers: round.architecture.layers,
      width: round.architecture.width, sharesDownsampling: true, label: "pre-trained")
  }
}

/// An encoder that evaluations and comparisons read, as the plan sees it.
struct EncoderNode {
  var input: StageInput
  var layers: Int
  var width: Int
  /// Whether its downsampling module is θ₀'s, so that stored downsampled frames serve it.
  var sharesDownsampling: Bool
  /// What labels say.
  var label: String
}
