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
    var digest = [UInt8](repeating: 0, count: 32)
    // libcrypto refuses for want of memory or of SHA-256 itself. A digest that is not one would name
    // the wrong artifact, so nothing may go on from here.
    guard isSound, EVP_DigestFinal_ex(context, &digest, nil) == 1 else {
      fatalError("libcrypto could not take a SHA-256 digest: is memory short, or OpenSSL crippled?")
    }
    let digits = Array("0123456789abcdef".utf8)
    let text = digest.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  /// The digest of `bytes` in 64 lower-case hexadecimal digits.
  package static func hex(of bytes: some Sequence<UInt8>) -> String {
    var digest = Digest256()
    Array(bytes).withUnsafeBytes { digest.update($0) }
    return digest.hex()
  }
}
