/// What a head predicts from a corpus.
package enum Target: Sendable, Hashable, Codable {
  /// The utterance's phoneme sequence, by CTC.
  case phones
  /// The transcript's characters, by CTC.
  case characters
  /// One label of the utterance, by cross-entropy over the mean of its frames.
  case label(String)

  /// The word of specs: `phones`, `characters`, or the label's name.
  package init(word: String) {
    switch word {
    case "phones": self = .phones
    case "characters": self = .characters
    default: self = .label(word)
    }
  }

  package var word: String {
    switch self {
    case .phones: "phones"
    case .characters: "characters"
    case .label(let name): name
    }
  }

  /// Whether the head gives one answer an utterance (and so may pool before training).
  package var isPooled: Bool {
    if case .label = self { true } else { false }
  }

  package init(from decoder: any Decoder) throws {
    self.init(word: try decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(word)
  }
}

/// A network on top of an encoder.
package struct HeadParameters: Sendable, Hashable, Codable {
  /// Width of the linear layer before pooling or output.
  package var projection: Int
  /// Width of each direction of the BiLSTM layers, and how many; none in most heads.
  package var recurrentWidth: Int?
  package var recurrentLayers: Int?
  package var dropout: Double

  package init(
    projection: Int, recurrentWidth: Int? = nil, recurrentLayers: Int? = nil, dropout: Double = 0
  ) {
    self.projection = projection
    self.recurrentWidth = recurrentWidth
    self.recurrentLayers = recurrentLayers
    self.dropout = dropout
  }
}

/// What matrix products and convolutions are computed in. Weights, sums of losses, normalisation, softmax
/// and the optimiser are float32 always.
package enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  case float32, bfloat16
}

/// How fine-tuning goes, whatever the method.
package struct FineTuneRecipe: Sendable, Hashable, Codable {
  package var steps: Int
  package var batchSeconds: Double
  package var learningRate: Double
  /// β: share of the steps in which only the head learns (0 for regular fine-tuning).
  package var headOnly: Double
  package var warmUp: Double
  package var hold: Double
  package var clip: Double
  /// Dropout inside the encoder during fine-tuning.
  package var dropout: Double
  /// Shares of the steps at which the encoder is kept, for early-checkpoint rows.
  package var checkpoints: [Double]
  package var threads: Int
  /// Absent for float32, so that recipes without it keep their keys.
  package private(set) var precision: Precision?
  /// Batches whose gradients are averaged for one step; absent for 1.
  package private(set) var accumulate: Int?

  package init(
    steps: Int, batchSeconds: Double, learningRate: Double, headOnly: Double, warmUp: Double,
    hold: Double, clip: Double, dropout: Double, checkpoints: [Double], threads: Int,
    precision: Precision? = nil, accumulate: Int? = nil
  ) {
    self.steps = steps
    self.batchSeconds = batchSeconds
    self.learningRate = learningRate
    self.headOnly = headOnly
    self.warmUp = warmUp
    self.hold = hold
    self.clip = clip
    self.dropout = dropout
    self.checkpoints = checkpoints
    self.threads = threads
    self.precision = precision == .float32 ? nil : precision
    self.accumulate = accumulate == 1 ? nil : accumulate
  }

  /// Seconds of audio that one step sees.
  package var secondsPerStep: Double { batchSeconds * Double(batchesPerStep) }

  /// Batches for one step.
  package var batchesPerStep: Int { accumulate ?? 1 }

  /// Steps of the head-only phase.
  package var headOnlySteps: Int { Int((headOnly * Double(steps)).rounded()) }

  /// The step after which the checkpoint of `share` is kept.
  package func checkpointStep(_ share: Double) -> Int {
    Swift.max(1, Int((share * Double(steps)).rounded()))
  }
}

/// Parameters of `fine-tune`. Inputs: `encoder` (θ₀), `corpus`; `downsampled` where the downsampling
/// module is frozen; `start` (the head-only phase) where β > 0 and `phase` is `joint`.
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
    phase: Phase, target: Target, selection: Selection, head: HeadParameters,
    recipe: FineTuneRecipe, freezeDownsampling: Bool, penalty: L2SP? = nil,
    adapters: AdapterParameters? = nil
  ) {
    self.phase = phase
    self.target = target
    self.selection = selection
    self.head = head
    self.recipe = recipe
    self.freezeDownsampling = freezeDownsampling
    self.adapters = adapters
    self.penalty = penalty
  }
}

/// Parameters of `interpolate`. Inputs: `pre-trained` (θ₀), `fine-tuned` (θ′).
package struct InterpolateParameters: Sendable, Hashable, Codable {
  package var alpha: Double
  /// Name prefixes of tensors left at θ₀.
  package var excluded: [String]

  package init(alpha: Double, excluded: [String] = []) {
    self.alpha = alpha
    self.excluded = excluded
  }
}
