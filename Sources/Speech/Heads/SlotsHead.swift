import Torch

/// SUPERB's head for intents: a linear map, the mean over time, a linear map to the classes of all
/// slots side by side.
///
/// Source: s3prl's downstream/fluent_commands with `UtteranceLevel` and `MeanPooling`. There is no
/// non-linearity, so features may come as means over time already.
package struct SlotsHead {
  package let weights: HeadWeights
  /// How many classes each slot has: of action, object and location in Fluent Speech Commands.
  package let classes: [Int]

  /// `width` is the features D of a frame; SUPERB's `projection` is 256.
  package init(
    random classes: [Int], width: Int, projection: Int, generator: Generator
  ) throws {
    var draws = HeadDraws(generator)
    try draws.linear("projection", from: width, to: projection)
    try draws.linear("output", from: projection, to: classes.reduce(0, +))
    try self.init(draws.tensors, classes: classes)
  }

  /// A head with known weights.
  package init(_ tensors: [String: Tensor], classes: [Int]) throws {
    weights = try HeadWeights(tensors: tensors)
    self.classes = classes
  }

  /// Logits of utterances that are means over time, [B, D] → [B, all classes].
  package func callAsFunction(means: Tensor) throws -> Tensor {
    try weights.linear("output", weights.linear("projection", means))
  }

  /// Logits [B, all classes] of features [B, T, D], of which the first `lengths` frames count.
  package func callAsFunction(_ features: Tensor, lengths: [Int]) throws -> Tensor {
    let sums = try features.cleared(beyond: lengths).sum(dimensions: [1])
    let counts = try Tensor(lengths.map(Float.init), shape: [lengths.count, 1])
    return try self(means: sums.divided(by: counts))
  }

  /// The sum over slots of the mean cross-entropy over utterances, of which `labels` has the class
  /// of each slot.
  ///
  /// Throws `HeadError` where labels are not one of each slot, `TorchError` for no class.
  package func loss(_ logits: Tensor, labels: [[Int]]) throws -> Tensor {
    guard let wrong = labels.first(where: { $0.count != classes.count }) else {
      let losses = try slots(logits).enumerated().map { slot, own in
        try Network.crossEntropy(own, targets: Tensor(indices: labels.map { $0[slot] }))
      }
      return try Tensor.stacked(losses, dimension: 0).sum()
    }
    throw HeadError.mismatch("\(wrong.count) labels for \(classes.count) slots")
  }

  /// The likeliest class of each slot, by utterance. An intent is right where all are.
  package func decoded(_ logits: Tensor) throws -> [[Int]] {
    let slots = try slots(logits).map { try $0.argmax(dimension: 1).ints() }
    return (0..<logits.shape[0]).map { row in slots.map { $0[row] } }
  }

  private func slots(_ logits: Tensor) throws -> [Tensor] {
    var start = 0
    return try classes.map { count in
      defer { start += count }
      return try logits.narrow(dimension: 1, start: start, count: count)
    }
  }
}
