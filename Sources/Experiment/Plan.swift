import OrderedCollections

/// The expanded experiment: every stage once, inputs before consumers, and the cells of its tables.
package struct Plan: Sendable {
  package let experiment: String
  package let question: String
  /// Topological order: a stage stands after everything it consumes.
  package private(set) var stages: OrderedDictionary<StageKey, Stage> = [:]
  /// What the report reads, in the order of its rows.
  package var cells: [Cell] = []
  /// The recordings that no training may see, by corpus, and what was checked.
  package var heldOut: [HeldOutCorpus] = []
  /// The tasks of the evaluation, in the order of the table's columns.
  package var tasks: [TaskColumn] = []
  package var score: ScoreRule?
  /// Numbers of others that the spec names.
  package var published: Published?
  package var comparison: ComparisonRule?
  package var choices: [RowChoice] = []
  /// What people call the fine-tuning tasks, evaluated or not, by name.
  package var fineTuningTitles: [String: String] = [:]
  /// Frames that are not stored, in bytes, by task and encoder: heads encode each batch anew.
  package var encodedAnew: [String: Int] = [:]
  /// Artifacts that are wanted for themselves (a pre-trained model that nothing evaluates).
  package var targets: [StageKey] = []

  package struct Published: Sendable, Hashable, Codable {
    package var name: String
    package var citation: String
    package var values: [PublishedValue]

    package init(name: String, citation: String, values: [PublishedValue]) {
      self.name = name
      self.citation = citation
      self.values = values
    }
  }

  package init(experiment: String, question: String) {
    self.experiment = experiment
    self.question = question
  }

  /// Adds a stage unless an equal one is there, and returns its key.
  ///
  /// The stages that it consumes must have been added before: that is what keeps a plan free of cycles.
  @discardableResult
  package mutating func add(_ stage: Stage) throws(PlanError) -> StageKey {
    for (role, input) in stage.inputs {
      if let key = input.stageKey, stages[key] == nil {
        throw PlanError.unknownInput(stage: stage.label, role: role, key: key)
      }
    }
    if stages[stage.key] == nil { stages[stage.key] = stage }
    return stage.key
  }

  /// What stored features will take on disk, downsampled frames included.
  package var featureBytes: Int {
    stages.values.filter { $0.kind == .features || $0.kind == .downsample }
      .reduce(0) { $0 + $1.resources.diskBytes }
  }

  /// The stages that consume each stage directly.
  package func consumers() -> [StageKey: [StageKey]] {
    var result: [StageKey: [StageKey]] = [:]
    for stage in stages.values {
      for key in Set(stage.inputs.values.compactMap(\.stageKey)) {
        result[key, default: []].append(stage.key)
      }
    }
    return result
  }
}

/// A plan that cannot be.
package enum PlanError: Error, Sendable, Equatable, CustomStringConvertible {
  case unknownInput(stage: String, role: String, key: StageKey)

  package var description: String {
    switch self {
    case .unknownInput(let stage, let role, let key):
      "'\(stage)' consumes stage \(key) as '\(role)', which is not in the plan before it"
    }
  }
}

/// One row × seed of the comparison: a model, how it came to be, and where its numbers are.
package struct Cell: Sendable, Hashable {
  /// The name in the spec's `models:`; `nil` for the log-mel rows, which have no encoder.
  package var model: String?
  package var method: MethodPoint
  /// The fine-tuning task; `nil` where nothing was fine-tuned.
  package var fineTuned: String?
  package var seed: UInt64
  /// Evaluation stages by task name.
  package var evaluations: OrderedDictionary<String, StageKey>
  /// The comparison with θ₀; `nil` where there is no encoder.
  package var comparison: StageKey?
  /// What the encoder heard of the tests in its training, by task; tasks of which it heard nothing are
  /// absent.
  package var heard: [String: HeardTest] = [:]

  package init(
    model: String?, method: MethodPoint, fineTuned: String?, seed: UInt64,
    evaluations: OrderedDictionary<String, StageKey>, comparison: StageKey?
  ) {
    self.model = model
    self.method = method
    self.fineTuned = fineTuned
    self.seed = seed
    self.evaluations = evaluations
    self.comparison = comparison
  }
}

/// A method with one value of each of its lists: `speech-ft` at α 0.25.
package struct MethodPoint: Sendable, Hashable, Codable {
  /// The name in the spec: `log-mel`, `pre-trained`, `regular-ft`, `stable-ft`, `speech-ft`, ….
  package var name: String
  /// What a table row says: `Speech-FT α 0.25`.
  package var title: String
  /// α where the method interpolates; 0 for pre-trained, 1 for Stable-FT.
  package var alpha: Double?

  package init(name: String, title: String, alpha: Double? = nil) {
    self.name = name
    self.title = title
    self.alpha = alpha
  }
}

/// One column of the comparison table.
package struct TaskColumn: Sendable, Hashable, Codable {
  package var name: String
  /// What a table head says: `Dutch phonemes`.
  package var title: String
  /// `PER` or `accuracy`.
  package var metric: String
  package var higherIsBetter: Bool
  /// What the numbers of this task cannot tell (channel, few speakers, …), from the task's file.
  package var caveat: String?
  /// What else it is judged by: the values of slots beside their types. Absent for most tasks.
  package var secondMetric: TaskMetric?

  package init(
    name: String, title: String, metric: String, higherIsBetter: Bool, caveat: String?,
    secondMetric: TaskMetric? = nil
  ) {
    self.secondMetric = secondMetric
    self.name = name
    self.title = title
    self.metric = metric
    self.higherIsBetter = higherIsBetter
    self.caveat = caveat
  }
}

/// What was compared with θ₀, and over which frames.
package struct ComparisonRule: Sendable, Hashable, Codable {
  package var measures: [String]
  package var corpora: [String]
  package var frames: Int

  package init(measures: [String], corpora: [String], frames: Int) {
    self.measures = measures
    self.corpora = corpora
    self.frames = frames
  }
}

/// What is kept from every training of the experiment, for one corpus.
package struct HeldOutCorpus: Sendable, Hashable, Codable {
  package var corpus: String
  /// The unit that is split whole: `level`, `phrase`, `syllable`.
  package var splitBy: String
  package var trainRecordings: Int
  package var devRecordings: Int
  package var testRecordings: Int
  package var testGroups: Int
  /// Recordings with the bytes of another one, which count once.
  package var duplicates: Int
  /// The stages that train on this corpus.
  package var trainedOnBy: [String]

  package init(
    corpus: String, splitBy: String, trainRecordings: Int, devRecordings: Int, testRecordings: Int,
    testGroups: Int, duplicates: Int, trainedOnBy: [String]
  ) {
    self.corpus = corpus
    self.splitBy = splitBy
    self.trainRecordings = trainRecordings
    self.devRecordings = devRecordings
    self.testRecordings = testRecordings
    self.testGroups = testGroups
    self.duplicates = duplicates
    self.trainedOnBy = trainedOnBy
  }
}
