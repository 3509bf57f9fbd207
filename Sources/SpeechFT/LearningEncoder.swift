import Speech
import Torch

/// A copy of θ₀ whose tensors learn, except those that the method freezes.
final class LearningEncoder {
  let weights: EncoderWeights
  let encoder: SpeechEncoder
  /// Tensors that the optimiser moves, in checkpoint order.
  let learning: [(String, Tensor)]
  private let anchors: [Tensor]
  private let l2spStrength: Double?

  /// - Parameters:
  ///   - pretrained: θ₀, which is left as it is.
  ///   - freezeDownsampling: whether the downsampling module stays at θ₀.
  ///   - l2spStrength: λ of L2-SP; the anchors are all learning tensors, biases and norms included.
  /// - Throws: `TorchError` when memory runs out.
  init(
    _ pretrained: EncoderWeights, freezeDownsampling: Bool, l2spStrength: Double?
  ) throws {
    weights = try pretrained.copied()
    encoder = SpeechEncoder(weights)
    // The mask embedding takes no part outside pre-training.
    learning = weights.ordered.filter { name, _ in
      name != EncoderTensors.mask
        && !(freezeDownsampling && name.hasPrefix(EncoderTensors.downsamplingPrefix))
    }.map { ($0.name, $0.tensor) }
    anchors = l2spStrength == nil ? [] : try learning.map { try $0.1.clone() }
    self.l2spStrength = l2spStrength
  }

  /// Lets the tensors learn.
  func unfreeze() throws {
    for (_, tensor) in learning { try tensor.setRequiresGradient(true) }
  }

  /// Adds 2λ(θ−θ₀), the gradient of λ‖θ−θ₀‖², to the gradients.
  func addPenaltyGradients() throws {
    guard let strength = l2spStrength, strength > 0 else { return }
    try Autograd.disabled {
      for ((_, tensor), anchor) in zip(learning, anchors) {
        guard let gradient = tensor.gradient else { continue }
        let pull = try tensor.detached().subtracting(anchor).multiplying(by: 2 * strength)
        try gradient.add_(pull)
      }
    }
  }
}
