import Foundation

/// Writing to standard output and error, whose reader may be gone and whose disk may be full: that is no
/// reason to crash, as Foundation's `FileHandle.write(_:)` does.
package enum StandardStream {
  /// Writes all bytes, if it can be.
  ///
  /// - Parameters:
  ///   - bytes: What to write.
  ///   - stream: `STDOUT_FILENO` or `STDERR_FILENO`.
  /// - Returns: Whether all was written.
  @discardableResult
  package static func write(_ bytes: some Sequence<UInt8>, to stream: CInt) -> Bool {
    let bytes = Array(bytes)
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(stream, buffer.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }
}
