import Foundation

/// What tells that a file is the one that was read before: size, times of modification and change in
/// nanoseconds, and inode.
struct FileStamp: Sendable, Equatable {
  var size: Int
  var modified: Int
  var changed: Int
  var inode: UInt64

  /// Reads what the file system says of `file`.
  ///
  /// - Throws: `StorageError` when the file is not there.
  init(of file: String) throws(StorageError) {
    var status = stat()
    guard stat(file, &status) == 0 else { throw .last("read", file) }
    self.init(status)
  }

  init(_ status: stat) {
    size = Int(status.st_size)
    modified = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
    changed = status.st_ctim.tv_sec * 1_000_000_000 + status.st_ctim.tv_nsec
    inode = UInt64(status.st_ino)
  }

  init(size: Int, modified: Int, changed: Int, inode: UInt64) {
    self.size = size
    self.modified = modified
    self.changed = changed
    self.inode = inode
  }

  /// Four numbers, as `LineFields` reads them.
  var text: String { "\(size) \(modified) \(changed) \(inode)" }
}

/// Walks over a line's fields without making substrings: twenty thousand lines are read at once.
struct LineFields {
  let bytes: [UInt8]
  var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  var isAtEnd: Bool { position >= bytes.count }

  mutating func text(until end: UInt8) -> String {
    let start = position
    while position < bytes.count, bytes[position] != end { position += 1 }
    defer { position = min(position + 1, bytes.count) }
    return String(decoding: bytes[start..<position], as: UTF8.self)
  }

  /// A decimal number and the blank after it; what is no digit ends it.
  mutating func number() -> Int {
    var value = 0
    while position < bytes.count, bytes[position] != UInt8(ascii: " ") {
      let digit = Int(bytes[position]) - 0x30
      guard (0...9).contains(digit) else { return 0 }
      value = value &* 10 &+ digit
      position += 1
    }
    position = min(position + 1, bytes.count)
    return value
  }
}

extension FileStamp {
  /// Reads what `text` says.
  init(_ fields: inout LineFields) {
    self.init(
      size: fields.number(), modified: fields.number(), changed: fields.number(),
      inode: UInt64(bitPattern: Int64(fields.number())))
  }
}
