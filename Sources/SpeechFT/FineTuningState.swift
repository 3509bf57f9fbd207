import Speech
import Torch

/// All tensors that a fine-tuning changes, under names that a saved state has them by.
struct FineTuningState {
  private let learning: [(String, Tensor)]
  private let optimisers: [Adam]

  init(encoder: [(String, Tensor)], head: TaskHead, optimisers: [Adam]) {
    learning =
      encoder.map { ("encoder." + $0.0, $0.1) }
      + head.weights.ordered.map { ("head." + $0.0, $0.1) }
    self.optimisers = optimisers
  }

  func tensors() throws -> [(String, Tensor)] {
    try learning
      + optimisers.flatMap { try $0.state().map { ("optimiser." + $0.name, $0.tensor) } }
  }

  /// Takes over what `tensors` gave.
  ///
  /// - Throws: `StageError.unusable` naming a tensor that is missing, `TorchError.mismatchedState`.
  func restore(_ saved: [String: Tensor], stage: String) throws {
    try Autograd.disabled {
      for (name, tensor) in learning {
        guard let value = saved[name] else {
          throw StageError.unusable(stage: stage, problem: "the saved state lacks \(name)")
        }
        try tensor.copy_(from: value)
      }
    }
    let prefix = "optimiser."
    let moments = saved.filter { $0.key.hasPrefix(prefix) }
      .map { (String($0.key.dropFirst(prefix.count)), $0.value) }
    for optimiser in optimisers {
      try optimiser.restore(Dictionary(uniqueKeysWithValues: moments))
    }
  }
}
