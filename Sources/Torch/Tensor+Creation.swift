import CTorch

extension Array where Element == Int {
  /// The numbers as the shim takes them, without a copy: `Int` is 64 bits wide on every platform
  /// that libtorch runs on.
  func withInt64s<Result>(_ body: (UnsafePointer<Int64>?, Int) -> Result) -> Result {
    withUnsafeBytes { bytes in
      body(bytes.bindMemory(to: Int64.self).baseAddress, count)
    }
  }
}

extension Tensor {
  /// - Throws: `TorchError.refused` for a negative size or where memory runs out.
  package static func full(
    _ shape: [Int], _ value: Double, _ dtype: DType = .float32
  ) throws(TorchError) -> Tensor {
    try make("full \(shape)") { out in
      shape.withInt64s { ct_full($0, $1, value, dtype.code, out) }
    }
  }

  package static func zeros(
    _ shape: [Int], _ dtype: DType = .float32
  ) throws(TorchError) -> Tensor {
    try full(shape, 0, dtype)
  }

  package static func ones(
    _ shape: [Int], _ dtype: DType = .float32
  ) throws(TorchError) -> Tensor {
    try full(shape, 1, dtype)
  }

  /// 0, 1, … count − 1 as int64.
  package static func arange(_ count: Int) throws(TorchError) -> Tensor {
    try make("arange") { ct_arange(Int64(count), $0) }
  }

  /// The identity matrix of `count` rows.
  package static func eye(
    _ count: Int, _ dtype: DType = .float32
  ) throws(TorchError) -> Tensor {
    let matrix = try make("eye") { ct_eye(Int64(count), $0) }
    return dtype == .float32 ? matrix : try matrix.to(dtype)
  }

  /// Zeros of another tensor's shape and type.
  package static func zeros(like other: Tensor) throws(TorchError) -> Tensor {
    try zeros(other.shape, other.dtype)
  }

  /// A scalar: no dimensions, one element.
  package static func scalar(
    _ value: Double, _ dtype: DType = .float32
  ) throws(TorchError) -> Tensor {
    try full([], value, dtype)
  }

  /// A copy of numbers in row-major order.
  ///
  /// - Throws: `TorchError.mismatchedCount` unless there are as many as the shape holds.
  package convenience init(_ values: [Float], shape: [Int]) throws(TorchError) {
    try self.init(elements: values, shape: shape, dtype: .float32)
  }

  /// A float64 copy of numbers in row-major order.
  package convenience init(_ values: [Double], shape: [Int]) throws(TorchError) {
    try self.init(elements: values, shape: shape, dtype: .float64)
  }

  /// An int64 copy of numbers in row-major order.
  package convenience init(_ values: [Int64], shape: [Int]) throws(TorchError) {
    try self.init(elements: values, shape: shape, dtype: .int64)
  }

  /// An int64 vector.
  package convenience init(indices: [Int]) throws(TorchError) {
    try self.init(elements: indices.map(Int64.init), shape: [indices.count], dtype: .int64)
  }

  /// A bool tensor, true where the mask is.
  package convenience init(mask: [Bool], shape: [Int]) throws(TorchError) {
    try self.init(elements: mask.map { $0 ? UInt8(1) : 0 }, shape: shape, dtype: .bool)
  }

  /// A copy of raw elements in row-major order and native byte order.
  ///
  /// - Throws: `TorchError.refused` unless there are exactly the shape's bytes.
  package convenience init(
    bytes: UnsafeRawBufferPointer, shape: [Int], dtype: DType
  ) throws(TorchError) {
    var handle: OpaquePointer?
    let status = shape.withInt64s {
      ct_from_bytes(bytes.baseAddress, bytes.count, $0, $1, dtype.code, &handle)
    }
    try self.init("Tensor(bytes:) \(dtype) \(shape)", status, handle)
  }

  private convenience init<Element>(
    elements: [Element], shape: [Int], dtype: DType
  ) throws(TorchError) {
    guard shape.allSatisfy({ $0 >= 0 }), shape.reduce(1, *) == elements.count else {
      throw .mismatchedCount(shape: shape, count: elements.count)
    }
    var handle: OpaquePointer?
    let status = elements.withUnsafeBytes { bytes in
      shape.withInt64s {
        ct_from_bytes(bytes.baseAddress, bytes.count, $0, $1, dtype.code, &handle)
      }
    }
    try self.init("Tensor \(dtype) \(shape)", status, handle)
  }

  private convenience init(
    _ operation: String, _ status: ct_status, _ handle: OpaquePointer?
  ) throws(TorchError) {
    try check(operation, [], status)
    guard let handle else {
      throw .refused(operation: operation, operands: [], reason: "nothing was made")
    }
    self.init(owning: handle)
  }
}
