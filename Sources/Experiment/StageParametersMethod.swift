/// A network on top of an encoder.
package struct HeadParameters: Sendable, Hashable, Codable {
  /// Width of the linear layer before pooling or output; absent where the output is the only layer.
  package var projection: Int?
  /// Width of each direction of the BiLSTM layers, and how many; none in most heads.
  package var recurrentWidth: Int?
  package var recurrentLayers: Int?
  package var dropout: Double
  /// True where each BiLSTM layer ends in tanh of a square linear map; absent elsewhere.
  package private(set) var hasTanhMaps: Bool?
  /// Width of the layer whose mean and deviation over time are taken, of trials; absent elsewhere.
  package private(set) var pooledWidth: Int?
  /// True where there are BiLSTM layers, which run over each utterance's own frames: keys of heads that
  /// ran over padding too are others.
  private var isPacked: Bool?
  /// 1 where there are BiLSTM layers, whose sums are of all frames at once: keys of those that libtorch
  /// summed are others.
  private var cells: Int?

  package init(
    projection: Int?, recurrentWidth: Int? = nil, recurrentLayers: Int? = nil, dropout: Double = 0,
    hasTanhMaps: Bool = false, pooledWidth: Int? = nil
  ) {
    self.hasTanhMaps = hasTanhMaps ? true : nil
    self.pooledWidth = pooledWidth
    isPacked = recurrentWidth == nil ? nil : true
    cells = recurrentWidth == nil ? nil : 1
    self.projection = projection
    self.recurrentWidth = recurrentWidth
    self.recurrentLayers = recurrentLayers
    self.dropout = dropout
  }
}

/// HuBERT's span masking (Hsu et al. 2021, section III-B).
package struct MaskParameters: Sendable, Hashable, Codable {
  /// That a frame starts a masked span.
  package var probability: Double
  /// Frames of a span.
  package var length: Int

  package init(probability: Double, length: Int) {
    self.probability = probability
    self.length = length
  }
}

/// SpecAugment on the features that the head is given in training (Park et al. 2019, arXiv 1904.08779).
package struct AugmentParameters: Sendable, Hashable, Codable {
  /// Frames that a point in time is moved by at most; 0 for none.
  package var timeWarp: Int
  package var timeMasks: Int
  /// Frames of a mask are fewer.
  package var timeWidth: Int
  package var featureMasks: Int
  /// Features of a mask are fewer.
  package var featureWidth: Int

  package init(
    timeWarp: Int, timeMasks: Int, timeWidth: Int, featureMasks: Int, featureWidth: Int
  ) {
    self.timeWarp = timeWarp
    self.timeMasks = timeMasks
    self.timeWidth = timeWidth
    self.featureMasks = featureMasks
    self.featureWidth = featureWidth
  }
}

/// What one task of a fine-tuning is.
package struct FineTuneTask: Sendable, Hashable, Codable {
  package var target: Target
  package var selection: Selection
  package var head: HeadParameters
  /// Of codewords; absent for every other target.
  package var mask: MaskParameters?
  /// Absent for features as they are.
  package var augment: AugmentParameters?

  package init(
    target: Target, selection: Selection, head: HeadParameters, mask: MaskParameters? = nil,
    augment: AugmentParameters? = nil
  ) {
    self.augment = augment
    self.target = target
    self.selection = selection
    self.head = head
    self.mask = mask
  }
}

/// Parameters of `fine-tune`. Inputs: `encoder` (θ₀), `corpus`; `downsampled` where the downsampling
/// module is frozen; `codewords` where they are the target; `start` (the head-only phase) where β > 0 and
/// `phase` is `joint`.
package struct FineTuneParameters: Sendable, Hashable, Codable {
  package enum Phase: String, Sendable, Hashable, Codable {
    /// Steps 0 ..< β·steps: only the head learns. Leaves `head.safetensors` and `state.safetensors`.
    case headOnly = "head-only"
    /// The remaining steps, from the head-only state if there is one. Leaves `model/`.
    case joint
  }
  package var phase: Phase
  package var target: Target
  package var selection: Selection
  package var head: HeadParameters
  package var recipe: FineTuneRecipe
  /// Whether the downsampling module stays at θ₀ (Stable-FT; in regular fine-tuning it learns).
  package var freezeDownsampling: Bool
  /// λ of the penalty λ‖θ−θ₀‖² over the encoder's learning tensors; absent outside L2-SP.
  package private(set) var l2spStrength: Double?
  /// Absent where all of them are anchored.
  package private(set) var l2spAnchored: Anchored?
  /// Absent where the head does not decay.
  package private(set) var headDecay: Double?

  /// Of codewords; absent for every other target.
  package private(set) var mask: MaskParameters?
  package private(set) var augment: AugmentParameters?
  /// What is learnt along with the first task, a batch of each a step; absent for one task. Inputs of
  /// task n from 1 on: `corpus.n`, `downsampled.n`, `codewords.n`.
  package var alongside: [FineTuneTask]?

  /// All tasks, the first one first.
  package var tasks: [FineTuneTask] {
    let first = FineTuneTask(
      target: target, selection: selection, head: head, mask: mask, augment: augment)
    return [first] + (alongside ?? [])
  }

  /// LoRA or DoRA: of the encoder they alone learn, in the joint phase, and are merged at its end into
  /// `model/`, beside which `adapter/` is left. Absent in every other method.
  package var adapters: AdapterParameters?

  /// L2-SP; `nil` for every other method.
  package var penalty: L2SP? {
    get {
      l2spStrength.map {
        L2SP(strength: $0, anchored: l2spAnchored ?? .all, headDecay: headDecay ?? 0)
      }
    }
    set {
      l2spStrength = newValue?.strength
      l2spAnchored = newValue.flatMap { $0.anchored == .all ? nil : $0.anchored }
      headDecay = newValue.flatMap { $0.headDecay == 0 ? nil : $0.headDecay }
    }
  }

  package init(
    phase: Phase, task: FineTuneTask, alongside: [FineTuneTask] = [], recipe: FineTuneRecipe,
    freezeDownsampling: Bool, penalty: L2SP? = nil, adapters: AdapterParameters? = nil
  ) {
    self.phase = phase
    target = task.target
    selection = task.selection
    head = task.head
    mask = task.mask
    augment = task.augment
    self.alongside = alongside.isEmpty ? nil : alongside
    self.recipe = recipe
    self.freezeDownsampling = freezeDownsampling
    self.adapters = adapters
    self.penalty = penalty
  }
}

/// Parameters of `interpolate`. Inputs: `pre-trained` (θ₀), `fine-tuned` (θ′); where several task
/// vectors are merged, `fine-tuned.1`, `fine-tuned.2`, … in the order of the tasks.
package struct InterpolateParameters: Sendable, Hashable, Codable {
  package var alpha: Double
  /// Name prefixes of tensors left at θ₀.
  package var excluded: [String]
  /// How several task vectors are merged; absent for one θ′.
  package var rule: MergeRule?

  package init(alpha: Double, excluded: [String] = [], rule: MergeRule? = nil) {
    self.alpha = alpha
    self.excluded = excluded
    self.rule = rule
  }
}
