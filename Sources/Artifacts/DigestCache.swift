import Experiment
import Foundation
import Synchronization

/// Hashes of outside files, kept with what tells that a file has not changed since: size, times of
/// modification and change in nanoseconds, and inode (the rule of git's index, and like there a file
/// that changed in the last moments is hashed again the next time).
package final class DigestCache {
  private struct Entry {
    var stamp: FileStamp
    var digest: String
  }

  private let path: String
  private var entries: [String: Entry]
  private var isChanged = false
  /// Read once, before the first file is hashed: later it would only let more files count as settled.
  private lazy var clock = FileClock(beside: path)

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
    var unknown: [(index: Int, stamp: FileStamp, device: dev_t)] = []
    for (index, file) in files.enumerated() {
      let (stamp, device) = try Self.look(at: file)
      if let entry = entries[file], entry.stamp == stamp {
        digests[index] = entry.digest
      } else {
        unknown.append((index, stamp, device))
      }
    }
    guard !unknown.isEmpty else { return digests }
    // Asked before: what is written to while it is hashed has not settled.
    let isSettled = unknown.map {
      clock.isPast(max($0.stamp.modified, $0.stamp.changed), on: $0.device)
    }
    let hashed = try FileDigest.of(unknown.map { files[$0.index] })
    for (number, (index, stamp, _)) in unknown.enumerated() {
      digests[index] = hashed[number]
      // A line break in a name would break the cache's lines.
      guard isSettled[number], !files[index].utf8.contains(10) else { continue }
      entries[files[index]] = Entry(stamp: stamp, digest: hashed[number])
      isChanged = true
    }
    return digests
  }

  private static func look(
    at file: String
  ) throws(StorageError) -> (stamp: FileStamp, device: dev_t) {
    var status = stat()
    guard stat(file, &status) == 0 else { throw .last("read", file) }
    return (FileStamp(status), status.st_dev)
  }

  /// Writes the cache if anything was hashed anew.
  ///
  /// - Throws: `StorageError`.
  package func save() throws(StorageError) {
    guard isChanged else { return }
    var text = ""
    for (file, entry) in entries.sorted(by: { $0.key < $1.key }) {
      text += "\(entry.digest) \(entry.stamp.text) \(file)\n"
    }
    try AtomicFile.write(text: text, to: path)
    isChanged = false
  }

  private static func read(_ path: String) -> [String: Entry] {
    guard let data = FileManager.default.contents(atPath: path) else { return [:] }
    let bytes = [UInt8](data)
    var entries: [String: Entry] = [:]
    entries.reserveCapacity(bytes.count / 160)
    var fields = LineFields(bytes: bytes)
    while !fields.isAtEnd {
      let digest = fields.text(until: UInt8(ascii: " "))
      let stamp = FileStamp(&fields)
      let file = fields.text(until: UInt8(ascii: "\n"))
      guard digest.utf8.count == 64, !file.isEmpty else { continue }
      entries[file] = Entry(stamp: stamp, digest: digest)
    }
    return entries
  }
}
