import Torch

/// One transformer layer: attention and feed-forward, each added to its input and normalised after
/// that (post-LN), or given a normalised input (pre-LN).
struct TransformerLayer {
  let configuration: EncoderConfiguration
  let weights: NamedWeights
  let index: Int

  private var names: EncoderNames { configuration.names }

  private func name(_ part: String) -> String { "\(names.layer(index)).\(part)" }

  /// B×T×D → B×T×D.
  func callAsFunction(
    _ hidden: Tensor, padding: PaddingMask?, positions: RelativePositionBias?,
    dropout: EncoderDropout?
  ) throws -> Tensor {
    let attention = SelfAttention(
      configuration: configuration, weights: weights, name: name(names.attention))
    func attended(_ input: Tensor) throws -> Tensor {
      try attention(input, padding: padding, positions: positions, dropout: dropout)
        .dropped(dropout)
    }
    let attentionNorm = name(names.attentionNorm)
    let finalNorm = name(names.finalNorm)
    if configuration.isPreNorm {
      let middle = try hidden.adding(attended(weights.layerNorm(hidden, attentionNorm)))
      return try middle.adding(feedForward(weights.layerNorm(middle, finalNorm), dropout))
    }
    let middle = try weights.layerNorm(hidden.adding(attended(hidden)), attentionNorm)
    return try weights.layerNorm(middle.adding(feedForward(middle, dropout)), finalNorm)
  }

  private func feedForward(_ input: Tensor, _ dropout: EncoderDropout?) throws -> Tensor {
    let inner = try weights.linear(input, name(names.intermediate), dropout: dropout).gelu()
      .dropped(dropout)
    return try weights.linear(inner, name(names.output), dropout: dropout).dropped(dropout)
  }
}
