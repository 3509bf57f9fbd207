import Torch

/// HuBERT's masking of projected frames: every frame starts a masked span with some probability, and
/// spans may overlap (Hsu et al. 2021, section III-B, after SpanBERT and wav2vec 2.0).
struct SpanMask {
  /// B×T×1: 1 for masked frames.
  let mask: Tensor
  /// The same by rows: B·T.
  let flags: [Bool]

  init(batch: Int, frames: Int, probability: Double, length: Int, numbers: inout SplitMix64) throws
  {
    var flags = [Bool](repeating: false, count: batch * frames)
    for row in 0..<batch {
      var remaining = 0
      for frame in 0..<frames {
        if numbers.unit() < probability { remaining = length }
        if remaining > 0 {
          flags[row * frames + frame] = true
          remaining -= 1
        }
      }
    }
    self.flags = flags
    mask = try Tensor(flags.map { $0 ? Float(1) : 0 }, shape: [batch, frames, 1])
  }

  /// Replaces masked frames of B×T×D by `embedding` (D).
  func apply(to projected: Tensor, embedding: Tensor) throws -> Tensor {
    let kept = try projected.multiplying(by: mask.multiplying(by: -1).adding(1))
    return try kept.adding(mask.multiplying(by: embedding))
  }
}
