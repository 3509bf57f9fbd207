/// One tensor as a safetensors header describes it.
package struct SafetensorsEntry: Sendable, Hashable {
  package let name: String
  package let dtype: DType
  package let shape: [Int]
  /// Bytes, counted from the end of the header.
  package let offsets: Range<Int>

  /// The same tensor where `bytes` lie before the data.
  package func moved(by bytes: Int) -> SafetensorsEntry {
    SafetensorsEntry(
      name: name, dtype: dtype, shape: shape,
      offsets: offsets.lowerBound + bytes..<offsets.upperBound + bytes)
  }
}

/// A header that has been checked as a whole: the tensors cover the data exactly, each once.
package struct SafetensorsHeader: Sendable {
  /// As the reference implementation has it.
  static let lengthLimit = 100_000_000

  /// In the order of the data.
  package let entries: [SafetensorsEntry]
  package let metadata: [String: String]

  /// Reads the header of a file, after the eight bytes of its length.
  ///
  /// - Returns: Also where the data begins.
  /// - Throws: `SafetensorsError`, before anything larger than the header is allocated.
  package static func read(
    _ source: any ByteSource, file: String
  ) throws(SafetensorsError) -> (header: SafetensorsHeader, dataStart: Int) {
    func bytes(_ range: Range<Int>) throws(SafetensorsError) -> [UInt8] {
      let (bytes, reason) = source.bytes(range)
      if let reason { throw .unreadable(file: file, reason: reason) }
      return bytes
    }
    func malformed(_ fault: SafetensorsFault) -> SafetensorsError {
      .malformed(file: file, tensor: nil, fault: fault)
    }
    guard source.count >= 8 else { throw malformed(.tooShort(bytes: source.count)) }
    let length = try bytes(0..<8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    guard length <= lengthLimit else {
      throw malformed(.headerTooLong(bytes: length, limit: lengthLimit))
    }
    guard length <= source.count - 8 else {
      throw malformed(.headerBeyondFile(bytes: length, available: source.count - 8))
    }
    let start = 8 + Int(length)
    let header = try SafetensorsHeader(
      bytes(8..<start), dataBytes: source.count - start, file: file)
    return (header, start)
  }

  /// - Parameters:
  ///   - bytes: The header without the eight bytes of its length.
  ///   - dataBytes: How many bytes of the file follow it.
  ///   - file: For the error text.
  /// - Throws: `SafetensorsError.malformed`.
  init(_ bytes: [UInt8], dataBytes: Int, file: String) throws(SafetensorsError) {
    guard String(validating: bytes, as: UTF8.self) != nil else {
      throw .malformed(file: file, tensor: nil, fault: .notUTF8)
    }
    var current: String?
    var entries: [SafetensorsEntry] = []
    var metadata: [String: String] = [:]
    do throws(StrictJSONScanner.Failure) {
      var scanner = StrictJSONScanner(bytes)
      try scanner.object { name, scanner throws(StrictJSONScanner.Failure) in
        current = name
        if name == "__metadata__" {
          try scanner.object { key, scanner throws(StrictJSONScanner.Failure) in
            metadata[key] = try scanner.string()
          }
        } else {
          entries.append(try Self.entry(name, &scanner))
        }
        current = nil
      }
      try scanner.end()
    } catch {
      throw .malformed(file: file, tensor: current, fault: error.fault)
    }
    self.metadata = metadata
    self.entries = entries.sorted {
      ($0.offsets.lowerBound, $0.offsets.upperBound) < (
        $1.offsets.lowerBound, $1.offsets.upperBound
      )
    }
    try checkCoverage(dataBytes: dataBytes, file: file)
  }

  private static func entry(
    _ name: String, _ scanner: inout StrictJSONScanner
  ) throws(StrictJSONScanner.Failure) -> SafetensorsEntry {
    var type: String?
    var shape: [Int]?
    var offsets: [Int]?
    try scanner.object { field, scanner throws(StrictJSONScanner.Failure) in
      switch field {
      case "dtype": type = try scanner.string()
      case "shape": shape = try scanner.naturals()
      case "data_offsets": offsets = try scanner.naturals()
      default: throw .init(fault: .unknownField(field))
      }
    }
    guard let type else { throw .init(fault: .missingField("dtype")) }
    guard let shape else { throw .init(fault: .missingField("shape")) }
    guard let offsets, offsets.count == 2 else {
      throw .init(fault: .missingField("data_offsets"))
    }
    guard let dtype = SafetensorsType.dtype(named: type) else {
      throw .init(fault: .unsupportedType(type))
    }
    guard offsets[0] <= offsets[1] else {
      throw .init(fault: .reversedOffsets(begin: offsets[0], end: offsets[1]))
    }
    let range = offsets[0]..<offsets[1]
    guard let needed = byteCount(shape, dtype) else {
      throw .init(fault: .sizeOverflow(shape: shape))
    }
    guard needed == range.count else {
      throw .init(fault: .wrongSize(expected: needed, found: range.count))
    }
    return SafetensorsEntry(name: name, dtype: dtype, shape: shape, offsets: range)
  }

  /// nil where the product does not fit into an `Int`.
  private static func byteCount(_ shape: [Int], _ dtype: DType) -> Int? {
    var bytes = dtype.bytesPerElement
    for size in shape {
      let (product, overflow) = bytes.multipliedReportingOverflow(by: size)
      guard !overflow else { return nil }
      bytes = product
    }
    return bytes
  }

  private func checkCoverage(dataBytes: Int, file: String) throws(SafetensorsError) {
    var covered = 0
    for entry in entries {
      let (begin, end) = (entry.offsets.lowerBound, entry.offsets.upperBound)
      let fault: SafetensorsFault? =
        if begin > covered {
          .hole(from: covered, to: begin)
        } else if begin < covered {
          .overlap(begin: begin, previousEnd: covered)
        } else if end > dataBytes {
          .beyondData(end: end, available: dataBytes)
        } else {
          nil
        }
      if let fault { throw .malformed(file: file, tensor: entry.name, fault: fault) }
      covered = end
    }
    guard covered == dataBytes else {
      throw .malformed(file: file, tensor: nil, fault: .trailingBytes(dataBytes - covered))
    }
  }
}
