import CTorch

/// A libtorch tensor, in main memory or on the device of the `DeviceScope` that it was made in.
///
/// A `Tensor` owns one handle and frees it when the last reference goes. Several tensors may share
/// one storage: views, `detached()` and `gradient` do. Methods that change a tensor in place say
/// so; all others make a new one. Shape errors throw a `TorchError` that names the operation and
/// the shapes of its operands. Not `Sendable`: a tensor belongs to the thread that uses it.
package final class Tensor {
  let handle: OpaquePointer

  init(owning handle: OpaquePointer) {
    self.handle = handle
  }

  deinit {
    ct_tensor_free(handle)
  }

  /// Calls one function of the shim and takes over the tensor that it makes.
  ///
  /// - Parameters:
  ///   - operation: The Swift name, for the error text.
  ///   - operands: Whose shapes the error text shows.
  ///   - call: Receives the place for the handle.
  /// - Returns: The tensor made.
  /// - Throws: `TorchError.refused`.
  static func make(
    _ operation: @autoclosure () -> String, _ operands: @autoclosure () -> [Tensor?] = [],
    _ call: (UnsafeMutablePointer<OpaquePointer?>) -> ct_status
  ) throws(TorchError) -> Tensor {
    var handle: OpaquePointer?
    try check(operation(), operands(), call(&handle))
    guard let handle else {
      throw .refused(operation: operation(), operands: [], reason: "nothing was made")
    }
    return Tensor(owning: handle)
  }

  /// As `make`, for functions that give two tensors.
  static func makePair(
    _ operation: @autoclosure () -> String, _ operands: @autoclosure () -> [Tensor?],
    _ call: (UnsafeMutablePointer<OpaquePointer?>, UnsafeMutablePointer<OpaquePointer?>)
      -> ct_status
  ) throws(TorchError) -> (Tensor, Tensor) {
    var first: OpaquePointer?
    var second: OpaquePointer?
    try check(operation(), operands(), call(&first, &second))
    guard let first, let second else {
      throw .refused(operation: operation(), operands: [], reason: "nothing was made")
    }
    return (Tensor(owning: first), Tensor(owning: second))
  }
}

// MARK: Facts

extension Tensor {
  var facts: ct_facts { ct_tensor_facts(handle) }

  /// The size of each dimension; empty for a scalar.
  package var shape: [Int] {
    let rank = Int(facts.rank)
    return [Int](unsafeUninitializedCapacity: rank) { buffer, count in
      buffer.withMemoryRebound(to: Int64.self) { sizes in
        if let base = sizes.baseAddress { ct_tensor_shape(handle, base) }
      }
      count = rank
    }
  }

  /// The number of elements.
  package var count: Int { Int(facts.count) }

  /// The number of dimensions.
  package var rank: Int { Int(facts.rank) }

  /// The element type, or nil for one outside `DType` (complex numbers, for example).
  package var knownDType: DType? { DType(code: facts.dtype) }

  /// The element type. Operations of this module make only types of `DType`.
  package var dtype: DType { knownDType ?? .float32 }

  package var isContiguous: Bool { facts.contiguous }

  /// Whether the tensor was made by hand and not by a differentiable operation.
  package var isLeaf: Bool { facts.leaf }

  /// Element type and shape, as error texts show them: "float32 [2, 3]".
  package var summary: String { "\(knownDType?.description ?? "unsupported type") \(shape)" }
}

extension Tensor: CustomStringConvertible {
  package var description: String { "Tensor(\(summary))" }
}
