import CTorch

extension Tensor {
  private func reduced(
    _ name: String, _ operation: ct_reduction, _ dimensions: [Int], _ keep: Bool
  ) throws(TorchError) -> Tensor {
    try Tensor.make(dimensions.isEmpty ? name : "\(name)(dimensions: \(dimensions))", [self]) {
      out in dimensions.withInt64s { ct_reduce(operation, handle, $0, $1, keep, out) }
    }
  }

  /// The sum over those dimensions, over all where none is named.
  ///
  /// - Parameters:
  ///   - dimensions: Which to sum over; empty means all.
  ///   - keep: Whether they stay, with size 1.
  /// - Returns: The sums.
  /// - Throws: `TorchError.refused` for a dimension that does not exist.
  package func sum(dimensions: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
    try reduced("sum", .sum, dimensions, keep)
  }

  package func mean(dimensions: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
    try reduced("mean", .mean, dimensions, keep)
  }

  /// Divided by n − 1 where `unbiased`, else by n.
  package func variance(
    dimensions: [Int] = [], unbiased: Bool, keep: Bool = false
  ) throws(TorchError) -> Tensor {
    try reduced(
      "variance", unbiased ? .unbiased_variance : .biased_variance,
      dimensions, keep)
  }

  package func maximum(dimensions: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
    try reduced("maximum", .maximum, dimensions, keep)
  }

  package func minimum(dimensions: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
    try reduced("minimum", .minimum, dimensions, keep)
  }

  /// The Euclidean norm.
  package func norm(dimensions: [Int] = [], keep: Bool = false) throws(TorchError) -> Tensor {
    try reduced("norm", .norm, dimensions, keep)
  }

  package func logSumExp(
    dimensions: [Int] = [], keep: Bool = false
  ) throws(TorchError) -> Tensor {
    try reduced("logSumExp", .log_sum_exp, dimensions, keep)
  }

  /// Bool: whether any element is true (or not 0).
  package func any() throws(TorchError) -> Tensor {
    try reduced("any", .any, [], false)
  }

  private func along(
    _ name: String, _ operation: ct_along, _ dimension: Int
  ) throws(TorchError) -> Tensor {
    try Tensor.make("\(name)(dimension: \(dimension))", [self]) {
      ct_apply_along(operation, handle, Int64(dimension), $0)
    }
  }

  /// Where the largest element stands, int64.
  package func argmax(dimension: Int) throws(TorchError) -> Tensor {
    try along("argmax", .argmax, dimension)
  }

  /// Where the smallest element stands, int64.
  package func argmin(dimension: Int) throws(TorchError) -> Tensor {
    try along("argmin", .argmin, dimension)
  }

  /// Running sums along a dimension.
  package func cumsum(dimension: Int) throws(TorchError) -> Tensor {
    try along("cumsum", .cumulative_sum, dimension)
  }

  package func softmax(dimension: Int) throws(TorchError) -> Tensor {
    try along("softmax", .softmax, dimension)
  }

  package func logSoftmax(dimension: Int) throws(TorchError) -> Tensor {
    try along("logSoftmax", .log_softmax, dimension)
  }
}

/// Order and selection.
extension Tensor {
  /// The `count` largest (or smallest) elements along a dimension, best first, and their places.
  package func topk(
    _ count: Int, dimension: Int = -1, largest: Bool = true
  ) throws(TorchError) -> (values: Tensor, indices: Tensor) {
    try Tensor.makePair("topk(\(count), dimension: \(dimension))", [self]) {
      ct_top(handle, Int64(count), Int64(dimension), largest, $0, $1)
    }
  }

  /// Sorted along a dimension, and where each element stood. Equal elements keep their order.
  package func sort(
    dimension: Int = -1, descending: Bool = false
  ) throws(TorchError) -> (values: Tensor, indices: Tensor) {
    try Tensor.makePair("sort(dimension: \(dimension))", [self]) {
      ct_sort(handle, Int64(dimension), descending, $0, $1)
    }
  }

  /// How often each of 0, 1, … occurs in an int64 vector, or the sum of its weights.
  package func bincount(
    weights: Tensor? = nil, minimumCount: Int = 0
  ) throws(TorchError) -> Tensor {
    try Tensor.make("bincount", [self, weights]) {
      ct_bincount(handle, weights?.handle, Int64(minimumCount), $0)
    }
  }

  /// The slices that an int64 vector names, in its order.
  package func indexSelect(dimension: Int, indices: Tensor) throws(TorchError) -> Tensor {
    try Tensor.make("indexSelect(dimension: \(dimension))", [self, indices]) {
      ct_index(.select, handle, Int64(dimension), indices.handle, $0)
    }
  }

  /// Single elements: out[i][j] = self[indices[i][j]][j] for dimension 0, and so on.
  package func gather(dimension: Int, indices: Tensor) throws(TorchError) -> Tensor {
    try Tensor.make("gather(dimension: \(dimension))", [self, indices]) {
      ct_index(.gather, handle, Int64(dimension), indices.handle, $0)
    }
  }

  /// A copy in which slice `i` of `source` is added to slice `indices[i]`.
  package func indexAdd(
    dimension: Int, indices: Tensor, source: Tensor
  ) throws(TorchError) -> Tensor {
    try Tensor.make("indexAdd(dimension: \(dimension))", [self, indices, source]) {
      ct_index_add(handle, Int64(dimension), indices.handle, source.handle, $0)
    }
  }
}
