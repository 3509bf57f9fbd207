import Foundation

/// A value with exactly one spelling: the form in which parameters are hashed, compared and sent.
///
/// The text is JSON with keys sorted by their UTF-8 bytes, no white space, and the shortest decimal
/// that reads back as the same number. A whole number is written as an integer whatever type held
/// it, so `600` and `600.0` are one value (as in RFC 8785, JSON Canonicalization Scheme).
package enum Canonical: Sendable, Hashable {
  case null
  case bool(Bool)
  case integer(Int)
  case real(Double)
  case string(String)
  case list([Canonical])
  case map([String: Canonical])

  /// The value of `number`, an integer where it is whole.
  package init(number: Double) {
    if number == number.rounded(), abs(number) < 9_007_199_254_740_992 {
      self = .integer(Int(number))
    } else {
      self = .real(number)
    }
  }

  /// The one text of this value.
  package var text: String { String(decoding: bytes, as: UTF8.self) }

  /// The one text of this value in UTF-8: what is hashed.
  package var bytes: [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(512)
    write(to: &bytes)
    return bytes
  }

  /// The member called `name`, when this is a map that has it.
  package subscript(name: String) -> Canonical? {
    if case .map(let members) = self { members[name] } else { nil }
  }

  /// The text of a string, or `nil` for every other case.
  package var string: String? {
    if case .string(let text) = self { text } else { nil }
  }

  /// The number in an integer or a real, or `nil` for every other case.
  package var number: Double? {
    switch self {
    case .integer(let value): Double(value)
    case .real(let value): value
    default: nil
    }
  }

  private func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .integer(let value): bytes += String(value).utf8
    case .real(let value): bytes += value.description.utf8
    case .string(let value): Self.quote(value, into: &bytes)
    case .list(let values):
      bytes.append(UInt8(ascii: "["))
      for (index, value) in values.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "]"))
    case .map(let members):
      bytes.append(UInt8(ascii: "{"))
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (index, member) in sorted.enumerated() {
        if index > 0 { bytes.append(UInt8(ascii: ",")) }
        Self.quote(member.key, into: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.write(to: &bytes)
      }
      bytes.append(UInt8(ascii: "}"))
    }
  }

  /// Appends a string as JSON has it.
  static func quote(_ string: String, into bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    var string = string
    // Hardly any text has something to escape.
    let isPlain = string.withUTF8 { text in
      guard text.allSatisfy({ $0 >= 0x20 && $0 != 0x22 && $0 != 0x5C }) else { return false }
      bytes.append(contentsOf: text)
      return true
    }
    for byte in isPlain ? "".utf8 : string.utf8 {
      switch byte {
      case UInt8(ascii: "\""): bytes += "\\\"".utf8
      case UInt8(ascii: "\\"): bytes += "\\\\".utf8
      case UInt8(ascii: "\n"): bytes += "\\n".utf8
      case UInt8(ascii: "\r"): bytes += "\\r".utf8
      case UInt8(ascii: "\t"): bytes += "\\t".utf8
      case 0..<0x20:
        let digits = String(byte, radix: 16)
        bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
      default: bytes.append(byte)
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}

extension Canonical {
  /// The canonical form of any encodable value; absent optionals leave no trace, so a parameter
  /// added later keeps the keys of stages that do not use it.
  ///
  /// - Throws: `EncodingError` when the value holds a NaN or an infinity.
  package init(encoding value: some Encodable) throws {
    self = try CanonicalEncoder.encode(value)
  }

  /// Reads canonical (or any) JSON text.
  ///
  /// - Throws: `DecodingError` when the bytes are not JSON.
  package init(json: Data) throws {
    self = try CanonicalReader.read(json)
  }

  /// This value read as a Swift type.
  ///
  /// - Throws: `DecodingError` naming the member that is missing or of another type.
  package func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(bytes))
  }
}

extension Canonical: Codable {
  package init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Int.self) {
      self = .integer(value)
    } else if let value = try? container.decode(Double.self) {
      self = Canonical(number: value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([Canonical].self) {
      self = .list(value)
    } else {
      self = .map(try container.decode([String: Canonical].self))
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    switch self {
    case .null: try container.encodeNil()
    case .bool(let value): try container.encode(value)
    case .integer(let value): try container.encode(value)
    case .real(let value): try container.encode(value)
    case .string(let value): try container.encode(value)
    case .list(let values): try container.encode(values)
    case .map(let members): try container.encode(members)
    }
  }
}
