import Foundation
import Torch

/// WavLM's bias of attention scores: a number for each head and bucket of distances, which each
/// layer's input gates. The table is the first layer's; all layers use it.
///
/// Source: Chen et al. 2021 (arXiv 2110.13900), section III-B; the numbers of transformers'
/// `WavLMAttention`.
struct RelativePositionBias {
  /// H×T×T: query frame, key frame.
  let bias: Tensor

  /// The bias before the gates.
  ///
  /// - Parameters:
  ///   - positions: How distances fall into buckets.
  ///   - table: buckets×H.
  ///   - frames: T.
  /// - Throws: `TorchError`.
  /// - Returns: H×T×T.
  static func bias(
    _ positions: RelativePositions, table: Tensor, frames: Int
  ) throws -> Tensor {
    // The buckets of distances 1−T … T−1; query i sees the T of them that begin at T−1−i.
    let buckets = (0..<max(0, 2 * frames - 1)).map {
      Int64(positions.bucket(distance: $0 - (frames - 1)))
    }
    var indices: [Int64] = []
    indices.reserveCapacity(frames * frames)
    for query in 0..<frames {
      indices += buckets[(frames - 1 - query)..<(2 * frames - 1 - query)]
    }
    return try Network.embedding(Tensor(indices, shape: [frames, frames]), weight: table)
      .permuted([2, 0, 1]).contiguous()
  }

  /// The bias of one layer, B×H×T×T: its attention's input `hidden` (B×T×D) goes through the gate
  /// whose tensors begin with `name`.
  func gated(by hidden: Tensor, weights: NamedWeights, name: String) throws -> Tensor {
    let (batch, frames) = (hidden.shape[0], hidden.shape[1])
    let heads = bias.shape[0]
    let byHead = try hidden.reshape([batch, frames, heads, hidden.shape[2] / heads])
    let gates = try weights.linear(byHead, "\(name).\(EncoderNames.gate)")
      .reshape([batch, frames, heads, 2, EncoderNames.gateRows / 2])
      .sum(dimensions: [4]).sigmoid().transposed(1, 2)  // B×H×T×2
    let update = try gates.narrow(dimension: 3, start: 0, count: 1)
    let reset = try gates.narrow(dimension: 3, start: 1, count: 1)
    let constant = try weights("\(name).\(EncoderNames.gateConstant)")
    let gate = try update.multiplying(by: reset.multiplying(by: constant).subtracting(1))
      .adding(2)
    return try gate.multiplying(by: bias)
  }
}

extension RelativePositions {
  /// The bucket of a key `distance` frames after the query: half of the buckets are for keys that
  /// come later; of each half, one half is for single distances and the other grows with the
  /// logarithm.
  ///
  /// In float32, operation by operation as the reference computes it, so that edges fall alike.
  func bucket(distance: Int) -> Int {
    let half = buckets / 2
    let single = half / 2
    let (side, length) = (distance > 0 ? half : 0, abs(distance))
    guard length >= single else { return side + length }
    let growth =
      Foundation.log(Float(length) / Float(single))
      / Float(Foundation.log(Double(maximumDistance) / Double(single)))
    let large = single + Int(growth * Float(half - single))
    return side + min(large, half - 1)
  }
}
