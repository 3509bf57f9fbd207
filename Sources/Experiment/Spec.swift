import OrderedCollections

/// What a person asks for: `experiments/<name>.yaml`, read and checked but not yet multiplied out.
package struct Spec: Sendable, Hashable {
  package var experiment: String
  package var question: String
  package var seeds: [UInt64]
  package var models: OrderedDictionary<String, ModelSource>
  package var fineTune: FineTuneSpec?
  package var methods: [MethodSpec]
  /// Rows that are chosen on dev among others.
  package var choices: [RowChoice]
  package var evaluate: EvaluateSpec?
  package var compare: ComparisonSpec?
  /// Whether tests that a training hears are marked in the tables, where otherwise they are refused.
  package var marksHeardTests = false
  /// How to get checkpoints, in words, by their paths: no part of any key.
  package var obtain: [String: String] = [:]
  /// Published numbers that stand beside its own: no part of any key.
  package var published: PublishedSpec?
  /// Where its parts stand, for errors that only other files can show.
  package var places: SpecPlaces

  /// The seed of draws that belong to no row: pre-training, and which frames are compared.
  package var firstSeed: UInt64 { seeds.first ?? 0 }

  /// Whether evaluations tell of the dev split too.
  var selectsOnDev: Bool { !choices.isEmpty }
}

/// Where θ₀ comes from.
package enum ModelSource: Sendable, Hashable {
  /// A Hugging Face folder, relative to the folder that holds the tasks. `trainedBy` names the
  /// experiment that made it, so that the held-out proof covers its training too.
  case checkpoint(path: String, trainedBy: String?)
  case pretrain(PretrainSpec)
  /// A model of another experiment: `pretrain-tiny`, or `pretrain-tiny/large` where it has several.
  case elsewhere(String)
}

/// A pre-training inside the plan: rounds of HuBERT's recipe over the train splits of corpora.
package struct PretrainSpec: Sendable, Hashable {
  package var corpora: [String]
  /// The model whose hidden states the first round clusters, or whose weights it starts from: one of
  /// this spec, or of another experiment as in `ModelSource.elsewhere`.
  package var teacher: String?
  package var rounds: [PretrainParameters]
}

/// What is fine-tuned on, and how.
package struct FineTuneSpec: Sendable, Hashable {
  /// One cell each.
  package var groups: [TaskGroup]
  /// Fields that take the place of the task files'.
  package var recipe: RecipeOverrides

  /// Every task of every group, once.
  package var tasks: OrderedSet<String> { OrderedSet(groups.flatMap(\.tasks)) }
}

/// Some fields of a `FineTuneRecipe`.
package struct RecipeOverrides: Sendable, Hashable {
  package var steps: Int?
  package var batchSeconds: Double?
  package var learningRate: Double?
  package var headOnly: Double?
  package var warmUp: Double?
  package var hold: Double?
  package var clip: Double?
  package var dropout: Double?
  package var checkpoints: [Double]?
  package var threads: Int?
  package var precision: Precision?
  package var accumulate: Int?
  package var devEvery: Int?
  package var keep: KeptStep?
  package var patience: [Int]?

  /// The recipe with these fields replaced.
  package func applied(to recipe: FineTuneRecipe) -> FineTuneRecipe {
    FineTuneRecipe(
      steps: steps ?? recipe.steps, batchSeconds: batchSeconds ?? recipe.batchSeconds,
      learningRate: learningRate ?? recipe.learningRate, headOnly: headOnly ?? recipe.headOnly,
      warmUp: warmUp ?? recipe.warmUp, hold: hold ?? recipe.hold, clip: clip ?? recipe.clip,
      dropout: dropout ?? recipe.dropout, checkpoints: checkpoints ?? recipe.checkpoints,
      threads: threads ?? recipe.threads, precision: precision ?? recipe.precision,
      accumulate: accumulate ?? recipe.accumulate, devEvery: devEvery ?? recipe.devEvery,
      keep: keep ?? recipe.keep, patience: patience ?? recipe.patience)
  }
}

/// What evaluates the encoders.
package struct EvaluateSpec: Sendable, Hashable {
  package var tasks: [String]
  package var score: ScoreSpec?
  /// Bytes that the frames of one stage of features may take; heads of larger ones encode each batch anew.
  /// `nil` for no limit.
  package var largestFrames: Double?
  /// Whether heads of all seeds and tasks draw the same batches, where they train on the same utterances.
  package var sharesBatches = false
}

/// A score: that of a file below `scores/`, or the form of SUPERB_S between a row and a perfect result.
package struct ScoreSpec: Sendable, Hashable {
  package var name: String
  /// The title of the row that is the floor; `nil` where a file has the anchors.
  package var floor: String?
}

/// How features are compared with θ₀'s, over the test recordings of the evaluated tasks.
package struct ComparisonSpec: Sendable, Hashable {
  package var measures: [String]
  /// Frames in all, divided evenly among the corpora.
  package var frames: Int
  package var ridge: Double
  /// Minutes of each corpus's test recordings that frames are drawn from; `nil` takes all that the
  /// tasks test on.
  package var minutes: Double?

  /// The words of specs.
  package static let measureNames = ["linear-cka", "debiased-cka", "r2", "weight-distance"]
}

/// What a task is: `experiments/tasks/<name>.yaml`.
package struct TaskDefinition: Sendable, Hashable {
  package var name: String
  package var title: String
  package var corpus: String
  package var target: Target
  /// What decides instead of the target's own metric.
  package var metric: String?
  /// Pairs of test utterances that are drawn as trials, unless the corpus lists trials.
  package var trials: Int?
  package var caveat: String?
  /// Limits in minutes, by split.
  package var minutes: [String: Double]
  /// The head that evaluates frozen encoders; absent where the task only fine-tunes.
  package var evaluation: EvaluationDefinition?
  /// How an encoder is fine-tuned on the task; absent where it only evaluates.
  package var fineTune: FineTuneDefinition?
  /// What papers call it, in their tables and as a fine-tuning: no part of any key.
  package var published: [String] = []
  package var places: SpecPlaces

  package struct EvaluationDefinition: Sendable, Hashable {
    package var head: HeadParameters
    package var recipe: HeadRecipe
  }

  package struct FineTuneDefinition: Sendable, Hashable {
    package var head: HeadParameters
    /// Of codewords.
    package var mask: MaskParameters?
    /// SpecAugment on what the head is given.
    package var augment: AugmentParameters?
    package var minutes: [String: Double]
    package var recipe: FineTuneRecipe
  }

  /// What it is judged by, the first deciding.
  package var metrics: [TaskMetric] { target.metrics(decidedBy: metric) }

  /// The recordings that evaluation heads train on and are tested with.
  package var selection: Selection {
    Selection(splits: target == .queries ? [.dev, .test] : [.train, .test], minutes: minutes)
  }
}

/// What is true of a machine: `experiments/sites/<name>.yaml`. Nothing here enters a key.
package struct SiteDefinition: Sendable, Hashable {
  package var name: String
  package var recordings: String
  package var artifacts: String
  /// `nil` for all that the machine has.
  package var cores: Int?
  /// 10⁹ bytes; `nil` for all that the machine has.
  package var memoryGigabytes: Double?
  /// `nil` for as many as the cores allow.
  package var workers: Int?
  /// Cards that workers are given one each, by their numbers; empty where all workers see what there is.
  package var gpus: [Int] = []
  /// Bytes that stay free on the disk of the artifacts; `nil` where nobody counts.
  package var freeBytes: Int?
  package var computing = Computing()
  /// Seconds that one try of a stage may take; `nil` for no limit. On a cluster Slurm has its own.
  package var stageSeconds: Double?
  /// Where stages go to a cluster.
  package var slurm: SlurmSite?
}
