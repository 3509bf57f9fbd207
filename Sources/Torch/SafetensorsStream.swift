import Weights

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Writes a safetensors file tensor by tensor, so that only one need be in memory.
package final class SafetensorsStream {
  package let path: String
  /// The order in which tensors are to be appended: that of the file.
  package let names: [String]

  private let dtype: DType
  private let shapes: [[Int]]
  private let descriptor: Int32
  private var written = 0
  /// Of the tensor at hand, where it is appended by rows.
  private var rows = 0

  /// Creates the file with its header.
  ///
  /// - Parameters:
  ///   - path: What is there is replaced.
  ///   - dtype: Of all tensors.
  ///   - shapes: Names, each once, and shapes.
  ///   - metadata: Texts for the header.
  /// - Throws: `SafetensorsError`.
  package init(
    path: String, dtype: DType, shapes: [(name: String, shape: [Int])],
    metadata: [String: String] = [:]
  ) throws(SafetensorsError) {
    let sorted = shapes.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
    for (one, next) in zip(sorted, sorted.dropFirst()) where one.name == next.name {
      throw .malformed(file: path, tensor: one.name, fault: .duplicateKey(one.name))
    }
    let head = SafetensorsLayout.header(sorted.map { ($0.name, dtype, $0.shape) }, metadata)
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    self.path = path
    self.dtype = dtype
    names = sorted.map(\.name)
    self.shapes = sorted.map(\.shape)
    guard descriptor >= 0 else { throw .unwritable(file: path, reason: systemReason()) }
    if let reason = head.withUnsafeBytes({ writeAll($0, to: descriptor) }) {
      throw .unwritable(file: path, reason: reason)
    }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// Writes the next tensor of `names`.
  ///
  /// - Throws: `SafetensorsError.malformed` for one of another type or shape.
  package func append(_ tensor: Tensor) throws(SafetensorsError) {
    guard written < names.count else {
      throw .malformed(file: path, tensor: nil, fault: .trailingBytes(tensor.count))
    }
    let (name, shape) = (names[written], shapes[written])
    guard tensor.knownDType == dtype else {
      throw .malformed(file: path, tensor: name, fault: .unsupportedType(tensor.summary))
    }
    guard tensor.shape == shape else {
      let bytes = dtype.bytesPerElement
      throw .malformed(
        file: path, tensor: name,
        fault: .wrongSize(
          expected: shape.reduce(bytes, *), found: tensor.shape.reduce(bytes, *)))
    }
    if let reason = try Safetensors.write(tensor, name, to: descriptor, path) {
      throw .unwritable(file: path, reason: reason)
    }
    written += 1
  }

  /// Writes the next rows of the next tensor of `names`, which need not be in memory whole; after its
  /// last row the tensor after it is next.
  ///
  /// - Throws: `SafetensorsError.malformed` for rows of another type or shape, or more than there are.
  package func append(rows tensor: Tensor) throws(SafetensorsError) {
    guard written < names.count else {
      throw .malformed(file: path, tensor: nil, fault: .trailingBytes(tensor.count))
    }
    let (name, shape) = (names[written], shapes[written])
    guard tensor.knownDType == dtype else {
      throw .malformed(file: path, tensor: name, fault: .unsupportedType(tensor.summary))
    }
    let bytes = dtype.bytesPerElement
    guard let all = shape.first, let count = tensor.shape.first, rows + count <= all,
      tensor.shape.dropFirst() == shape.dropFirst()
    else {
      throw .malformed(
        file: path, tensor: name,
        fault: .wrongSize(
          expected: shape.dropFirst().reduce(bytes * ((shape.first ?? 0) - rows), *),
          found: tensor.shape.reduce(bytes, *)))
    }
    if let reason = try Safetensors.write(tensor, name, to: descriptor, path) {
      throw .unwritable(file: path, reason: reason)
    }
    rows += count
    if rows == all { (written, rows) = (written + 1, 0) }
  }

  /// Flushes the file to the disk.
  ///
  /// - Throws: `SafetensorsError.missing` where a tensor was not appended.
  package func finish() throws(SafetensorsError) {
    guard written == names.count else { throw .missing(file: path, tensor: names[written]) }
    guard fsync(descriptor) == 0 else { throw .unwritable(file: path, reason: systemReason()) }
  }
}
