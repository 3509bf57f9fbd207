/// Parameters of `corpus`. Inputs: `recordings` (external: the corpus's files).
package struct CorpusParameters: Sendable, Hashable, Codable {
  package var definition: CorpusDefinition

  package init(definition: CorpusDefinition) { self.definition = definition }
}

/// Which utterances of a corpus a stage uses.
package struct Selection: Sendable, Hashable, Codable {
  package var splits: [Split]
  /// At most so many minutes of a split, taken in the order of a hash of the utterance's name;
  /// a split without an entry is used whole.
  package var minutes: [String: Double]

  package init(splits: [Split], minutes: [String: Double] = [:]) {
    self.splits = splits
    self.minutes = minutes
  }
}

/// Sizes of an encoder of HuBERT's architecture (names of the Hugging Face configuration in brackets).
package struct EncoderArchitecture: Sendable, Hashable, Codable {
  /// Channels of the seven convolutions [conv_dim].
  package var convolutionChannels: Int
  /// Model width D [hidden_size].
  package var width: Int
  /// Transformer layers [num_hidden_layers].
  package var layers: Int
  /// Attention heads [num_attention_heads].
  package var attentionHeads: Int
  /// Feed-forward width [intermediate_size].
  package var feedForwardWidth: Int
  /// Kernel of the convolutional position embedding [num_conv_pos_embeddings].
  package var positionKernel: Int
  /// Groups of the convolutional position embedding [num_conv_pos_embedding_groups].
  package var positionGroups: Int
  package var dropout: Double

  package init(
    convolutionChannels: Int, width: Int, layers: Int, attentionHeads: Int, feedForwardWidth: Int,
    positionKernel: Int, positionGroups: Int, dropout: Double
  ) {
    self.convolutionChannels = convolutionChannels
    self.width = width
    self.layers = layers
    self.attentionHeads = attentionHeads
    self.feedForwardWidth = feedForwardWidth
    self.positionKernel = positionKernel
    self.positionGroups = positionGroups
    self.dropout = dropout
  }
}

/// Parameters of `pretrain`: one round of HuBERT's recipe (Hsu et al. 2021, arXiv 2106.07447).
/// Inputs: `corpus.<name>` for each corpus (train split only); `teacher` (a pre-trained model whose
/// features are clustered) in rounds after the first.
package struct PretrainParameters: Sendable, Hashable, Codable {
  /// What k-means clusters.
  package struct Units: Sendable, Hashable, Codable {
    /// `mfcc`, or `hidden` for a hidden state of the teacher.
    package var features: String
    /// The teacher's hidden state, counted from 0; absent for MFCC.
    package var layer: Int?
    package var clusters: Int
    /// Frames that k-means sees.
    package var frames: Int
    package var iterations: Int

    package init(features: String, layer: Int?, clusters: Int, frames: Int, iterations: Int) {
      self.features = features
      self.layer = layer
      self.clusters = clusters
      self.frames = frames
      self.iterations = iterations
    }
  }

  package var architecture: EncoderArchitecture
  package var units: Units
  /// Steps in which the convolutions and a linear map learn to give log-mel frames, before masking.
  package var frontEndSteps: Int
  package var steps: Int
  /// Seconds of audio in a batch.
  package var batchSeconds: Double
  /// Longer utterances are cropped at random to this many seconds.
  package var cropSeconds: Double
  /// AdamW's peak learning rate.
  package var learningRate: Double
  package var weightDecay: Double
  /// Share of the steps in which the rate rises linearly, then stays; it falls linearly to 0 after.
  package var warmUp: Double
  package var hold: Double
  /// Probability that a frame starts a masked span, and the span's length in frames.
  package var maskProbability: Double
  package var maskLength: Int
  /// Weight of the loss on frames that were not masked (HuBERT's is 0).
  package var unmaskedWeight: Double
  package var clip: Double
  /// `random`, or `teacher` to go on from the teacher's weights.
  package var start: String
  /// Threads of the computation: they order floating-point sums, so they decide bits.
  package var threads: Int

  package init(
    architecture: EncoderArchitecture, units: Units, frontEndSteps: Int, steps: Int,
    batchSeconds: Double, cropSeconds: Double, learningRate: Double, weightDecay: Double,
    warmUp: Double, hold: Double, maskProbability: Double, maskLength: Int, unmaskedWeight: Double,
    clip: Double, start: String, threads: Int
  ) {
    self.architecture = architecture
    self.units = units
    self.frontEndSteps = frontEndSteps
    self.steps = steps
    self.batchSeconds = batchSeconds
    self.cropSeconds = cropSeconds
    self.learningRate = learningRate
    self.weightDecay = weightDecay
    self.warmUp = warmUp
    self.hold = hold
    self.maskProbability = maskProbability
    self.maskLength = maskLength
    self.unmaskedWeight = unmaskedWeight
    self.clip = clip
    self.start = start
    self.threads = threads
  }
}
