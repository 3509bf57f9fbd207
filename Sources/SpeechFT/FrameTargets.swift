import Torch

/// The numbers that frames of a padded batch are to be given; all other frames are ignored.
struct FrameTargets {
  /// B·T, −100 where nothing is asked for.
  private let targets: [Int64]

  /// `numbers` has one number a frame of each utterance, negative where nothing is asked; T is `frames`.
  /// With a mask only masked frames are asked for.
  init(_ numbers: [[Int]], frames: Int, mask: SpanMask? = nil) {
    targets = numbers.enumerated().flatMap { row, own in
      (0..<frames).map { frame in
        let isAsked = frame < own.count && own[frame] >= 0
        return isAsked && (mask?.flags[row * frames + frame] ?? true) ? Int64(own[frame]) : -100
      }
    }
  }

  /// Mean cross-entropy of B×T×outputs over the frames that are asked for; 0 where there are none.
  func loss(_ outputs: Tensor) throws -> Tensor {
    let logits = try outputs.reshape([targets.count, outputs.shape[2]])
    if targets.allSatisfy({ $0 < 0 }) { return try logits.sum().multiplying(by: 0) }
    return try Network.crossEntropy(
      logits, targets: Tensor(targets, shape: [targets.count]), ignoreIndex: -100)
  }

  /// How many frames are asked for, and how many of them the outputs name rightly.
  func hits(_ outputs: Tensor) throws -> (hits: Int, count: Int) {
    let best = try outputs.argmax(dimension: 2).int64s()
    let asked = zip(best, targets).filter { $0.1 >= 0 }
    return (asked.count { $0.0 == $0.1 }, asked.count)
  }
}
