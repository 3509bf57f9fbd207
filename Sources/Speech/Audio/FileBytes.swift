import Foundation

/// Whole files in memory, with the system's own words where that fails.
enum FileBytes {
  /// - Throws: `AudioError.unreadable`.
  static func read(_ path: String) throws(AudioError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .unreadable(path: path, reason: Self.reason()) }
    defer { close(descriptor) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else {
      throw .unreadable(path: path, reason: Self.reason())
    }
    let size = Int(facts.st_size)
    var count = 0
    var failure: String?
    let bytes = [UInt8](unsafeUninitializedCapacity: size) { buffer, initialised in
      while count < size {
        let got = Foundation.read(descriptor, buffer.baseAddress.map { $0 + count }, size - count)
        if got < 0, errno == EINTR { continue }
        if got < 0 { failure = Self.reason() }
        if got <= 0 { break }
        count += got
      }
      initialised = count
    }
    if let failure { throw .unreadable(path: path, reason: failure) }
    return bytes
  }

  /// What the last failed system call says.
  static func reason() -> String { String(cString: strerror(errno)) }
}
