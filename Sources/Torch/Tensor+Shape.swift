import CTorch

/// Views share storage with the tensor that they come from. Negative dimensions count from the end.
extension Tensor {
  private func shaped(
    _ name: @autoclosure () -> String, _ operation: ct_shaping, _ numbers: [Int]
  ) throws(TorchError) -> Tensor {
    try Tensor.make(name(), [self]) { out in
      numbers.withInt64s { ct_shape(operation, handle, $0, $1, out) }
    }
  }

  /// One size may be −1: it is what remains. A view where the strides allow, else a copy.
  package func reshape(_ shape: [Int]) throws(TorchError) -> Tensor {
    try shaped("reshape to \(shape)", .reshape, shape)
  }

  /// Exchanges two dimensions.
  package func transposed(_ first: Int, _ second: Int) throws(TorchError) -> Tensor {
    try shaped("transposed(\(first), \(second))", .transpose, [first, second])
  }

  /// New dimension `i` is old dimension `order[i]`.
  package func permuted(_ order: [Int]) throws(TorchError) -> Tensor {
    try shaped("permuted(\(order))", .permute, order)
  }

  package func narrow(dimension: Int, start: Int, count: Int) throws(TorchError) -> Tensor {
    try shaped(
      "narrow(dimension: \(dimension), start: \(start), count: \(count))", .narrow,
      [dimension, start, count])
  }

  /// One slice, without its dimension.
  package func select(dimension: Int, index: Int) throws(TorchError) -> Tensor {
    try shaped(
      "select(dimension: \(dimension), index: \(index))", .select, [dimension, index])
  }

  /// A new dimension of size 1 at that place.
  package func unsqueezed(_ dimension: Int) throws(TorchError) -> Tensor {
    try shaped("unsqueezed(\(dimension))", .unsqueeze, [dimension])
  }

  /// Drops that dimension if its size is 1.
  package func squeezed(_ dimension: Int) throws(TorchError) -> Tensor {
    try shaped("squeezed(\(dimension))", .squeeze, [dimension])
  }

  /// Drops all dimensions of size 1.
  package func squeezed() throws(TorchError) -> Tensor {
    try shaped("squeezed", .squeeze, [])
  }

  /// Repeats dimensions of size 1 without copying; −1 leaves a size as it is.
  package func expanded(_ shape: [Int]) throws(TorchError) -> Tensor {
    try shaped("expanded to \(shape)", .expand, shape)
  }

  /// This tensor if its elements lie in row-major order, else a copy whose do.
  package func contiguous() throws(TorchError) -> Tensor {
    try unary("contiguous", .contiguous)
  }

  /// Reverses the order along those dimensions; a copy.
  package func flipped(_ dimensions: [Int]) throws(TorchError) -> Tensor {
    try shaped("flipped(\(dimensions))", .flip, dimensions)
  }

  /// Sliding windows of `size` every `step`, in a new last dimension: [T] → [windows, size].
  package func unfold(dimension: Int, size: Int, step: Int) throws(TorchError) -> Tensor {
    try shaped(
      "unfold(dimension: \(dimension), size: \(size), step: \(step))", .unfold,
      [dimension, size, step])
  }
}

/// How `padded` invents the numbers beyond the edge.
package enum Padding: Sendable, Hashable {
  case constant(Double)
  /// The numbers before the edge in reverse, without the edge itself.
  case reflect
}

extension Tensor {
  /// Pads the last dimension.
  ///
  /// - Throws: `TorchError.refused`, for example where a reflection is wider than the tensor.
  package func padded(before: Int, after: Int, _ padding: Padding) throws(TorchError) -> Tensor {
    let (reflect, value) =
      switch padding {
      case .constant(let value): (false, value)
      case .reflect: (true, 0.0)
      }
    return try Tensor.make("padded(before: \(before), after: \(after))", [self]) {
      ct_pad(handle, Int64(before), Int64(after), reflect, value, $0)
    }
  }

  /// Joins along a dimension that all have.
  package static func concatenated(
    _ tensors: [Tensor], dimension: Int
  ) throws(TorchError) -> Tensor {
    try make("concatenated(dimension: \(dimension))", tensors) { out in
      withHandles(tensors) { ct_join(false, $0, $1, Int64(dimension), out) }
    }
  }

  /// Joins along a new dimension.
  package static func stacked(
    _ tensors: [Tensor], dimension: Int = 0
  ) throws(TorchError) -> Tensor {
    try make("stacked(dimension: \(dimension))", tensors) { out in
      withHandles(tensors) { ct_join(true, $0, $1, Int64(dimension), out) }
    }
  }

  static func withHandles<Result>(
    _ tensors: [Tensor], _ body: (UnsafePointer<OpaquePointer>, Int) -> Result
  ) -> Result {
    withExtendedLifetime(tensors) {
      tensors.map(\.handle).withUnsafeBufferPointer { buffer in
        if let base = buffer.baseAddress { return body(base, tensors.count) }
        return withUnsafeTemporaryAllocation(of: OpaquePointer.self, capacity: 1) { empty in
          body(UnsafePointer(empty.baseAddress.unsafelyUnwrapped), 0)
        }
      }
    }
  }
}
