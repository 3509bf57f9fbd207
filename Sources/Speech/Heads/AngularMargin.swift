import Torch

/// The loss of speaker verification: cross-entropy of scaled cosines, of which the true speaker's
/// is first lowered by a margin.
///
/// Source: AM-softmax (Wang et al. 2018, arXiv 1801.05599) as s3prl's `AMSoftmaxLoss` has it.
package struct AngularMargin {
  package struct Sizes: Sendable, Hashable {
    /// What cosines are multiplied by.
    package var scale: Double
    /// What is taken from the true speaker's cosine before.
    package var margin: Double

    package init(scale: Double, margin: Double) {
      self.scale = scale
      self.margin = margin
    }

    /// sv_voxceleb1/configs/amsoftmax.yaml.
    package static let superb = Sizes(scale: 30, margin: 0.4)
  }

  package let weights: HeadWeights
  package let sizes: Sizes

  /// One direction for each of so many speakers.
  package init(
    random sizes: Sizes, width: Int, speakers: Int, generator: Generator
  ) throws {
    var draws = HeadDraws(generator)
    try draws.xavierNormal("speakers.weight", rows: width, columns: speakers)
    try self.init(draws.tensors, sizes: sizes)
  }

  /// With known weights: `speakers.weight` [width, speakers].
  package init(_ tensors: [String: Tensor], sizes: Sizes) throws {
    weights = try HeadWeights(tensors: tensors)
    self.sizes = sizes
  }

  /// The mean over utterances, of vectors [B, width] and the number of each one's speaker.
  ///
  /// - Throws: `TorchError` where a number is no speaker's or the shapes do not fit.
  package func callAsFunction(_ vectors: Tensor, speakers: [Int]) throws -> Tensor {
    let directions = try weights.tensor("speakers.weight").normalised(dimension: 0)
    let cosines = try vectors.normalised(dimension: 1).matmul(directions)
    let count = cosines.shape[1]
    let isTrue = speakers.flatMap { speaker in (0..<count).map { $0 == speaker } }
    let lowered = try Tensor(mask: isTrue, shape: [speakers.count, count])
      .to(.float32).multiplying(by: sizes.margin)
    let logits = try cosines.subtracting(lowered).multiplying(by: sizes.scale)
    return try Network.crossEntropy(logits, targets: Tensor(indices: speakers))
  }
}

extension Tensor {
  /// Divided by its Euclidean norm along a dimension, as `torch.nn.functional.normalize`.
  fileprivate func normalised(dimension: Int) throws -> Tensor {
    try divided(by: norm(dimensions: [dimension], keep: true).clamp(min: 1e-12))
  }
}
