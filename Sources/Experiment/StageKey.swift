/// The identity of a stage: SHA-256 over the canonical text of what decides its result.
package struct StageKey: Sendable, Hashable, Comparable, Codable, CustomStringConvertible {
  /// The digest's 32 bytes, the first in the highest place: plans hold hundreds of thousands of keys.
  private let words: (UInt64, UInt64, UInt64, UInt64)

  /// 64 lower-case hexadecimal digits.
  package var hex: String {
    String(unsafeUninitializedCapacity: 64) { text in
      writeDigits(to: text)
      return 64
    }
  }

  /// Writes the 64 digits to the start of `text`.
  private func writeDigits(to text: UnsafeMutableBufferPointer<UInt8>) {
    withUnsafeBytes(
      of: (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    ) {
      for (index, byte) in $0.enumerated() {
        text[2 * index] = Digest256.digit(byte >> 4)
        text[2 * index + 1] = Digest256.digit(byte & 15)
      }
    }
  }

  /// Appends the 32 bytes, for a digest of many keys.
  package func writeBytes(to bytes: inout [UInt8]) {
    withUnsafeBytes(
      of: (words.0.bigEndian, words.1.bigEndian, words.2.bigEndian, words.3.bigEndian)
    ) { bytes.append(contentsOf: $0) }
  }

  /// Appends the 64 digits.
  func writeDigits(to bytes: inout [UInt8]) {
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 64) { text in
      writeDigits(to: text)
      bytes.append(contentsOf: text)
    }
  }

  /// Reads a full key.
  ///
  /// - Returns: `nil` when the text is not 64 lower-case hexadecimal digits.
  package init?(hex: String) {
    guard hex.utf8.count == 64 else { return nil }
    var words: [UInt64] = [0, 0, 0, 0]
    for (index, digit) in hex.utf8.enumerated() {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return nil
      }
      words[index / 16] = words[index / 16] << 4 | UInt64(value)
    }
    self.words = (words[0], words[1], words[2], words[3])
  }

  /// The key of what `identity` describes.
  package init(of identity: Canonical) {
    self.init(ofText: identity.bytes)
  }

  /// The key of what a canonical text describes.
  init(ofText bytes: [UInt8]) {
    words = Digest256.words(of: bytes)
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

  package static func == (left: StageKey, right: StageKey) -> Bool { left.words == right.words }

  /// A quarter tells keys apart as well as all: they are of a digest.
  package func hash(into hasher: inout Hasher) { hasher.combine(words.0) }

  /// The first twelve digits: what people read and type.
  package var short: String { String(hex.prefix(12)) }

  package var description: String { short }

  package static func < (left: StageKey, right: StageKey) -> Bool { left.words < right.words }
}
