import Torch

/// Multi-head self-attention over all real frames.
struct SelfAttention {
  let configuration: EncoderConfiguration
  let weights: NamedWeights
  /// Prefix of its tensors' names, without the last dot.
  let name: String

  /// B×T×D → B×T×D.
  func callAsFunction(
    _ hidden: Tensor, padding: PaddingMask?, positions: RelativePositionBias?,
    dropout: EncoderDropout?
  ) throws -> Tensor {
    let (batch, frames) = (hidden.shape[0], hidden.shape[1])
    let heads = configuration.attentionHeads
    let headWidth = configuration.width / heads
    func split(_ projection: String) throws -> Tensor {
      try weights.linear(hidden, "\(name).\(projection)", dropout: dropout)
        .reshape([batch, frames, heads, headWidth]).transposed(1, 2)  // B×H×T×(D/H)
    }
    let draws = dropout.flatMap { $0.probability > 0 ? ($0.probability, $0.generator) : nil }
    let mixed = try Network.scaledDotProductAttention(
      split("q_proj"), split("k_proj"), split("v_proj"),
      bias: positions?.gated(by: hidden, weights: weights, name: name), mask: padding?.scores,
      dropout: draws
    )
    .transposed(1, 2).reshape([batch, frames, configuration.width])
    return try weights.linear(mixed, name + ".out_proj", dropout: dropout)
  }
}
