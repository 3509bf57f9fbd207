#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// Bytes that are read here and there: a file, or in tests and fuzzing an array.
package protocol ByteSource: AnyObject {
  var count: Int { get }
  /// Fills a buffer with the bytes from `offset` on.
  ///
  /// - Returns: nil on success, else why not.
  func read(_ buffer: UnsafeMutableRawBufferPointer, from offset: Int) -> String?
}

extension ByteSource {
  /// Reads some of the bytes.
  ///
  /// - Parameter range: Within 0..<count.
  /// - Returns: The bytes, or none and the reason where they cannot be read.
  package func bytes(_ range: Range<Int>) -> (bytes: [UInt8], reason: String?) {
    var reason: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: range.count) { buffer, filled in
      let target = UnsafeMutableRawBufferPointer(
        rebasing: UnsafeMutableRawBufferPointer(buffer)[..<range.count])
      reason = read(target, from: range.lowerBound)
      filled = reason == nil ? range.count : 0
    }
    return (bytes, reason)
  }
}

/// Why a file could not be opened or read.
package struct OpenFileError: Error {
  package let reason: String

  package init(reason: String) { self.reason = reason }
}

/// A regular file, open for reading.
package final class OpenFile: ByteSource, Sendable {
  package let count: Int
  private let modified: timespec
  private let descriptor: Int32

  /// - Throws: `OpenFileError` when it cannot be opened, or is a folder or a device.
  package init(path: String) throws(OpenFileError) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw OpenFileError(reason: systemReason()) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else {
      let reason = systemReason()
      close(descriptor)
      throw OpenFileError(reason: reason)
    }
    guard status.st_mode & S_IFMT == S_IFREG else {
      close(descriptor)
      throw OpenFileError(reason: "not a regular file")
    }
    self.descriptor = descriptor
    count = Int(status.st_size)
    modified = status.st_mtim
  }

  deinit {
    close(descriptor)
  }

  /// Whether the file has been written to since it was opened.
  package var isChanged: Bool {
    var status = stat()
    return fstat(descriptor, &status) != 0 || Int(status.st_size) != count
      || status.st_mtim.tv_sec != modified.tv_sec || status.st_mtim.tv_nsec != modified.tv_nsec
  }

  package func read(
    _ buffer: UnsafeMutableRawBufferPointer, from offset: Int
  ) -> String? {
    var done = 0
    while done < buffer.count {
      let rest = UnsafeMutableRawBufferPointer(rebasing: buffer[done...])
      let count = pread(descriptor, rest.baseAddress, rest.count, off_t(offset + done))
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { return systemReason() }
      guard count > 0 else { return "it has become shorter while it was read" }
      done += count
    }
    return nil
  }
}

/// What the operating system says of the last call that failed.
package func systemReason() -> String { String(cString: strerror(errno)) }
