import Torch

/// SUPERB's head for diarization: LSTM layers in one direction and a linear map to one logit for
/// each speaker and frame, above 0 where that speaker speaks.
///
/// Source: s3prl's downstream/diarization (`Model`, `pit_loss`), after EEND (Fujita et al. 2019).
/// Nothing stands between the sum over layers and the LSTM.
package struct DiarizationHead {
  package struct Sizes: Sendable, Hashable {
    package var layers: Int
    /// Cells of each layer.
    package var width: Int
    package var speakers: Int

    package init(layers: Int, width: Int, speakers: Int) {
      self.layers = layers
      self.width = width
      self.speakers = speakers
    }

    /// diarization/config.yaml.
    package static let superb = Sizes(layers: 1, width: 512, speakers: 2)
  }

  package let weights: HeadWeights
  package let sizes: Sizes

  /// `width` is the features D of a frame.
  package init(random sizes: Sizes, width: Int, generator: Generator) throws {
    var draws = HeadDraws(generator)
    for layer in 0..<sizes.layers {
      try draws.lstm(
        "lstm", layer: layer, from: layer == 0 ? width : sizes.width, width: sizes.width,
        isBidirectional: false)
    }
    try draws.linear("output", from: sizes.layers == 0 ? width : sizes.width, to: sizes.speakers)
    try self.init(draws.tensors, sizes: sizes)
  }

  /// A head with known weights.
  package init(_ tensors: [String: Tensor], sizes: Sizes) throws {
    weights = try HeadWeights(tensors: tensors)
    self.sizes = sizes
  }

  /// Logits [B, T, speakers] of features [B, T, D]. Padding stands behind what counts and the
  /// layers look back only, so no lengths are wanted.
  package func callAsFunction(_ features: Tensor) throws -> Tensor {
    let layers = try (0..<sizes.layers).map {
      try weights.lstm("lstm", layer: $0, isBidirectional: false)
    }
    return try weights.linear("output", Network.lstm(features, layers: layers))
  }

  /// Features with as many frames as their labels, [B, T, D] → [B, frames, D]: each frame as often
  /// as it fits (rounded), then cut, or the last one repeated.
  ///
  /// An encoder gives a frame or two fewer than the samples hold shifts.
  package static func matched(_ features: Tensor, frames: Int) throws -> Tensor {
    let given = features.shape[1]
    let ratio = Double(frames) / Double(given)
    let copies = max(1, Int(ratio.rounded(.toNearestOrEven)))
    if given == frames, copies == 1 { return features }
    let places = (0..<frames).map { min($0 / copies, given - 1) }
    return try features.indexSelect(dimension: 1, indices: Tensor(indices: places))
  }
}

/// The loss, and the frames that are right.
extension DiarizationHead {
  /// Binary cross-entropy under whichever order of an utterance's speakers makes it least: the
  /// mean over speakers, summed over frames and utterances, divided by the sum of the lengths.
  ///
  /// - Parameters:
  ///   - logits: [B, T, S].
  ///   - labels: [B, T, S], 1 where a speaker speaks, else 0.
  ///   - lengths: How many frames of each utterance count.
  /// - Returns: The loss, and of each utterance which label each logit was held against.
  /// - Throws: `TorchError` or `HeadError` where the shapes do not fit.
  package static func loss(
    _ logits: Tensor, labels: Tensor, lengths: [Int]
  ) throws -> (loss: Tensor, orders: [[Int]]) {
    let (frames, speakers) = (labels.shape[1], labels.shape[2])
    guard lengths.count == labels.shape[0], lengths.allSatisfy({ (1...frames).contains($0) })
    else { throw HeadError.mismatch("lengths \(lengths) for labels of shape \(labels.shape)") }
    let counts = lengths.flatMap { length in (0..<frames).map { $0 < length } }
    let mask = try Tensor(mask: counts, shape: [lengths.count, frames, 1]).to(.float32)
    let orders = permutations(of: speakers)
    let each = try orders.map { order in
      let ordered = try labels.indexSelect(dimension: 2, indices: Tensor(indices: order))
      return try Network.binaryCrossEntropy(logits, targets: ordered, reduction: .none)
        .multiplying(by: mask).mean(dimensions: [2]).sum(dimensions: [1])
    }
    let all = try Tensor.stacked(each, dimension: 1)
    let best = try all.detached().argmin(dimension: 1)
    let least = try all.gather(dimension: 1, indices: best.unsqueezed(1)).sum()
    let loss = try least.divided(by: Double(lengths.reduce(0, +)))
    return (loss, try best.ints().map { orders[$0] })
  }

  /// All orders of so many numbers, in lexical order.
  static func permutations(of count: Int) -> [[Int]] {
    func extended(_ start: [Int]) -> [[Int]] {
      if start.count == count { return [start] }
      return (0..<count).filter { !start.contains($0) }.flatMap { extended(start + [$0]) }
    }
    return extended([])
  }
}
