import Foundation

/// The bytes of small files. Foundation says only that they cannot be read, and not whether they are lost.
enum FileBytes {
  /// All bytes of the file at `path`.
  ///
  /// - Throws: `StorageError`.
  static func of(_ path: String) throws(StorageError) -> Data {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last("opened", path) }
    defer { close(descriptor) }
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw .last("looked at", path) }
    var bytes = [UInt8](repeating: 0, count: max(0, Int(status.st_size)))
    var done = 0
    while done < bytes.count {
      let (start, wanted) = (done, bytes.count - done)
      let part = bytes.withUnsafeMutableBytes { buffer in
        read(descriptor, buffer.baseAddress.map { $0 + start }, wanted)
      }
      if part < 0, errno == EINTR { continue }
      guard part >= 0 else { throw .last("read", path) }
      if part == 0 { break }
      done += part
    }
    return Data(bytes[..<done])
  }
}
