import Foundation

/// Reads JSON into `Canonical` in one pass over its bytes: requests, records and stamps are read by the
/// thousand. `JSONDecoder` would try one type after the other for every value.
struct CanonicalReader {
  private let bytes: UnsafeBufferPointer<UInt8>
  private var position = 0
  private var depth = 0

  /// Deeper nesting is nobody's: it would exhaust the stack.
  private static let deepest = 512

  /// Reads one value, which white space may stand around.
  ///
  /// - Throws: `DecodingError.dataCorrupted` naming the byte at which the text is no JSON.
  static func read(_ data: some ContiguousBytes) throws -> Canonical {
    try data.withUnsafeBytes { raw in
      try raw.withMemoryRebound(to: UInt8.self) { bytes in
        var reader = CanonicalReader(bytes: bytes)
        // A byte order mark, as editors on Windows leave it.
        if bytes.starts(with: [0xEF, 0xBB, 0xBF]) { reader.position = 3 }
        let value = try reader.value()
        reader.skipSpace()
        guard reader.position == bytes.count else {
          throw reader.error("something follows the value")
        }
        return value
      }
    }
  }

  private init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

  private func error(_ problem: String) -> DecodingError {
    .dataCorrupted(
      .init(codingPath: [], debugDescription: "this is no JSON: \(problem) (byte \(position))"))
  }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  private mutating func skipSpace() {
    while let byte = next, byte == 0x20 || (0x09...0x0A).contains(byte) || byte == 0x0D {
      position += 1
    }
  }

  private mutating func take(_ byte: Character) -> Bool {
    skipSpace()
    guard next == byte.asciiValue else { return false }
    position += 1
    return true
  }

  private mutating func value() throws -> Canonical {
    skipSpace()
    guard let first = next else { throw error("a value is missing") }
    switch first {
    case UInt8(ascii: "{"): return try nested { try $0.map() }
    case UInt8(ascii: "["): return try nested { try $0.list() }
    case UInt8(ascii: "\""): return .string(try string())
    case UInt8(ascii: "t"): return try word("true", .bool(true))
    case UInt8(ascii: "f"): return try word("false", .bool(false))
    case UInt8(ascii: "n"): return try word("null", .null)
    default: return try number()
    }
  }

  private mutating func nested(
    _ read: (inout CanonicalReader) throws -> Canonical
  ) throws -> Canonical {
    depth += 1
    guard depth <= Self.deepest else { throw error("it is nested too deeply") }
    position += 1
    defer { depth -= 1 }
    return try read(&self)
  }

  private mutating func map() throws -> Canonical {
    var members: [String: Canonical] = [:]
    if take("}") { return .map(members) }
    repeat {
      skipSpace()
      guard next == UInt8(ascii: "\"") else { throw error("a name is missing") }
      let name = try string()
      guard take(":") else { throw error("':' is missing") }
      let value = try value()
      // Of two members with one name the last counts, as for JavaScript and Python.
      members[name] = value
    } while take(",")
    guard take("}") else { throw error("'}' is missing") }
    return .map(members)
  }

  private mutating func list() throws -> Canonical {
    var values: [Canonical] = []
    if take("]") { return .list(values) }
    repeat { values.append(try value()) } while take(",")
    guard take("]") else { throw error("']' is missing") }
    return .list(values)
  }

  private mutating func word(_ word: String, _ value: Canonical) throws -> Canonical {
    guard bytes[position...].starts(with: word.utf8) else { throw error("a value is misspelt") }
    position += word.utf8.count
    return value
  }

  private mutating func number() throws -> Canonical {
    let start = position
    var isWhole = true
    while let byte = next {
      switch byte {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"): break
      case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"), UInt8(ascii: "+"):
        isWhole = false
      default: return try number(from: start, isWhole: isWhole)
      }
      position += 1
    }
    return try number(from: start, isWhole: isWhole)
  }

  private func number(from start: Int, isWhole: Bool) throws -> Canonical {
    let text = String(decoding: bytes[start..<position], as: UTF8.self)
    // JSON has neither "+1" nor "01" nor ".5" nor "5.", which Swift's numbers would be read from.
    let digits = bytes[start..<position].drop { $0 == UInt8(ascii: "-") }
    let isDigit: (UInt8?) -> Bool = { $0.map { (0x30...0x39).contains($0) } == true }
    let point = digits.firstIndex(of: UInt8(ascii: "."))
    guard isDigit(digits.first), !(digits.first == 0x30 && isDigit(digits.dropFirst().first)),
      point.map({ isDigit(digits[($0 + 1)...].first) }) != false
    else { throw error("a value is misspelt") }
    if isWhole, let value = Int(text) { return .integer(value) }
    guard let value = Double(text), value.isFinite else { throw error("a number is misspelt") }
    return Canonical(number: value)
  }

  private mutating func string() throws -> String {
    position += 1
    let start = position
    // Most strings are written as they are.
    while let byte = next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\\"), byte >= 0x20 {
      position += 1
    }
    guard next != UInt8(ascii: "\"") else {
      defer { position += 1 }
      return try text(Array(bytes[start..<position]))
    }
    var unescaped = Array(bytes[start..<position])
    while let byte = next, byte != UInt8(ascii: "\"") {
      guard byte >= 0x20 else { throw error("a control character in a string") }
      position += 1
      if byte == UInt8(ascii: "\\") { try escape(into: &unescaped) } else { unescaped.append(byte) }
    }
    guard next != nil else { throw error("a string does not end") }
    position += 1
    return try text(unescaped)
  }

  private func text(_ bytes: [UInt8]) throws -> String {
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw error("a string is not UTF-8")
    }
    return text
  }

  private mutating func escape(into bytes: inout [UInt8]) throws {
    guard let byte = next else { throw error("a string does not end") }
    position += 1
    switch byte {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): bytes.append(byte)
    case UInt8(ascii: "n"): bytes.append(0x0A)
    case UInt8(ascii: "r"): bytes.append(0x0D)
    case UInt8(ascii: "t"): bytes.append(0x09)
    case UInt8(ascii: "b"): bytes.append(0x08)
    case UInt8(ascii: "f"): bytes.append(0x0C)
    case UInt8(ascii: "u"):
      var units = [try unit()]
      // Half of a pair is followed by the other half.
      if UTF16.isLeadSurrogate(units[0]), next == UInt8(ascii: "\\") {
        position += 1
        guard next == UInt8(ascii: "u") else { throw error("half a character") }
        position += 1
        units.append(try unit())
      }
      guard let text = String(validating: units, as: UTF16.self) else {
        throw error("half a character")
      }
      bytes += text.utf8
    default: throw error("an unknown escape")
    }
  }

  private mutating func unit() throws -> UInt16 {
    guard position + 4 <= bytes.count,
      let unit = UInt16(String(decoding: bytes[position..<position + 4], as: UTF8.self), radix: 16)
    else { throw error("four hexadecimal digits are missing") }
    position += 4
    return unit
  }
}
