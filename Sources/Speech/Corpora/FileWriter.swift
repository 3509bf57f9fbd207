import Experiment
import Foundation

/// A new file that is written from front to back, fsynced when closed.
final class FileWriter {
  private let path: String
  private let descriptor: Int32
  private var buffer: [UInt8] = []
  private var isOpen = true

  /// - Throws: `CorpusError.notWritten` with the system's words.
  init(_ path: String) throws(CorpusError) {
    self.path = path
    descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .notWritten(path: path, reason: FileBytes.reason()) }
  }

  deinit {
    if isOpen, descriptor >= 0 { Foundation.close(descriptor) }
  }

  /// Samples as little-endian bytes.
  func append(_ samples: [Int16]) throws(CorpusError) {
    for sample in samples {
      let bits = UInt16(bitPattern: sample)
      buffer.append(UInt8(truncatingIfNeeded: bits))
      buffer.append(UInt8(truncatingIfNeeded: bits >> 8))
    }
    if buffer.count >= 1 << 20 { try flush() }
  }

  /// One value as a line of canonical JSON.
  func append(line value: some Encodable) throws(CorpusError) {
    do {
      buffer += Array((try Canonical(encoding: value).text + "\n").utf8)
    } catch {
      throw .notWritten(path: path, reason: "\(error)")
    }
    if buffer.count >= 1 << 20 { try flush() }
  }

  func close() throws(CorpusError) {
    try flush()
    guard fsync(descriptor) == 0 else {
      throw .notWritten(path: path, reason: FileBytes.reason())
    }
    isOpen = false
    guard Foundation.close(descriptor) == 0 else {
      throw .notWritten(path: path, reason: FileBytes.reason())
    }
  }

  private func flush() throws(CorpusError) {
    var start = 0
    while start < buffer.count {
      let wrote = buffer.withUnsafeBytes {
        write(descriptor, $0.baseAddress.map { $0 + start }, $0.count - start)
      }
      if wrote < 0, errno == EINTR { continue }
      guard wrote > 0 else { throw .notWritten(path: path, reason: FileBytes.reason()) }
      start += wrote
    }
    buffer.removeAll(keepingCapacity: true)
  }
}
