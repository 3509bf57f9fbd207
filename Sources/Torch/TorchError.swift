/// What libtorch, or this layer in front of it, refused. Every throwing call of `Tensor` throws it.
package enum TorchError: Error, Equatable {
  /// An operation failed. `operands` are descriptions such as "float32 [2, 3]".
  case refused(operation: String, operands: [String], reason: String)
  /// As many numbers as the shape holds are needed.
  case mismatchedCount(shape: [Int], count: Int)
  /// The tensor has another element type than the one that was asked for.
  case mismatchedType(operation: String, expected: DType, found: String)
  /// Optimiser state that does not fit its parameters.
  case mismatchedState(name: String, reason: String)
}

extension TorchError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .refused(let operation, let operands, let reason):
      operands.isEmpty
        ? "\(operation): \(reason)"
        : "\(operation) of \(operands.joined(separator: ", ")): \(reason)"
    case .mismatchedCount(let shape, let count):
      "a tensor of shape \(shape) holds \(shape.reduce(1, *)) numbers, but \(count) were given"
    case .mismatchedType(let operation, let expected, let found):
      "\(operation) needs \(expected) numbers, but the tensor holds \(found); "
        + "convert it first with to(.\(expected))"
    case .mismatchedState(let name, let reason):
      "optimiser state \(name): \(reason)"
    }
  }
}
