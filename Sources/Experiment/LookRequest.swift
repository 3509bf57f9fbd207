/// What a worker is asked about checkpoints and recordings outside of any experiment: one JSON object.
package enum LookRequest: Sendable, Hashable, Codable {
  /// Every hidden state of recordings, into one safetensors file.
  case features(FeaturesLook)
  /// How alike two checkpoints are, layer by layer.
  case similarity(SimilarityLook)
  /// What a checkpoint is and whether it would load.
  case inspect(checkpoint: String)
  /// The encoder of a checkpoint in any form, as a Hugging Face folder.
  case convert(checkpoint: String, output: String)
}

package struct FeaturesLook: Sendable, Hashable, Codable {
  package var checkpoint: String
  /// Files, and folders of them.
  package var recordings: [String]
  /// The file to write; it must not be there yet.
  package var output: String
  package var threads: Int
  package var device: Device

  package init(
    checkpoint: String, recordings: [String], output: String, threads: Int, device: Device = .cpu
  ) {
    self.device = device
    self.checkpoint = checkpoint
    self.recordings = recordings
    self.output = output
    self.threads = threads
  }
}

package struct SimilarityLook: Sendable, Hashable, Codable {
  /// θ₀: R² is of its features, predicted from the other's.
  package var reference: String
  package var other: String
  package var recordings: [String]
  /// Frames to compare, drawn over all recordings with `seed`; all where there are fewer.
  package var frames: Int
  package var seed: UInt64
  package var ridge: Double
  package var threads: Int
  package var device: Device

  package init(
    reference: String, other: String, recordings: [String], frames: Int, seed: UInt64,
    ridge: Double, threads: Int, device: Device = .cpu
  ) {
    self.device = device
    self.reference = reference
    self.other = other
    self.recordings = recordings
    self.frames = frames
    self.seed = seed
    self.ridge = ridge
    self.threads = threads
  }
}

/// What a worker answers: one JSON object.
package enum LookAnswer: Sendable, Hashable, Codable {
  case features(FeaturesAnswer)
  case similarity(SimilarityAnswer)
  case inspection(Inspection)
  case converted(output: String)
}

package struct FeaturesAnswer: Sendable, Hashable, Codable {
  package struct Entry: Sendable, Hashable, Codable {
    /// The tensor's name: the recording's path as it was given or found.
    package var name: String
    package var frames: Int

    package init(name: String, frames: Int) {
      self.name = name
      self.frames = frames
    }
  }

  package var output: String
  /// Hidden states: layers + 1.
  package var states: Int
  package var width: Int
  package var recordings: [Entry]

  package init(output: String, states: Int, width: Int, recordings: [Entry]) {
    self.output = output
    self.states = states
    self.width = width
    self.recordings = recordings
  }
}

package struct SimilarityAnswer: Sendable, Hashable, Codable {
  package var reference: String
  package var other: String
  package var recordings: Int
  /// Recordings shorter than one frame, which were left out.
  package var tooShort: [String]
  package var frames: Int
  package var layers: [SimilarityRecord.Layer]
  /// `nil` where the two have different tensors.
  package var weightDistance: SimilarityRecord.WeightDistance?

  package init(
    reference: String, other: String, recordings: Int, tooShort: [String], frames: Int,
    layers: [SimilarityRecord.Layer], weightDistance: SimilarityRecord.WeightDistance?
  ) {
    self.reference = reference
    self.other = other
    self.recordings = recordings
    self.tooShort = tooShort
    self.frames = frames
    self.layers = layers
    self.weightDistance = weightDistance
  }
}

/// What a checkpoint is, told without computing with it.
package struct Inspection: Sendable, Hashable, Codable {
  package struct Fact: Sendable, Hashable, Codable {
    package var name: String
    package var value: String

    package init(_ name: String, _ value: String) {
      self.name = name
      self.value = value
    }
  }

  package struct DType: Sendable, Hashable, Codable {
    package var name: String
    package var tensors: Int
    package var parameters: Int

    package init(name: String, tensors: Int, parameters: Int) {
      self.name = name
      self.tensors = tensors
      self.parameters = parameters
    }
  }

  /// What a plan needs to know.
  package struct Sizes: Sendable, Hashable, Codable {
    package var layers: Int
    package var width: Int
    /// Features of a frame out of the downsampling module.
    package var downsampledWidth: Int

    package init(layers: Int, width: Int, downsampledWidth: Int) {
      self.layers = layers
      self.width = width
      self.downsampledWidth = downsampledWidth
    }
  }

  package var path: String
  /// `nil` where the architecture is not known.
  package var sizes: Sizes?
  /// `Hugging Face folder (safetensors)`, `fairseq .pt`, ….
  package var format: String
  /// Words and sizes of the architecture, in the order to show them; empty where it is not known.
  package var architecture: [Fact]
  package var dtypes: [DType]
  package var metadata: [String: String]
  /// Tensors that are no part of the encoder: heads of pre-training and of tasks.
  package var setAside: [String]
  /// Why it would not load; empty where it would.
  package var problems: [String]

  package init(
    path: String, sizes: Sizes? = nil, format: String, architecture: [Fact], dtypes: [DType],
    metadata: [String: String], setAside: [String], problems: [String]
  ) {
    self.path = path
    self.sizes = sizes
    self.format = format
    self.architecture = architecture
    self.dtypes = dtypes
    self.metadata = metadata
    self.setAside = setAside
    self.problems = problems
  }
}
