import Speech
import Torch

/// All tensors that a fine-tuning changes, under names that a saved state has them by.
struct FineTuningState {
  /// Of the encoder, then of the heads.
  let learning: [(String, Tensor)]
  private let optimisers: [Adam]

  init(encoder: [(String, Tensor)], heads: [(String, Tensor)], optimisers: [Adam]) {
    learning = encoder.map { ("encoder." + $0.0, $0.1) } + heads
    self.optimisers = optimisers
  }

  /// Whether every weight is a number: what is not is no state to go on from.
  var isFinite: Bool {
    learning.allSatisfy { (try? $0.1.floats().allSatisfy(\.isFinite)) ?? false }
  }

  func tensors() throws -> [(String, Tensor)] {
    try learning
      + optimisers.flatMap { try $0.state().map { ("optimiser." + $0.name, $0.tensor) } }
  }

  /// Takes over what `tensors` gave.
  ///
  /// - Throws: `StageError.unusable` naming a tensor that is missing, `TorchError.mismatchedState`.
  func restore(_ saved: [String: Tensor], stage: String) throws {
    try restoreLearning(saved, stage: stage)
    let prefix = "optimiser."
    let moments = saved.filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    for optimiser in optimisers {
      try optimiser.restore(Dictionary(uniqueKeysWithValues: moments))
    }
  }

  /// Takes over weights alone.
  func restoreLearning(_ saved: [String: Tensor], stage: String) throws {
    try Autograd.disabled {
      for (name, tensor) in learning {
        try tensor.copy_(from: StatePart.tensor(name, like: tensor, of: saved, stage: stage))
      }
    }
  }
}
