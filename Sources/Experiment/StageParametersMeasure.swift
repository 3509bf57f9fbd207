/// Parameters of `downsample`. Inputs: `encoder` (whose downsampling module is run), `corpus`.
package struct DownsampleParameters: Sendable, Hashable, Codable {
  package var selection: Selection
  package var threads: Int

  package init(selection: Selection, threads: Int) {
    self.selection = selection
    self.threads = threads
  }
}

/// Parameters of `codewords`. Inputs: `encoder` (θ₀), `codebook` (its pre-training head), `corpus`.
package struct CodewordsParameters: Sendable, Hashable, Codable {
  package var selection: Selection
  package var threads: Int

  package init(selection: Selection, threads: Int) {
    self.selection = selection
    self.threads = threads
  }
}

/// Parameters of `features`. Inputs: `corpus`; `encoder` unless `source` is log-mel; `downsampled`
/// where the encoder's downsampling module is θ₀'s.
package struct FeaturesParameters: Sendable, Hashable, Codable {
  package enum Source: String, Sendable, Hashable, Codable {
    /// All hidden states of the encoder: layers + 1 of width D.
    case encoder
    /// 80 log-mel energies every 20 ms (the frames of an encoder), as one "hidden state".
    case logMel = "log-mel"
    /// The same with each utterance brought to zero mean and unit variance in every band.
    case normalisedLogMel = "log-mel-normalised"
  }
  package enum Output: Sendable, Hashable, Codable {
    /// Mean over time of each hidden state: utterances × layers × D, float32.
    case pooled
    /// Every frame: layers × frames × D, float16.
    case frames
    /// A fixed, seeded sample of frames over all utterances: layers × count × D, float32.
    case sampled(count: Int)

    private enum CodingKeys: String, CodingKey { case output, count }

    package init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: CodingKeys.self)
      switch try container.decode(String.self, forKey: .output) {
      case "pooled": self = .pooled
      case "frames": self = .frames
      case "sampled": self = .sampled(count: try container.decode(Int.self, forKey: .count))
      case let other:
        throw DecodingError.dataCorruptedError(
          forKey: .output, in: container,
          debugDescription: "'\(other)' is not an output: pooled, frames or sampled")
      }
    }

    package func encode(to encoder: any Encoder) throws {
      var container = encoder.container(keyedBy: CodingKeys.self)
      switch self {
      case .pooled: try container.encode("pooled", forKey: .output)
      case .frames: try container.encode("frames", forKey: .output)
      case .sampled(let count):
        try container.encode("sampled", forKey: .output)
        try container.encode(count, forKey: .count)
      }
    }
  }
  package var source: Source
  package var selection: Selection
  package var output: Output
  package var threads: Int
  /// Seconds that longer training utterances are cut to; absent where they are whole.
  package var cropSeconds: Double?

  package init(
    source: Source, selection: Selection, output: Output, threads: Int, cropSeconds: Double? = nil
  ) {
    self.cropSeconds = cropSeconds
    self.source = source
    self.selection = selection
    self.output = output
    self.threads = threads
  }
}

/// Parameters of `evaluate`. Inputs: `features` and `corpus`, or, where each step encodes its batch anew,
/// `corpus`, `encoder` and `downsampled` as `features` has them.
package struct EvaluateParameters: Sendable, Hashable, Codable {
  package var task: String
  package var target: Target
  package var head: HeadParameters
  package var recipe: HeadRecipe
  package var selection: Selection
  /// What decides instead of the target's own metric; absent where that does.
  package var metric: String?
  /// The label whose values are drawn together in intervals, as the utterances of a speaker; absent where
  /// each utterance is drawn alone.
  package var together: String?
  /// Where each step encodes its batch anew, what is encoded; absent where features are stored.
  package var source: FeaturesParameters.Source?
  /// Pairs of test utterances that are drawn as trials; absent where the corpus lists them.
  package var trials: Int?
  /// As the kind's revision, of trials alone, so that the keys of all other evaluations stay. 2: intervals draw the
  /// speakers of both sides. Absent: before that, and of all other targets.
  package private(set) var revision: Int?

  /// The metrics, the first deciding.
  package var metrics: [TaskMetric] { target.metrics(decidedBy: metric) }

  package init(
    task: String, target: Target, head: HeadParameters, recipe: HeadRecipe, selection: Selection,
    metric: String? = nil, together: String? = nil, trials: Int? = nil,
    source: FeaturesParameters.Source? = nil
  ) {
    self.source = source
    self.task = task
    self.target = target
    self.head = head
    self.recipe = recipe
    self.selection = selection
    self.metric = metric
    self.together = together
    self.trials = trials
    if case .trials = target { revision = 2 }
  }
}

/// Parameters of `compare`. Inputs: `reference.<corpus>` (θ₀'s sampled features), `features.<corpus>`
/// (the model's), `pre-trained` and `encoder` (for the distance of weights).
package struct CompareParameters: Sendable, Hashable, Codable {
  /// Of `linear-cka`, `debiased-cka`, `r2`, `weight-distance`.
  package var measures: [String]
  /// Ridge penalty of R², relative to the mean eigenvalue of the features' covariance.
  package var ridge: Double
  package var threads: Int

  package init(measures: [String], ridge: Double, threads: Int) {
    self.measures = measures
    self.ridge = ridge
    self.threads = threads
  }
}
