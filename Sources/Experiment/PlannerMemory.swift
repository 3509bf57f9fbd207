import OrderedCollections

/// What a planner made before and is asked for again by every row and seed: a grid of a thousand α
/// takes each training, each downsampling and each set of parameters once.
struct PlannerMemory {
  /// What decides one training.
  struct Training: Hashable {
    private let model: String
    private let group: TaskGroup
    private let seed: UInt64
    private let pretrained: StageInput
    private let start: StageInput
    private let words: String
    private let way: FineTuningWay

    init(_ fineTuning: FineTuning, _ way: FineTuningWay) {
      model = fineTuning.model
      group = fineTuning.group
      seed = fineTuning.seed
      pretrained = fineTuning.pretrained.input
      start = fineTuning.start.input
      words = fineTuning.words
      self.way = way
    }
  }

  /// What decides the output of a downsampling module.
  struct Downsampling: Hashable {
    var encoder: StageInput
    var task: String
    var isForEvaluation: Bool
  }

  /// What decides features.
  struct Features: Hashable {
    var parameters: FeaturesParameters
    var inputs: OrderedDictionary<String, StageInput>
    var seed: UInt64?
  }

  /// What decides the parameters of an evaluation.
  struct Evaluation: Hashable {
    var task: String
    /// What it encodes itself.
    var source: FeaturesParameters.Source?
  }

  var trainings: [Training: EncoderNode] = [:]
  var downsamplings: [Downsampling: StageInput] = [:]
  var features: [Features: StageInput] = [:]
  var selections: [String: Selection] = [:]
  var frozenFeatures: [FeaturesParameters: FrozenParameters] = [:]
  var evaluations: [Evaluation: FrozenParameters] = [:]
}
