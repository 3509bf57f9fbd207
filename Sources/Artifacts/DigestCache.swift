import Experiment
import Foundation
import Synchronization

/// Hashes of outside files, kept with what tells that a file has not changed since: size, times of
/// modification and change in nanoseconds, and inode (the rule of git's index, and like there a file
/// that changed in the last moments is hashed again the next time).
package final class DigestCache {
  private struct Stamp: Equatable {
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
  }
  private struct Entry {
    var stamp: Stamp
    var digest: String
  }

  /// Clocks of file systems tick in milliseconds to seconds; a write in the tick of the hashing
  /// would go unseen.
  private static let settlingNanoseconds = 2_000_000_000

  private let path: String
  private var entries: [String: Entry]
  private var isChanged = false

  /// Reads the cache; one that is missing or damaged is empty, and costs only time.
  package init(path: String) {
    self.path = path
    entries = Self.read(path)
  }

  /// The hash of a file, taken anew when the file is not the one that was hashed before.
  ///
  /// - Throws: `StorageError` when the file cannot be read.
  package func digest(of file: String) throws(StorageError) -> String {
    try digests(of: [file])[0]
  }

  /// The hashes of many files, in their order; those to be taken anew are shared among the cores.
  ///
  /// - Throws: `StorageError` for the first file that cannot be read.
  package func digests(of files: [String]) throws(StorageError) -> [String] {
    var digests = [String](repeating: "", count: files.count)
    var unknown: [(index: Int, stamp: Stamp)] = []
    for (index, file) in files.enumerated() {
      let stamp = try Stamp(of: file)
      if let entry = entries[file], entry.stamp == stamp {
        digests[index] = entry.digest
      } else {
        unknown.append((index, stamp))
      }
    }
    guard !unknown.isEmpty else { return digests }
    let hashed = try FileDigest.of(unknown.map { files[$0.index] })
    let settled = Int(Date().timeIntervalSince1970 * 1e9) - Self.settlingNanoseconds
    for ((index, stamp), digest) in zip(unknown, hashed) {
      digests[index] = digest
      // A line break in a name would break the cache's lines.
      guard max(stamp.modified, stamp.changed) < settled, !files[index].utf8.contains(10) else {
        continue
      }
      entries[files[index]] = Entry(stamp: stamp, digest: digest)
      isChanged = true
    }
    return digests
  }

  /// Writes the cache if anything was hashed anew.
  ///
  /// - Throws: `StorageError`.
  package func save() throws(StorageError) {
    guard isChanged else { return }
    var text = ""
    for (file, entry) in entries.sorted(by: { $0.key < $1.key }) {
      let stamp = entry.stamp
      text += "\(entry.digest) \(stamp.size) \(stamp.modified) \(stamp.changed) \(stamp.inode) "
      text += "\(file)\n"
    }
    try AtomicFile.write(text: text, to: path)
    isChanged = false
  }

  private static func read(_ path: String) -> [String: Entry] {
    guard let data = FileManager.default.contents(atPath: path) else { return [:] }
    let bytes = [UInt8](data)
    var entries: [String: Entry] = [:]
    entries.reserveCapacity(bytes.count / 160)
    var fields = Fields(bytes: bytes)
    while !fields.isAtEnd {
      let digest = fields.text(until: UInt8(ascii: " "))
      let stamp = Stamp(
        size: fields.number(), modified: fields.number(), changed: fields.number(),
        inode: UInt64(bitPattern: Int64(fields.number())))
      let file = fields.text(until: UInt8(ascii: "\n"))
      guard digest.utf8.count == 64, !file.isEmpty else { continue }
      entries[file] = Entry(stamp: stamp, digest: digest)
    }
    return entries
  }

  /// Walks over a line's fields without making substrings: twenty thousand lines are read at once.
  private struct Fields {
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
}
