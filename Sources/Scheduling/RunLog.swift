import Artifacts
import Experiment
import Foundation
import Logging
import Synchronization

/// A log of JSON lines, one an entry, appended to a file: `{"event","level","time",…metadata}`.
package struct RunLog: LogHandler {
  private final class File: Sendable {
    private struct State {
      let descriptor: CInt
      /// Whether the disk had no room for the end of the last line: the next one begins anew all the same.
      var isTorn = false
    }
    private let state: Mutex<State>

    init(path: String) throws(StorageError) {
      try AtomicFile.makeFolder(AtomicFile.parent(of: path))
      let opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
      guard opened >= 0 else { throw .last("opened", path) }
      state = Mutex(State(descriptor: opened))
    }

    deinit { state.withLock { _ = close($0.descriptor) } }

    /// One write a line, so that lines of two programs do not mix.
    func append(_ line: String) {
      state.withLock { state in
        let bytes = Array(((state.isTorn ? "\n" : "") + line).utf8)
        let count = bytes.withUnsafeBytes { write(state.descriptor, $0.baseAddress, $0.count) }
        if count != 0 { state.isTorn = count > 0 ? count < bytes.count : state.isTorn }
      }
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
