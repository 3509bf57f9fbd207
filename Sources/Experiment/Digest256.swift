import Libcrypto

/// SHA-256 in hexadecimal, the only digest used in keys and artifacts; bytes may come in pieces.
package struct Digest256: ~Copyable {
  private let context: OpaquePointer?
  private var isSound: Bool

  /// The digest of nothing yet.
  package init() {
    context = EVP_MD_CTX_new()
    isSound = context != nil && EVP_DigestInit_ex(context, EVP_sha256(), nil) == 1
  }

  deinit { EVP_MD_CTX_free(context) }

  /// Takes in the next bytes.
  package mutating func update(_ bytes: UnsafeRawBufferPointer) {
    guard isSound, !bytes.isEmpty else { return }
    isSound = EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1
  }

  /// The digest of all bytes in 64 lower-case hexadecimal digits.
  package consuming func hex() -> String {
    let digest = bytes()
    return String(unsafeUninitializedCapacity: 64) { text in
      for (index, byte) in digest.enumerated() {
        text[2 * index] = Self.digit(byte >> 4)
        text[2 * index + 1] = Self.digit(byte & 15)
      }
      return 64
    }
  }

  /// The digest of all bytes, 32 of them.
  private consuming func bytes() -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: 32)
    // libcrypto refuses for want of memory or of SHA-256 itself. A digest that is not one would name
    // the wrong artifact, so nothing may go on from here.
    guard isSound, EVP_DigestFinal_ex(context, &digest, nil) == 1 else {
      fatalError("libcrypto could not take a SHA-256 digest: is memory short, or OpenSSL crippled?")
    }
    return digest
  }

  /// The digest of `bytes` as four numbers, the first byte in the highest place.
  static func words(of bytes: [UInt8]) -> (UInt64, UInt64, UInt64, UInt64) {
    var digest = Digest256()
    bytes.withUnsafeBytes { digest.update($0) }
    let sum = digest.bytes()
    func word(_ index: Int) -> UInt64 {
      sum[8 * index..<8 * index + 8].reduce(0) { $0 << 8 | UInt64($1) }
    }
    return (word(0), word(1), word(2), word(3))
  }

  static func digit(_ value: UInt8) -> UInt8 {
    value < 10 ? UInt8(ascii: "0") + value : UInt8(ascii: "a") + value - 10
  }

  /// The digest of `bytes` in 64 lower-case hexadecimal digits.
  package static func hex(of bytes: some Sequence<UInt8>) -> String {
    var digest = Digest256()
    // Arrays are hashed where they lie.
    let isHashed: Void? = bytes.withContiguousStorageIfAvailable {
      digest.update(UnsafeRawBufferPointer($0))
    }
    if isHashed == nil { Array(bytes).withUnsafeBytes { digest.update($0) } }
    return digest.hex()
  }
}
