import Torch

/// SUPERB's head for speaker verification: a linear map, five layers that each see a few frames
/// (TDNN), mean and standard deviation over time, two layers of which the first is the embedding.
///
/// Source: s3prl's downstream/sv_voxceleb1 (`Model` with `XVector`, `SP`, `UtteranceExtractor`),
/// after Snyder et al. 2018. Its configuration has neither dropout nor batch normalisation.
package struct SpeakerEmbedding {
  package struct Sizes: Sendable, Hashable {
    /// Features after the first map, of the first four layers, and of the embedding.
    package var width: Int
    /// Features of the fifth layer, whose mean and deviation are taken.
    package var pooledWidth: Int

    package init(width: Int, pooledWidth: Int) {
      self.width = width
      self.pooledWidth = pooledWidth
    }

    /// sv_voxceleb1/configs/amsoftmax.yaml.
    package static let superb = Sizes(width: 512, pooledWidth: 1500)
  }

  /// Frames that a TDNN layer sees and how far they are apart, from the lowest layer up.
  static let contexts: [(count: Int, apart: Int)] = [(5, 1), (3, 2), (3, 3), (1, 1), (1, 1)]

  /// By how many frames the layers shorten an utterance: they see nothing beyond its ends.
  package static let lostFrames = contexts.reduce(0) { $0 + ($1.count - 1) * $1.apart }

  /// The shortest utterance of which there is a standard deviation.
  package static let leastFrames = lostFrames + 2

  package let weights: HeadWeights

  /// `width` is the features D of a frame.
  package init(random sizes: Sizes, width: Int, generator: Generator) throws {
    var draws = HeadDraws(generator)
    try draws.linear("projection", from: width, to: sizes.width)
    for (layer, context) in Self.contexts.enumerated() {
      try draws.linear(
        "tdnn.\(layer)", from: context.count * sizes.width,
        to: layer == Self.contexts.count - 1 ? sizes.pooledWidth : sizes.width)
    }
    try draws.linear("segment.0", from: 2 * sizes.pooledWidth, to: sizes.width)
    try draws.linear("segment.1", from: sizes.width, to: sizes.width)
    try self.init(draws.tensors)
  }

  /// A head with known weights.
  package init(_ tensors: [String: Tensor]) throws {
    weights = try HeadWeights(tensors: tensors)
  }

  /// What trials compare, B×T×D → B×width: the first layer after pooling.
  ///
  /// - Throws: `HeadError.tooShort` for an utterance of fewer than `leastFrames`.
  package func embedding(_ features: Tensor, lengths: [Int]) throws -> Tensor {
    try weights.linear("segment.0", pooled(features, lengths)).relu()
  }

  /// What the loss takes in training, B×T×D → B×width: the second layer after pooling.
  ///
  /// - Throws: `HeadError.tooShort` for an utterance of fewer than `leastFrames`.
  package func trainingVector(_ features: Tensor, lengths: [Int]) throws -> Tensor {
    try weights.linear("segment.1", embedding(features, lengths: lengths)).relu()
  }

  /// The cosine of two embeddings; 0 where one of them is all zeros.
  package static func score(_ a: [Float], _ b: [Float]) -> Double {
    var (product, first, second) = (0.0, 0.0, 0.0)
    for (x, y) in zip(a, b) {
      product += Double(x) * Double(y)
      first += Double(x) * Double(x)
      second += Double(y) * Double(y)
    }
    let norms = (first * second).squareRoot()
    return norms > 0 ? product / norms : 0
  }

  /// Means, then standard deviations (n − 1), over the frames of the last TDNN layer.
  ///
  /// Of an utterance that is shorter than its batch s3prl pools one frame too many, the first that
  /// the padding reaches (of zeros before the first map). So does this: a batch of one has no such
  /// frame, and trials are made of those.
  private func pooled(_ features: Tensor, _ lengths: [Int]) throws -> Tensor {
    if let short = lengths.first(where: { $0 < Self.leastFrames }) {
      throw HeadError.tooShort(
        what: "speaker verification", frames: short, least: Self.leastFrames)
    }
    var frames = try weights.linear("projection", features.cleared(beyond: lengths))
    for (layer, context) in Self.contexts.enumerated() {
      frames = try weights.linear("tdnn.\(layer)", frames.spliced(context)).relu()
    }
    let most = frames.shape[1]
    let statistics = try lengths.enumerated().map { row, length in
      let count = min(length - Self.lostFrames + 1, most)
      let own = try frames.select(dimension: 0, index: row)
        .narrow(dimension: 0, start: 0, count: count)
      return try Tensor.concatenated(
        [own.mean(dimensions: [0]), own.deviation()], dimension: 0)
    }
    return try Tensor.stacked(statistics, dimension: 0)
  }
}

extension Tensor {
  /// Each frame beside those after it that a layer sees: [B, T, D] → [B, T', count·D].
  fileprivate func spliced(_ context: (count: Int, apart: Int)) throws -> Tensor {
    if context.count == 1 { return self }
    let frames = shape[1] - (context.count - 1) * context.apart
    let parts = try (0..<context.count).map {
      try narrow(dimension: 1, start: $0 * context.apart, count: frames)
    }
    return try .concatenated(parts, dimension: 2)
  }

  /// The standard deviation (n − 1) over frames, [T, D] → [D]. Where it is 0, as of a unit that
  /// is dead in all frames, so is its gradient, as in PyTorch's `std`.
  func deviation() throws -> Tensor {
    let variance = try variance(dimensions: [0], unbiased: true)
    let isConstant = try variance.detached().eq(0)
    return try variance.maskedFill(isConstant, 1).sqrt().maskedFill(isConstant, 0)
  }
}
