import CTorch

/// What becomes of the losses of single utterances or frames.
package enum LossReduction: Sendable, Hashable {
  case none, mean, sum

  var code: ct_loss_reduction {
    switch self {
    case .none: .none
    case .mean: .mean
    case .sum: .sum
    }
  }
}

extension Network {
  /// Connectionist temporal classification (Graves et al. 2006), as torch.nn.functional.ctc_loss.
  ///
  /// - Parameters:
  ///   - logProbabilities: [T, B, C], log-softmax over C.
  ///   - targets: int64, [B, S] padded, or all utterances' labels one after another in a vector.
  ///   - inputLengths: How many frames of each utterance count; B numbers.
  ///   - targetLengths: How many labels each utterance has; B numbers.
  ///   - blank: The class that stands for no label.
  ///   - reduction: `mean` divides each utterance's loss by its number of labels, then takes the
  ///     mean over the batch.
  ///   - zeroInfinity: Whether an utterance with fewer frames than its labels need counts as 0
  ///     instead of ∞.
  /// - Returns: A scalar, or [B] without reduction.
  /// - Throws: `TorchError.refused` where shapes, lengths or labels do not fit.
  package static func ctcLoss(
    _ logProbabilities: Tensor, targets: Tensor, inputLengths: [Int], targetLengths: [Int],
    blank: Int = 0, reduction: LossReduction = .mean, zeroInfinity: Bool = false
  ) throws(TorchError) -> Tensor {
    guard inputLengths.count == targetLengths.count else {
      throw .refused(
        operation: "ctcLoss", operands: [logProbabilities.summary, targets.summary],
        reason: "\(inputLengths.count) input lengths but \(targetLengths.count) target lengths")
    }
    return try Tensor.make("ctcLoss", [logProbabilities, targets]) { out in
      inputLengths.withInt64s { frames, batch in
        targetLengths.withInt64s { labels, _ in
          withUnsafePointer(to: Int64(0)) { nothing in
            ct_ctc_loss(
              logProbabilities.handle, targets.handle, frames ?? nothing, labels ?? nothing,
              batch, Int64(blank), reduction.code, zeroInfinity, out)
          }
        }
      }
    }
  }

  /// −log softmax(logits)[target].
  ///
  /// - Parameters:
  ///   - logits: [N, C], or [N, C, …] with the classes second.
  ///   - targets: int64, [N] or [N, …].
  ///   - ignoreIndex: Targets of this value count neither in the loss nor in the mean.
  ///   - classWeights: [C].
  ///   - labelSmoothing: The share of probability spread over all classes.
  ///   - reduction: `mean` is over the targets that count.
  /// - Returns: A scalar, or the shape of the targets without reduction.
  /// - Throws: `TorchError.refused` where the shapes do not fit or a target is no class.
  package static func crossEntropy(
    _ logits: Tensor, targets: Tensor, ignoreIndex: Int = -100, classWeights: Tensor? = nil,
    labelSmoothing: Double = 0, reduction: LossReduction = .mean
  ) throws(TorchError) -> Tensor {
    try Tensor.make("crossEntropy", [logits, targets, classWeights]) {
      ct_cross_entropy(
        logits.handle, targets.handle, classWeights?.handle, Int64(ignoreIndex), labelSmoothing,
        reduction.code, $0)
    }
  }
  /// −y·log σ(x) − (1 − y)·log(1 − σ(x)) of each logit x and target y, as
  /// torch.nn.functional.binary_cross_entropy_with_logits.
  ///
  /// - Parameters:
  ///   - logits: Any shape.
  ///   - targets: Of that shape, floating point, from 0 to 1.
  ///   - reduction: `mean` is over all elements.
  /// - Returns: A scalar, or the shape of the logits without reduction.
  /// - Throws: `TorchError.refused` where the shapes differ.
  package static func binaryCrossEntropy(
    _ logits: Tensor, targets: Tensor, reduction: LossReduction = .mean
  ) throws(TorchError) -> Tensor {
    try Tensor.make("binaryCrossEntropy", [logits, targets]) {
      ct_binary_cross_entropy(logits.handle, targets.handle, reduction.code, $0)
    }
  }
}
