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
  package var text: String {
    var result = ""
    write(to: &result)
    return result
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

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .integer(let value): text += String(value)
    case .real(let value): text += value.description
    case .string(let value): Self.quote(value, into: &text)
    case .list(let values):
      text += "["
      for (index, value) in values.enumerated() {
        if index > 0 { text += "," }
        value.write(to: &text)
      }
      text += "]"
    case .map(let members):
      text += "{"
      let sorted = members.sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
      for (index, member) in sorted.enumerated() {
        if index > 0 { text += "," }
        Self.quote(member.key, into: &text)
        text += ":"
        member.value.write(to: &text)
      }
      text += "}"
    }
  }

  private static func quote(_ string: String, into text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += "\\\""
      case "\\": text += "\\\\"
      case "\n": text += "\\n"
      case "\r": text += "\\r"
      case "\t": text += "\\t"
      case let control where control.value < 0x20:
        let digits = String(control.value, radix: 16)
        text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
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
    self = try JSONDecoder().decode(Canonical.self, from: json)
  }

  /// This value read as a Swift type.
  ///
  /// - Throws: `DecodingError` naming the member that is missing or of another type.
  package func decoded<Value: Decodable>(as type: Value.Type = Value.self) throws -> Value {
    try JSONDecoder().decode(type, from: Data(text.utf8))
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
