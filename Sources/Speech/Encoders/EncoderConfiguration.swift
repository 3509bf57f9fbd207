import Experiment

/// The sizes and the kind of an encoder, as the `config.json` of a Hugging Face folder states them.
///
/// Source: transformers `HubertConfig`, `Wav2Vec2Config` and `WavLMConfig`, and s3prl's
/// `upstream/decoar2`; the names in quotation marks are keys.
package struct EncoderConfiguration: Sendable, Hashable {
  /// "model_type".
  package var family: EncoderFamily
  /// Mel filters, where the downsampling module is a filterbank and not convolutions
  /// ("num_mel_bins").
  package var melBins: Int?
  /// Output channels of each convolution ("conv_dim").
  package var convolutionChannels: [Int]
  /// Kernel widths in samples of the layer below ("conv_kernel").
  package var convolutionKernels: [Int]
  /// Strides ("conv_stride").
  package var convolutionStrides: [Int]
  /// "feat_extract_norm".
  package var convolutionNorm: ConvolutionNorm
  /// "conv_bias".
  package var convolutionBias: Bool
  /// Whether a LayerNorm comes before the projection to the model's width ("feat_proj_layer_norm").
  package var hasProjectionNorm: Bool
  /// D ("hidden_size").
  package var width: Int
  /// L ("num_hidden_layers").
  package var layers: Int
  /// "num_attention_heads".
  package var attentionHeads: Int
  /// "intermediate_size".
  package var feedForwardWidth: Int
  /// Whether LayerNorm comes before attention and feed-forward and once at the end, and not after
  /// each ("do_stable_layer_norm").
  package var isPreNorm: Bool
  /// WavLM's gated bias of attention.
  package var relativePositions: RelativePositions?
  /// "num_conv_pos_embeddings".
  package var positionKernel: Int
  /// "num_conv_pos_embedding_groups".
  package var positionGroups: Int
  /// "layer_norm_eps".
  package var layerNormEpsilon: Double
  /// "hidden_dropout", used at every place where activations are dropped.
  package var dropout: Double
  /// Whether the checkpoint has the vector that stands in for masked frames: transformers makes one
  /// where "mask_time_prob" or "mask_feature_prob" is above 0. It takes no part outside
  /// pre-training.
  package var hasMaskVector: Bool
  /// Whether waveforms are brought to zero mean and unit variance ("do_normalize" of
  /// `preprocessor_config.json`).
  package var normalisesWaveform: Bool
}

extension EncoderConfiguration {
  /// A family's published Base model: 12 layers of width 768.
  package static func base(_ family: EncoderFamily) -> EncoderConfiguration {
    let isFilterbank = family == .decoar2
    return EncoderConfiguration(
      family: family, melBins: isFilterbank ? 80 : nil,
      convolutionChannels: isFilterbank ? [] : Array(repeating: 512, count: 7),
      convolutionKernels: isFilterbank ? [] : [10, 3, 3, 3, 3, 2, 2],
      convolutionStrides: isFilterbank ? [] : [5, 2, 2, 2, 2, 2, 2],
      convolutionNorm: .group, convolutionBias: false, hasProjectionNorm: !isFilterbank,
      width: 768, layers: 12, attentionHeads: 12, feedForwardWidth: 3072, isPreNorm: false,
      relativePositions: family == .wavlm ? RelativePositions() : nil,
      positionKernel: 128, positionGroups: 16, layerNormEpsilon: 1e-5, dropout: 0.1,
      hasMaskVector: !isFilterbank,
      normalisesWaveform: normalisesWaveform(family, .group))
  }

  /// HuBERT's seven convolutions with the widths of `architecture`.
  package init(_ architecture: EncoderArchitecture) {
    self = .base(.hubert)
    convolutionChannels = Array(repeating: architecture.convolutionChannels, count: 7)
    width = architecture.width
    layers = architecture.layers
    attentionHeads = architecture.attentionHeads
    feedForwardWidth = architecture.feedForwardWidth
    positionKernel = architecture.positionKernel
    positionGroups = architecture.positionGroups
    dropout = architecture.dropout
  }

  /// What the published checkpoints of a family want where no `preprocessor_config.json` says it.
  ///
  /// HuBERT's and wav2vec 2.0's folders on the hub all normalise. WavLM was trained on normalised
  /// waveforms only where its convolutions have LayerNorm, which is WavLM Large. DeCoAR 2.0
  /// normalises its filterbank instead.
  static func normalisesWaveform(_ family: EncoderFamily, _ norm: ConvolutionNorm) -> Bool {
    switch family {
    case .hubert, .wav2vec2: true
    case .wavlm: norm == .layer
    case .decoar2: false
    }
  }
}

extension EncoderConfiguration {
  /// Samples between frames: 320, which is 20 ms at 16 kHz.
  package var strideSamples: Int {
    melBins == nil ? convolutionStrides.reduce(1, *) : FilterbankFrontEnd.strideSamples
  }

  /// Samples that one frame sees: 400, which is 25 ms at 16 kHz.
  package var windowSamples: Int {
    guard melBins == nil else { return FilterbankFrontEnd.windowSamples }
    var window = 1
    for (kernel, stride) in zip(convolutionKernels, convolutionStrides).reversed() {
      window = (window - 1) * stride + kernel
    }
    return window
  }

  /// Frames T of a waveform of `samples` samples; 0 when it is shorter than one window.
  package func frames(samples: Int) -> Int {
    guard melBins == nil else { return FilterbankFrontEnd.frames(samples: samples) }
    var length = samples
    for (kernel, stride) in zip(convolutionKernels, convolutionStrides) {
      guard length >= kernel else { return 0 }
      length = (length - kernel) / stride + 1
    }
    return length
  }

  /// C, the numbers a frame has before the projection.
  package var downsampledWidth: Int { melBins ?? convolutionChannels.last ?? 1 }

  /// A recording as the encoder wants it: of zero mean and unit variance, or as it is.
  package func prepared(_ samples: [Float]) -> [Float] {
    normalisesWaveform ? Corpus.normalised(samples) : samples
  }

  /// Whether weights of `other` fit: everything but dropout is equal.
  package func hasSizes(of other: EncoderConfiguration) -> Bool {
    var same = other
    same.dropout = dropout
    return self == same
  }

  var names: EncoderNames { EncoderNames(family) }
}
