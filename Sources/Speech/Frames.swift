import Torch

extension Tensor {
  /// Zeros appended along a dimension until it has `count` entries.
  package func extended(dimension: Int, to count: Int) throws -> Tensor {
    guard shape[dimension] < count else { return self }
    var rest = shape
    rest[dimension] = count - shape[dimension]
    return try Tensor.concatenated([self, .zeros(rest, dtype)], dimension: dimension)
  }
}
