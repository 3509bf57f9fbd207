import Torch

/// The codewords of masked frames of a padded batch; all other frames are ignored.
struct MaskedTargets {
  /// B·T, −100 where nothing is asked for.
  private let targets: [Int64]

  /// `numbers` has one codeword a frame of each utterance, the mask the padded frames too.
  init(_ numbers: [[Int]], _ mask: SpanMask) {
    let frames = mask.flags.count / max(1, numbers.count)
    targets = numbers.enumerated().flatMap { row, codewords in
      (0..<frames).map { frame in
        frame < codewords.count && mask.flags[row * frames + frame]
          ? Int64(codewords[frame]) : -100
      }
    }
  }

  /// Mean cross-entropy of B×T×codewords over the masked frames; 0 where there are none.
  func loss(_ outputs: Tensor) throws -> Tensor {
    let logits = try outputs.reshape([targets.count, outputs.shape[2]])
    if targets.allSatisfy({ $0 < 0 }) { return try logits.sum().multiplying(by: 0) }
    return try Network.crossEntropy(
      logits, targets: Tensor(targets, shape: [targets.count]), ignoreIndex: -100)
  }

  /// How many masked frames there are, and how many of them the outputs name rightly.
  func hits(_ outputs: Tensor) throws -> (hits: Int, count: Int) {
    let best = try outputs.argmax(dimension: 2).int64s()
    let asked = zip(best, targets).filter { $0.1 >= 0 }
    return (asked.count { $0.0 == $0.1 }, asked.count)
  }
}
