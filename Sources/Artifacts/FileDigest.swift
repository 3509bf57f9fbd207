import Experiment
import Foundation
import Synchronization

/// SHA-256 of files, read in pieces so that size does not matter.
package enum FileDigest {
  private static let pieceBytes = 1 << 20

  /// The digest of the file at `path`, and its size in bytes.
  ///
  /// - Throws: `StorageError` when the file cannot be read.
  package static func of(_ path: String) throws(StorageError) -> (hex: String, bytes: Int) {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else { throw .last("opened", path) }
    defer { close(descriptor) }
    var digest = Digest256()
    var total = 0
    var status = stat()
    let size = fstat(descriptor, &status) == 0 ? Int(status.st_size) : pieceBytes
    // Most files are small: one read takes all, the next one finds the end.
    let piece = UnsafeMutableRawBufferPointer.allocate(
      byteCount: min(max(size, 4096), pieceBytes), alignment: 64)
    defer { piece.deallocate() }
    while true {
      let count = read(descriptor, piece.baseAddress, piece.count)
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last("read", path) }
      if count == 0 { break }
      digest.update(UnsafeRawBufferPointer(rebasing: piece[0..<count]))
      total += count
    }
    return (digest.hex(), total)
  }

  /// The digests of many files, in their order, taken on all cores.
  ///
  /// - Throws: `StorageError` for the first file, in their order, that cannot be read.
  package static func of(_ paths: [String]) throws(StorageError) -> [String] {
    typealias Outcome = Result<String, StorageError>
    let outcomes = Mutex<[Outcome?]>(Array(repeating: nil, count: paths.count))
    DispatchQueue.concurrentPerform(iterations: paths.count) { index in
      let outcome: Outcome
      do throws(StorageError) {
        outcome = .success(try of(paths[index]).hex)
      } catch {
        outcome = .failure(error)
      }
      outcomes.withLock { $0[index] = outcome }
    }
    var digests: [String] = []
    for outcome in outcomes.withLock({ $0 }) {
      if let digest = try outcome?.get() { digests.append(digest) }
    }
    return digests
  }
}
