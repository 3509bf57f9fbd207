import Artifacts
import Experiment
import Foundation
import Logging
import Synchronization

/// A log of JSON lines, one an entry, appended to a file: `{"event","level","time",…metadata}`.
package struct RunLog: LogHandler {
  private final class File: Sendable {
    /// One line at a time.
    private let descriptor: Mutex<CInt>

    init(path: String) throws(StorageError) {
      try AtomicFile.makeFolder(AtomicFile.parent(of: path))
      let opened = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
      guard opened >= 0 else { throw .last("opened", path) }
      descriptor = Mutex(opened)
    }

    deinit { descriptor.withLock { _ = close($0) } }

    /// One write a line, while no other program writes one: on file systems that hosts share, `O_APPEND` alone lets
    /// two of them write to one place (open(2)). Where there are no locks it is written all the same.
    func append(_ line: String) {
      descriptor.withLock { file in
        while flock(file, LOCK_EX) != 0, errno == EINTR {}
        defer { flock(file, LOCK_UN) }
        let bytes = Array(((Self.isTorn(file) ? "\n" : "") + line).utf8)
        _ = bytes.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
      }
    }

    /// Whether the last line has no end, be it another program's: the disk had no room for it, or the machine died.
    private static func isTorn(_ file: CInt) -> Bool {
      var (status, last) = (stat(), UInt8(ascii: "\n"))
      guard fstat(file, &status) == 0, status.st_size > 0,
        pread(file, &last, 1, status.st_size - 1) == 1
      else { return false }
      return last != UInt8(ascii: "\n")
    }
  }

  private let file: File
  package var logLevel = Logger.Level.info
  package var metadata: Logger.Metadata = [:]

  /// Opens the log of an experiment, `logs/<experiment>.log`.
  ///
  /// - Throws: `StorageError`.
  package init(store: ArtifactStore, experiment: String) throws(StorageError) {
    file = try File(path: "\(store.root)/logs/\(experiment).log")
  }

  package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  package func log(event: LogEvent) {
    var members: [String: Canonical] = [:]
    for (key, value) in metadata.merging(event.metadata ?? [:], uniquingKeysWith: { $1 }) {
      members[key] = Self.json(value)
    }
    members["level"] = .string(event.level.rawValue)
    members["event"] = .string("\(event.message)")
    members["time"] = .string(
      Date().formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true)))
    file.append(Canonical.map(members).text + "\n")
  }

  /// Numbers stay numbers.
  private static func json(_ value: Logger.MetadataValue) -> Canonical {
    guard case .stringConvertible(let value) = value else { return .string("\(value)") }
    switch value {
    case let number as any BinaryInteger: return .integer(Int(clamping: number))
    case let number as Double where number.isFinite: return Canonical(number: number)
    default: return .string("\(value)")
    }
  }
}
