/// TensorFlow's record format, of which TensorBoard's event files are made: the length (8 bytes), its
/// checksum (4), the bytes, their checksum (4), all little-endian
/// (tensorflow/core/lib/io/record_writer.h).
enum EventRecord {
  static func framed(_ bytes: [UInt8]) -> [UInt8] {
    let length = littleEndian(UInt64(bytes.count))
    return length + littleEndian(maskedChecksum(length)) + bytes
      + littleEndian(maskedChecksum(bytes))
  }

  static func littleEndian(_ value: some FixedWidthInteger) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
  }

  /// CRC-32C rotated and moved, so that a record of records does not look like one.
  static func maskedChecksum(_ bytes: [UInt8]) -> UInt32 {
    let checksum = checksum(bytes)
    return (checksum >> 15 | checksum << 17) &+ 0xa282_ead8
  }

  /// CRC-32C (Castagnoli), reflected, as in RFC 3720.
  static func checksum(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { table[Int(UInt8(truncatingIfNeeded: $0) ^ $1)] ^ $0 >> 8 }
  }

  private static let table: [UInt32] = (UInt32(0)..<256).map { byte in
    (0..<8).reduce(byte) { value, _ in value & 1 == 1 ? 0x82f6_3b78 ^ value >> 1 : value >> 1 }
  }
}
