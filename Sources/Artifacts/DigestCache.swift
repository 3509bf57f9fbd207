import Experiment
import Foundation

/// Hashes of outside files, kept with what tells that a file has not changed since: size, modification
/// time in nanoseconds, and inode (the rule of git's index).
package final class DigestCache {
  private struct Entry: Codable {
    var size: Int
    var modified: Int
    var inode: UInt64
    var digest: String
  }
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
    var status = stat()
    guard stat(file, &status) == 0 else { throw .last("read", file) }
    let modified = status.st_mtim.tv_sec * 1_000_000_000 + status.st_mtim.tv_nsec
    if let entry = entries[file], entry.size == Int(status.st_size), entry.modified == modified,
      entry.inode == UInt64(status.st_ino)
    {
      return entry.digest
    }
    let digest = try FileDigest.of(file).hex
    entries[file] = Entry(
      size: Int(status.st_size), modified: modified, inode: UInt64(status.st_ino), digest: digest)
    isChanged = true
    return digest
  }

  /// Writes the cache if anything was hashed anew.
  ///
  /// - Throws: `StorageError`.
  package func save() throws(StorageError) {
    guard isChanged else { return }
    var text = ""
    for (file, entry) in entries.sorted(by: { $0.key < $1.key }) {
      text += "\(entry.digest) \(entry.size) \(entry.modified) \(entry.inode) \(file)\n"
    }
    try AtomicFile.write(text: text, to: path)
    isChanged = false
  }

  private static func read(_ path: String) -> [String: Entry] {
    guard let data = FileManager.default.contents(atPath: path) else { return [:] }
    var entries: [String: Entry] = [:]
    for line in data.split(separator: UInt8(ascii: "\n")) {
      let parts = line.split(separator: UInt8(ascii: " "), maxSplits: 4)
      guard parts.count == 5, parts[0].count == 64,
        let size = Int(String(decoding: parts[1], as: UTF8.self)),
        let modified = Int(String(decoding: parts[2], as: UTF8.self)),
        let inode = UInt64(String(decoding: parts[3], as: UTF8.self))
      else { continue }
      entries[String(decoding: parts[4], as: UTF8.self)] = Entry(
        size: size, modified: modified, inode: inode,
        digest: String(decoding: parts[0], as: UTF8.self))
    }
    return entries
  }
}
