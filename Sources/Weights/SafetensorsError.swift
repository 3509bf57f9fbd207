/// Why a safetensors file could not be read or written; names the file and, where there is one,
/// the tensor.
package enum SafetensorsError: Error, Equatable {
  /// The operating system refused.
  case unreadable(file: String, reason: String)
  case unwritable(file: String, reason: String)
  /// The file breaks the format, or uses a part of it that is not supported.
  case malformed(file: String, tensor: String?, fault: SafetensorsFault)
  /// The file has no tensor of that name.
  case missing(file: String, tensor: String)
  /// There was no memory for the tensor, or it could not be handed over.
  case refused(file: String, tensor: String, reason: String)
}

/// One way in which a file breaks the safetensors format.
package enum SafetensorsFault: Equatable, Sendable {
  case tooShort(bytes: Int)
  case headerTooLong(bytes: UInt64, limit: Int)
  case headerBeyondFile(bytes: UInt64, available: Int)
  case notUTF8
  /// `offset` counts bytes from the first of the header.
  case notJSON(offset: Int, expected: String)
  case duplicateKey(String)
  case missingField(String)
  case unknownField(String)
  case unsupportedType(String)
  case sizeOverflow(shape: [Int])
  case wrongSize(expected: Int, found: Int)
  case reversedOffsets(begin: Int, end: Int)
  case hole(from: Int, to: Int)
  case overlap(begin: Int, previousEnd: Int)
  case beyondData(end: Int, available: Int)
  case trailingBytes(Int)
}

extension SafetensorsError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .unwritable(let file, let reason): "\(file): cannot be written: \(reason)"
    case .malformed(let file, let tensor?, let fault): "\(file): tensor \(tensor): \(fault)"
    case .malformed(let file, nil, let fault): "\(file): \(fault)"
    case .missing(let file, let tensor): "\(file): has no tensor \(tensor)"
    case .refused(let file, let tensor, let reason): "\(file): tensor \(tensor): \(reason)"
    }
  }
}

extension SafetensorsFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tooShort(let bytes):
      "is no safetensors file: it has \(bytes) bytes and would need at least 8"
    case .headerTooLong(let bytes, let limit):
      "is no safetensors file: its header claims \(bytes) bytes, the limit is \(limit)"
    case .headerBeyondFile(let bytes, let available):
      "is cut off: its header claims \(bytes) bytes, but only \(available) follow; fetch it again"
    case .notUTF8: "the header is not UTF-8"
    case .notJSON(let offset, let expected):
      "the header is not what the format says: expected \(expected) at byte \(offset)"
    case .duplicateKey(let key): "\"\(key)\" is there twice"
    case .missingField(let field): "has no \"\(field)\""
    case .unknownField(let field): "has a field \"\(field)\" that the format does not know"
    case .unsupportedType(let type):
      "is of type \(type); supported are \(SafetensorsType.names.joined(separator: ", "))"
    case .sizeOverflow(let shape): "has shape \(shape), more bytes than can be counted"
    case .wrongSize(let expected, let found):
      "needs \(expected) bytes for its type and shape, but its offsets hold \(found)"
    case .reversedOffsets(let begin, let end): "ends at byte \(end), before it begins at \(begin)"
    case .hole(let from, let to): "leaves a hole: bytes \(from) to \(to) belong to no tensor"
    case .overlap(let begin, let previousEnd):
      "begins at byte \(begin), inside another tensor that ends at \(previousEnd)"
    case .beyondData(let end, let available):
      "ends at byte \(end) of the data, but the file has only \(available); fetch it again"
    case .trailingBytes(let count): "\(count) bytes after the last tensor belong to none"
    }
  }
}

/// The names of element types in the file, in the order in which the reference implementation
/// lays tensors out: widest first, so that every tensor stays aligned.
package enum SafetensorsType {
  static let order: [(name: String, dtype: DType)] = [
    ("I64", .int64), ("F64", .float64), ("F32", .float32), ("I32", .int32),
    ("BF16", .bfloat16), ("F16", .float16), ("I16", .int16),
    ("I8", .int8), ("U8", .uint8), ("BOOL", .bool),
  ]

  static var names: [String] { order.map(\.name) }

  static func dtype(named name: String) -> DType? { order.first { $0.name == name }?.dtype }

  package static func rank(of dtype: DType) -> Int {
    order.firstIndex { $0.dtype == dtype } ?? order.count
  }

  package static func name(of dtype: DType) -> String { order[rank(of: dtype)].name }
}
