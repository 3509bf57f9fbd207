import Torch

/// Which frames of a padded batch are real.
package struct PaddingMask {
  /// B×T×1: 1 for real frames, 0 for padding.
  package let frames: Tensor
  /// B×1×1×T: 0 for real frames, −∞ (float32's lowest) for padding, added to attention scores.
  package let scores: Tensor

  /// A mask for utterances of these lengths in frames; `nil` when all are equally long.
  package init?(lengths: [Int]) throws {
    guard let longest = lengths.max(), lengths.contains(where: { $0 != longest }) else {
      return nil
    }
    var real: [Float] = []
    var added: [Float] = []
    for length in lengths {
      for frame in 0..<longest {
        real.append(frame < length ? 1 : 0)
        added.append(frame < length ? 0 : -Float.greatestFiniteMagnitude)
      }
    }
    frames = try Tensor(real, shape: [lengths.count, longest, 1])
    scores = try Tensor(added, shape: [lengths.count, 1, 1, longest])
  }
}
