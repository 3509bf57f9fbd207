import Torch

/// SUPERB's head for recognition and slot filling: a linear map, BiLSTM layers over the true
/// lengths of the utterances, dropout after each of them, a linear map to the symbols.
///
/// Source: s3prl's `RNNs` (downstream/asr/model.py) behind its `projector`. Nothing non-linear
/// stands between the sum over layers and the first LSTM.
package struct RecurrentProbe {
  package struct Sizes: Sendable, Hashable {
    /// Features after the first linear map.
    package var projection: Int
    /// Cells of each direction, by layer.
    package var widths: [Int]
    /// How much is dropped after every layer, the last one too.
    package var dropout: Double
    /// Whether each layer, after its dropout, ends in tanh of a square linear map.
    package var hasTanhMaps: Bool
    /// Every how manieth frame is kept after the first map.
    package var stride: Int

    package init(
      projection: Int, widths: [Int], dropout: Double, hasTanhMaps: Bool, stride: Int
    ) {
      self.projection = projection
      self.widths = widths
      self.dropout = dropout
      self.hasTanhMaps = hasTanhMaps
      self.stride = stride
    }

    /// ASR and slot filling in SUPERB, at any frame rate (asr/config.yaml, ctc/snips.yaml).
    package static let superb = Sizes(
      projection: 1024, widths: [1024, 1024], dropout: 0.2, hasTanhMaps: false, stride: 1)

    /// Out-of-domain ASR (ctc/cv_config, ctc/sbcsae.yaml), which hears a frame every 20 ms, of
    /// features with one every `shift` samples at 16 kHz.
    package static func outOfDomain(shift: Int) -> Sizes {
      let ratio = (320 / Double(shift)).rounded(.toNearestOrEven)
      return Sizes(
        projection: 1024, widths: [1024, 1024], dropout: 0.2, hasTanhMaps: true,
        stride: max(1, Int(ratio)))
    }
  }

  package let weights: HeadWeights
  package let sizes: Sizes

  /// `width` is the features D of a frame; `outputs` are the symbols with the blank.
  package init(random sizes: Sizes, width: Int, outputs: Int, generator: Generator) throws {
    var draws = HeadDraws(generator)
    try draws.linear("projection", from: width, to: sizes.projection)
    let last = try draws.recurrent(
      from: sizes.projection, widths: sizes.widths, hasTanhMaps: sizes.hasTanhMaps)
    try draws.linear("output", from: last, to: outputs)
    try self.init(draws.tensors, sizes: sizes)
  }

  /// A head with known weights.
  package init(_ tensors: [String: Tensor], sizes: Sizes) throws {
    weights = try HeadWeights(tensors: tensors)
    self.sizes = sizes
  }

  /// Outputs without softmax, and of how many frames of each utterance they are.
  ///
  /// - Parameters:
  ///   - features: [B, T, D].
  ///   - lengths: True frames of each utterance, from the stride to T.
  ///   - dropout: Whose draws drop; `nil` outside training.
  /// - Returns: [B, T', outputs] with T' = T/stride rounded up, and the lengths divided by the
  ///   stride, rounded down.
  /// - Throws: `HeadError` for lengths that do not fit, `CheckpointError` for a missing tensor.
  package func callAsFunction(
    _ features: Tensor, lengths: [Int], dropout: Generator? = nil
  ) throws -> (outputs: Tensor, lengths: [Int]) {
    let kept = lengths.map { $0 / sizes.stride }
    if let shortest = kept.firstIndex(of: 0) {
      throw HeadError.tooShort(
        what: "recognition of every \(sizes.stride) frames", frames: lengths[shortest],
        least: sizes.stride)
    }
    let frames = try weights.recurrent(
      weights.linear("projection", strided(features)), layers: sizes.widths.count, lengths: kept,
      dropout: dropout.map { (sizes.dropout, $0) }, hasTanhMaps: sizes.hasTanhMaps)
    return (try weights.linear("output", frames), kept)
  }

  /// The first of every `stride` frames: before the map instead of after it, which is the same.
  private func strided(_ features: Tensor) throws -> Tensor {
    if sizes.stride == 1 { return features }
    let places = Array(stride(from: 0, to: features.shape[1], by: sizes.stride))
    return try features.indexSelect(dimension: 1, indices: Tensor(indices: places))
  }
}
