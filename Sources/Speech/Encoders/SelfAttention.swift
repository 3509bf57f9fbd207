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
      try weights.linear(hidden, "\(name).\(projection)")
        .reshape([batch, frames, heads, headWidth]).transposed(1, 2)  // B×H×T×(D/H)
    }
    let query = try split("q_proj").multiplying(by: 1 / Double(headWidth).squareRoot())
    var scores = try query.matmul(split("k_proj").transposed(2, 3))  // B×H×T×T
    if let positions {
      scores = try scores.adding(positions.gated(by: hidden, weights: weights, name: name))
    }
    if let padding { scores = try scores.adding(padding.scores) }
    let shares = try scores.softmax(dimension: 3).dropped(dropout)
    let mixed = try shares.matmul(split("v_proj"))
      .transposed(1, 2).reshape([batch, frames, configuration.width])
    return try weights.linear(mixed, name + ".out_proj")
  }
}
