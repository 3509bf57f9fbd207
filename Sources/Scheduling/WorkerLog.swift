import Artifacts
import Experiment
import Foundation

/// What one worker writes on its standard error: `logs/worker-<number>.log`, appended to.
///
/// The number is taken by a lock on the file, so two runs of the program at once use different ones.
/// The lock goes with the last process that has the file open.
final class WorkerLog: Sendable {
  let path: String
  let number: Int
  let descriptor: CInt

  /// A log that is larger is started anew.
  private static let largestBytes = 4 << 20
  private static let tailBytes = 2000
  private static let tailLines = 12

  /// Takes the first log of the store that nobody writes.
  ///
  /// - Throws: `StorageError` when the folder of logs cannot be written.
  init(store: ArtifactStore) throws(StorageError) {
    let folder = store.root + "/logs"
    try AtomicFile.makeFolder(folder)
    var number = 1
    while true {
      let path = "\(folder)/worker-\(number).log"
      let descriptor = open(path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw .last("opened", path) }
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0 {
        self.path = path
        self.number = number
        self.descriptor = descriptor
        break
      }
      close(descriptor)
      number += 1
    }
    if size > Self.largestBytes { ftruncate(descriptor, 0) }
  }

  deinit { close(descriptor) }

  /// Bytes in the log now.
  var size: Int {
    var status = stat()
    return fstat(descriptor, &status) == 0 ? Int(status.st_size) : 0
  }

  private var isAtLineStart: Bool {
    var last = UInt8(ascii: "\n")
    let size = size
    if size > 0 { pread(descriptor, &last, 1, off_t(size - 1)) }
    return last == UInt8(ascii: "\n")
  }

  /// Says that what follows is one attempt's.
  func begin(_ request: StageRequest) {
    // A worker that was killed may have left half a line.
    let start = isAtLineStart ? "" : "\n"
    let line = Array((start + AttemptLog.line(request, at: Date())).utf8)
    _ = line.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
  }

  /// The last lines that a worker wrote after `start`.
  func tail(from start: Int) -> [String] {
    let count = min(Self.tailBytes, max(0, size - start))
    guard count > 0 else { return [] }
    var bytes = [UInt8](repeating: 0, count: count)
    let offset = size - count
    let read = bytes.withUnsafeMutableBytes {
      pread(descriptor, $0.baseAddress, count, off_t(offset))
    }
    guard read > 0 else { return [] }
    let lines = String(decoding: bytes.prefix(read), as: UTF8.self).split(separator: "\n")
    return lines.filter { !AttemptLog.isMark($0) }.suffix(Self.tailLines).map(String.init)
  }
}
