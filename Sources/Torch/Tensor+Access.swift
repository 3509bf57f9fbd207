import CTorch

extension Tensor {
  /// The elements in row-major order as raw bytes, copied first only where they are not contiguous or
  /// not in main memory.
  ///
  /// - Parameter body: Must not let the buffer escape, nor write to it.
  /// - Returns: What `body` returns.
  /// - Throws: `TorchError.refused` where memory runs out, and whatever `body` throws.
  package func withBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) throws
    -> Result
  {
    let owner = try readable()
    return try withExtendedLifetime(owner) {
      let start = try owner.address()
      let bytes = owner.count * Int(owner.facts.element_bytes)
      return try body(UnsafeRawBufferPointer(start: start, count: bytes))
    }
  }

  /// The elements in row-major order. Narrower float types and float64 are converted.
  ///
  /// - Throws: `TorchError.mismatchedType` unless they are floating-point numbers.
  package func floats() throws(TorchError) -> [Float] {
    try requireFloatingPoint("floats", .float32)
    return try elements(of: dtype == .float32 ? self : try to(.float32))
  }

  /// The elements in row-major order, any floating-point type as double.
  ///
  /// - Throws: `TorchError.mismatchedType` unless they are floating-point numbers.
  package func doubles() throws(TorchError) -> [Double] {
    try requireFloatingPoint("doubles", .float64)
    return try elements(of: dtype == .float64 ? self : try to(.float64))
  }

  /// The elements in row-major order, any integer type or bool as 64-bit numbers.
  ///
  /// - Throws: `TorchError.mismatchedType` for floating-point numbers, which would be cut off.
  package func int64s() throws(TorchError) -> [Int64] {
    guard let type = knownDType, !type.isFloatingPoint else {
      throw mismatch("int64s", .int64)
    }
    return try elements(of: type == .int64 ? self : try to(.int64))
  }

  /// As `int64s()`, for indices and lengths.
  package func ints() throws(TorchError) -> [Int] {
    try int64s().map(Int.init)
  }

  /// The only element, of any type.
  ///
  /// - Throws: `TorchError.refused` unless there is exactly one.
  package func item() throws(TorchError) -> Double {
    var value = 0.0
    try check("item", [self], ct_tensor_item(handle, &value))
    return value
  }

  func address() throws(TorchError) -> UnsafeMutableRawPointer? {
    var start: UnsafeMutableRawPointer?
    try check("data", [self], ct_tensor_data(handle, &start))
    return start
  }

  private func elements<Element>(of source: Tensor) throws(TorchError) -> [Element] {
    let owner = try source.readable()
    let start = try owner.address()
    return withExtendedLifetime(owner) {
      [Element](unsafeUninitializedCapacity: owner.count) { buffer, count in
        if let start, owner.count > 0 {
          UnsafeMutableRawBufferPointer(buffer).copyMemory(
            from: UnsafeRawBufferPointer(
              start: start, count: owner.count * MemoryLayout<Element>.stride))
        }
        count = owner.count
      }
    }
  }

  private func requireFloatingPoint(
    _ operation: String, _ expected: DType
  ) throws(TorchError) {
    guard knownDType?.isFloatingPoint == true else { throw mismatch(operation, expected) }
  }

  private func mismatch(_ operation: String, _ expected: DType) -> TorchError {
    .mismatchedType(
      operation: operation, expected: expected,
      found: knownDType?.description ?? "an unsupported type")
  }
}
