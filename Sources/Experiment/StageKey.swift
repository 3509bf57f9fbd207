/// The identity of a stage: SHA-256 over the canonical text of what decides its result.
package struct StageKey: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  /// 64 lower-case hexadecimal digits.
  package let hex: String

  /// Reads a full key.
  ///
  /// - Returns: `nil` when the text is not 64 lower-case hexadecimal digits.
  package init?(hex: String) {
    let isDigit: (UInt8) -> Bool = {
      (0x30...0x39).contains($0) || (0x61...0x66).contains($0)
    }
    guard hex.utf8.count == 64, hex.utf8.allSatisfy(isDigit) else { return nil }
    self.hex = hex
  }

  /// The key of what `identity` describes.
  package init(of identity: Canonical) {
    hex = Digest256.hex(of: identity.bytes)
  }

  /// The key of what a canonical text describes.
  init(ofText bytes: [UInt8]) {
    hex = Digest256.hex(of: bytes)
  }

  package init(from decoder: any Decoder) throws {
    let text = try decoder.singleValueContainer().decode(String.self)
    guard let key = StageKey(hex: text) else {
      throw DecodingError.dataCorrupted(
        .init(
          codingPath: decoder.codingPath,
          debugDescription: "'\(text)' is not a stage key: 64 lower-case hexadecimal digits"))
    }
    self = key
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(hex)
  }

  /// Sixteen digits tell keys apart as well as all: they are of a digest.
  package func hash(into hasher: inout Hasher) {
    var text = hex
    text.withUTF8 { digits in
      hasher.combine(
        digits.count < 16 ? 0 : UnsafeRawBufferPointer(digits).loadUnaligned(as: UInt64.self))
      hasher.combine(
        digits.count < 16
          ? 0 : UnsafeRawBufferPointer(digits).loadUnaligned(fromByteOffset: 8, as: UInt64.self))
    }
  }

  /// The first twelve digits: what people read and type.
  package var short: String { String(hex.prefix(12)) }

  package var description: String { short }

  package static func < (left: StageKey, right: StageKey) -> Bool { left.hex < right.hex }
}
