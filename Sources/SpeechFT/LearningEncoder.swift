import Experiment
import Speech
import Torch

/// A copy of θ₀ whose tensors learn, except those that the method freezes.
final class LearningEncoder {
  let weights: EncoderWeights
  let encoder: SpeechEncoder
  /// Tensors that the optimiser moves, in checkpoint order.
  let learning: [(String, Tensor)]
  private let anchored: [(tensor: Tensor, anchor: Tensor)]
  private let penalty: L2SP?
  private let adapters: EncoderAdapters?

  /// - Parameters:
  ///   - pretrained: θ₀, which is left as it is.
  ///   - freezeDownsampling: whether the downsampling module stays at θ₀.
  ///   - penalty: L2-SP, which keeps learning tensors near `pretrained`.
  ///   - adapters: What learns in the place of the encoder's own tensors.
  ///   - isMasked: Whether frames are masked, so that the mask embedding learns.
  /// - Throws: `TorchError` when memory runs out.
  init(
    _ pretrained: EncoderWeights, freezeDownsampling: Bool, penalty: L2SP? = nil,
    adapters: EncoderAdapters? = nil, isMasked: Bool = false
  ) throws {
    let weights = try pretrained.copied()
    self.weights = weights
    encoder =
      try adapters.map { try SpeechEncoder(weights, adapters: $0) } ?? SpeechEncoder(weights)
    self.adapters = adapters
    // The mask embedding takes no part where no frame is masked.
    let all = adapters?.parameters ?? weights.ordered
    let learning = all.filter { name, _ in
      (isMasked || name != EncoderTensors.mask)
        && !(freezeDownsampling && name.hasPrefix(EncoderTensors.downsamplingPrefix))
    }.map { ($0.name, $0.tensor) }
    self.learning = learning
    let kept = penalty.map { penalty in
      // Biases and normalisation are vectors; kernels and matrices are not.
      learning.filter { penalty.anchored == .all || $0.1.rank > 1 }
    }
    anchored = try (kept ?? []).map { (tensor: $0.1, anchor: try $0.1.clone()) }
    self.penalty = penalty
  }

  /// Lets the tensors learn.
  func unfreeze() throws {
    for (_, tensor) in learning { try tensor.setRequiresGradient(true) }
  }

  /// θ′ as it is now, and in `folder/adapter` the adapters that made it, where they did.
  func write(to folder: String) throws {
    try CheckpointFolder.write(adapters?.merged(into: weights) ?? weights, to: folder + "/model")
    if let adapters { try PeftFolder.write(adapters, to: folder + "/adapter") }
  }

  /// Adds the gradients of the penalty, 2λ(θ−θ₀) and, of the head, 2·decay·w.
  func addPenaltyGradients(head: [Tensor]) throws {
    guard let penalty else { return }
    try Autograd.disabled {
      if penalty.strength > 0 {
        for (tensor, anchor) in anchored {
          guard let gradient = tensor.gradient else { continue }
          let pull = try tensor.detached().subtracting(anchor)
          try gradient.add_(pull.multiplying(by: 2 * penalty.strength))
        }
      }
      if penalty.headDecay > 0 {
        for tensor in head {
          guard let gradient = tensor.gradient else { continue }
          try gradient.add_(tensor.detached().multiplying(by: 2 * penalty.headDecay))
        }
      }
    }
  }
}
