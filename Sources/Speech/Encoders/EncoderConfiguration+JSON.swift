import Experiment

extension EncoderConfiguration {
  /// Reads the keys of a `config.json`, of the encoder alone or of a model with a head on it.
  ///
  /// Keys of heads, of masking and of training are passed over. `normalisesWaveform` is the
  /// family's published value until `read(preprocessor:path:)`.
  ///
  /// - Throws: `CheckpointError` naming the key that is missing, of another type, or that asks for
  ///   something else than these encoders do (other activations, adapters, BatchNorm).
  package init(json: Canonical, path: String) throws(CheckpointError) {
    let keys = ConfigurationKeys(json: json, path: path)
    let family = try keys.choice(
      "model_type", of: EncoderFamily.allCases.map { ($0.rawValue, $0) })
    self = .base(family)
    width = try keys.integer("hidden_size")
    layers = try keys.integer("num_hidden_layers")
    attentionHeads = try keys.integer("num_attention_heads")
    feedForwardWidth = try keys.integer("intermediate_size")
    positionKernel = try keys.integer("num_conv_pos_embeddings")
    positionGroups = try keys.integer("num_conv_pos_embedding_groups")
    layerNormEpsilon = try keys.number("layer_norm_eps")
    dropout = try keys.number("hidden_dropout")
    isPreNorm = try keys.flag("do_stable_layer_norm", orAbsent: false)
    try keys.expect("hidden_act", .string("gelu"), orAbsent: true)
    guard width % attentionHeads == 0, width % positionGroups == 0 else {
      throw keys.problem(
        "hidden_size",
        "num_attention_heads and num_conv_pos_embedding_groups must divide it")
    }
    if family == .decoar2 {
      melBins = try keys.integer("num_mel_bins")
    } else {
      try readConvolutions(keys)
      try readBlocks(keys)
    }
    normalisesWaveform = Self.normalisesWaveform(family, convolutionNorm)
  }

  private mutating func readConvolutions(_ keys: ConfigurationKeys) throws(CheckpointError) {
    convolutionChannels = try keys.integers("conv_dim")
    convolutionKernels = try keys.integers("conv_kernel")
    convolutionStrides = try keys.integers("conv_stride")
    convolutionBias = try keys.flag("conv_bias", orAbsent: false)
    convolutionNorm = try keys.choice(
      "feat_extract_norm", of: ConvolutionNorm.allCases.map { ($0.rawValue, $0) },
      orAbsent: .group)
    try keys.expect("feat_extract_activation", .string("gelu"), orAbsent: true)
    let convolutions = convolutionChannels.count
    guard convolutions > 0, convolutionKernels.count == convolutions,
      convolutionStrides.count == convolutions
    else {
      throw keys.problem("conv_dim", "conv_dim, conv_kernel and conv_stride must be equally long")
    }
    try keys.expect("num_feat_extract_layers", .integer(convolutions), orAbsent: true)
  }

  private mutating func readBlocks(_ keys: ConfigurationKeys) throws(CheckpointError) {
    if family == .hubert {
      hasProjectionNorm = try keys.flag("feat_proj_layer_norm", orAbsent: true)
      try keys.expect("conv_pos_batch_norm", .bool(false), orAbsent: true)
    } else {
      try keys.expect("add_adapter", .bool(false), orAbsent: true)
    }
    try keys.expect("adapter_attn_dim", .null, orAbsent: true)
    if family == .wavlm {
      relativePositions = RelativePositions(
        buckets: try keys.integer("num_buckets", orAbsent: 320),
        maximumDistance: try keys.integer("max_bucket_distance", orAbsent: 800))
      guard let positions = relativePositions, positions.buckets % 4 == 0,
        positions.maximumDistance > positions.buckets / 4
      else {
        throw keys.problem(
          "num_buckets", "it must be a multiple of 4, and max_bucket_distance above its quarter")
      }
    }
    let masking = [
      try keys.number("mask_time_prob", orAbsent: 0.05),
      try keys.number("mask_feature_prob", orAbsent: 0),
    ]
    hasMaskVector = masking.contains { $0 > 0 }
  }

  /// The `config.json` that the class of transformers loads (and for DeCoAR 2.0,
  /// `init(json:path:)`).
  package var json: Canonical {
    var members: [String: Canonical] = [
      "architectures": .list([.string(family.className)]),
      "model_type": .string(family.rawValue),
      "feat_proj_dropout": .real(dropout),
      "hidden_size": .integer(width),
      "num_hidden_layers": .integer(layers),
      "num_attention_heads": .integer(attentionHeads),
      "intermediate_size": .integer(feedForwardWidth),
      "hidden_act": .string("gelu"),
      "hidden_dropout": .real(dropout),
      "activation_dropout": .real(dropout),
      "attention_dropout": .real(dropout),
      "final_dropout": .real(dropout),
      "layerdrop": .real(0),
      "do_stable_layer_norm": .bool(isPreNorm),
      "num_conv_pos_embeddings": .integer(positionKernel),
      "num_conv_pos_embedding_groups": .integer(positionGroups),
      "layer_norm_eps": .real(layerNormEpsilon),
    ]
    if let melBins {
      members["num_mel_bins"] = .integer(melBins)
    } else {
      members.merge(jsonOfConvolutions) { own, _ in own }
    }
    if family == .hubert {
      members["feat_proj_layer_norm"] = .bool(hasProjectionNorm)
      members["conv_pos_batch_norm"] = .bool(false)
    }
    if let relativePositions {
      members["num_buckets"] = .integer(relativePositions.buckets)
      members["max_bucket_distance"] = .integer(relativePositions.maximumDistance)
    }
    return .map(members)
  }

  private var jsonOfConvolutions: [String: Canonical] {
    var members: [String: Canonical] = [
      "conv_dim": .list(convolutionChannels.map { .integer($0) }),
      "conv_kernel": .list(convolutionKernels.map { .integer($0) }),
      "conv_stride": .list(convolutionStrides.map { .integer($0) }),
      "num_feat_extract_layers": .integer(convolutionChannels.count),
      "conv_bias": .bool(convolutionBias),
      "feat_extract_norm": .string(convolutionNorm.rawValue),
      "feat_extract_activation": .string("gelu"),
      "apply_spec_augment": .bool(false),
    ]
    if !hasMaskVector {
      members["mask_time_prob"] = .real(0)
      members["mask_feature_prob"] = .real(0)
    }
    return members
  }
}

// MARK: preprocessor_config.json

extension EncoderConfiguration {
  /// Takes over what a `preprocessor_config.json` says of waveforms.
  ///
  /// - Throws: `CheckpointError` for another sampling rate than 16 kHz, or a value of another type.
  package mutating func read(
    preprocessor json: Canonical, path: String
  ) throws(CheckpointError) {
    let keys = ConfigurationKeys(json: json, path: path)
    try keys.expect("sampling_rate", .integer(16_000), orAbsent: true)
    // Without the key, Wav2Vec2FeatureExtractor normalises.
    normalisesWaveform = try keys.flag("do_normalize", orAbsent: true)
  }

  /// The `preprocessor_config.json` for transformers' `Wav2Vec2FeatureExtractor`; `nil` for DeCoAR
  /// 2.0, which has its own features.
  package var preprocessorJSON: Canonical? {
    guard melBins == nil else { return nil }
    return .map([
      "feature_extractor_type": .string("Wav2Vec2FeatureExtractor"),
      "do_normalize": .bool(normalisesWaveform),
      "feature_size": .integer(1),
      "padding_side": .string("right"),
      "padding_value": .real(0),
      // As published: models whose GroupNorm sees padding were trained without masks.
      "return_attention_mask": .bool(convolutionNorm == .layer),
      "sampling_rate": .integer(16_000),
    ])
  }

  /// Whether a folder without `preprocessor_config.json` is read with another `normalisesWaveform`.
  package var needsPreprocessor: Bool {
    normalisesWaveform != Self.normalisesWaveform(family, convolutionNorm)
  }
}
