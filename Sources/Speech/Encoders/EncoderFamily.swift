/// The published encoders whose checkpoints can be used, by the `model_type` of their
/// `config.json`.
package enum EncoderFamily: String, Sendable, Hashable, CaseIterable {
  /// Hsu et al. 2021 (arXiv 2106.07447).
  case hubert
  /// Baevski et al. 2020 (arXiv 2006.11477), without quantiser and heads.
  case wav2vec2
  /// Chen et al. 2021 (arXiv 2110.13900).
  case wavlm
  /// Ling and Liu 2020 (arXiv 2012.06659). transformers has no class for it: its `config.json` is
  /// ours, its tensors bear the names of s3prl's `upstream/decoar2`.
  case decoar2

  /// The class that loads a checkpoint: transformers' for all but DeCoAR 2.0, whose is s3prl's.
  package var className: String {
    switch self {
    case .hubert: "HubertModel"
    case .wav2vec2: "Wav2Vec2Model"
    case .wavlm: "WavLMModel"
    case .decoar2: "Decoar2"
    }
  }
}

/// How the convolutions of the downsampling module are normalised ("feat_extract_norm").
package enum ConvolutionNorm: String, Sendable, Hashable, CaseIterable {
  /// GroupNorm of one channel a group after the first convolution: over time, so it sees padding.
  case group
  /// LayerNorm over the channels of each frame, after every convolution.
  case layer
}

/// WavLM's relative position bias: distances in buckets, exact when small and logarithmic when
/// large.
package struct RelativePositions: Sendable, Hashable {
  /// For both directions together ("num_buckets").
  package var buckets: Int
  /// The distance in frames from which on all share the last bucket ("max_bucket_distance").
  package var maximumDistance: Int

  package init(buckets: Int = 320, maximumDistance: Int = 800) {
    self.buckets = buckets
    self.maximumDistance = maximumDistance
  }
}
