import CTorch

/// Layers without parameters of their own: what torch.nn.functional calls functional.
///
/// Legend: B batch, T frames, D features, H hidden units, C classes or channels, k kernel width.
package enum Network {
  /// input · weightᵀ + bias.
  ///
  /// - Parameters:
  ///   - input: [..., in].
  ///   - weight: [out, in].
  ///   - bias: [out].
  /// - Returns: [..., out].
  /// - Throws: `TorchError.refused` where the shapes do not fit.
  package static func linear(
    _ input: Tensor, weight: Tensor, bias: Tensor? = nil
  ) throws(TorchError) -> Tensor {
    try Tensor.make("linear", [input, weight, bias]) {
      ct_linear(input.handle, weight.handle, bias?.handle, $0)
    }
  }

  /// Mean 0 and variance 1 over the last dimensions, then scaled and shifted.
  ///
  /// - Parameters:
  ///   - input: [..., normalizedShape].
  ///   - normalizedShape: The sizes of the last dimensions.
  ///   - weight: normalizedShape.
  ///   - bias: normalizedShape.
  ///   - epsilon: Added to the variance.
  /// - Returns: The shape of the input.
  /// - Throws: `TorchError.refused` where the shapes do not fit.
  package static func layerNorm(
    _ input: Tensor, normalizedShape: [Int], weight: Tensor? = nil, bias: Tensor? = nil,
    epsilon: Double = 1e-5
  ) throws(TorchError) -> Tensor {
    try Tensor.make("layerNorm over \(normalizedShape)", [input, weight, bias]) { out in
      normalizedShape.withInt64s { shape, rank in
        withUnsafePointer(to: Int64(0)) { nothing in
          ct_layer_norm(
            input.handle, shape ?? nothing, rank, weight?.handle, bias?.handle, epsilon, out)
        }
      }
    }
  }

  /// Mean 0 and variance 1 over each group of channels and all frames, then scaled and shifted.
  ///
  /// - Parameters:
  ///   - input: [B, C, T].
  ///   - groups: A divisor of C.
  ///   - weight: [C].
  ///   - bias: [C].
  ///   - epsilon: Added to the variance.
  /// - Returns: [B, C, T].
  /// - Throws: `TorchError.refused` where the shapes do not fit.
  package static func groupNorm(
    _ input: Tensor, groups: Int, weight: Tensor? = nil, bias: Tensor? = nil,
    epsilon: Double = 1e-5
  ) throws(TorchError) -> Tensor {
    try Tensor.make("groupNorm in \(groups) groups", [input, weight, bias]) {
      ct_group_norm(
        input.handle, Int64(groups), weight?.handle, bias?.handle, epsilon, $0)
    }
  }

  /// Cross-correlation over time.
  ///
  /// - Parameters:
  ///   - input: [B, in, T].
  ///   - weight: [out, in / groups, k].
  ///   - bias: [out].
  ///   - stride: Frames from one output to the next.
  ///   - padding: Zeros before the first and after the last frame.
  ///   - dilation: Frames from one kernel element to the next.
  ///   - groups: Into how many independent parts the channels fall.
  /// - Returns: [B, out, (T + 2·padding − dilation·(k − 1) − 1) / stride + 1].
  /// - Throws: `TorchError.refused` where the shapes do not fit.
  package static func conv1d(
    _ input: Tensor, weight: Tensor, bias: Tensor? = nil, stride: Int = 1, padding: Int = 0,
    dilation: Int = 1, groups: Int = 1
  ) throws(TorchError) -> Tensor {
    try Tensor.make("conv1d", [input, weight, bias]) {
      ct_conv1d(
        input.handle, weight.handle, bias?.handle, Int64(stride), Int64(padding),
        Int64(dilation), Int64(groups), $0)
    }
  }

  /// Rows of a table.
  ///
  /// - Parameters:
  ///   - indices: int64 of any shape, each below N.
  ///   - weight: [N, D].
  /// - Returns: [shape of the indices, D].
  /// - Throws: `TorchError.refused` for an index outside the table.
  package static func embedding(_ indices: Tensor, weight: Tensor) throws(TorchError) -> Tensor {
    try Tensor.make("embedding", [weight, indices]) {
      ct_embedding(weight.handle, indices.handle, $0)
    }
  }

  /// Sets elements to 0 with the given probability and scales the others by 1 / (1 − probability).
  ///
  /// The mask is drawn as Philox4x32-10 in counter order with a key from the generator, so one
  /// call takes 64 bits from it whatever the shape is, and the mask depends neither on the number
  /// of threads nor on the processor. Probability 0 draws nothing.
  ///
  /// - Parameters:
  ///   - input: Any shape, floating point.
  ///   - probability: At least 0 and below 1.
  ///   - generator: Where the key comes from.
  /// - Returns: The shape of the input.
  /// - Throws: `TorchError.refused` for a probability outside that range.
  package static func dropout(
    _ input: Tensor, probability: Double, generator: Generator
  ) throws(TorchError) -> Tensor {
    if probability == 0 { return input }
    return try Tensor.make("dropout", [input]) {
      ct_dropout(input.handle, probability, generator.handle, $0)
    }
  }
}
