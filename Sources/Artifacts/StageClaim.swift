import Experiment
import Foundation
import Synchronization

/// The right to make one artifact, held by one process at a time and given up when that process
/// ends, however it ends (`flock`).
///
/// The holder removes the file while it holds it; whoever then locks a removed file notices by its
/// inode and tries again, so no lock file is left behind.
final class StageClaim: Sendable {
  private let path: String
  /// `nil` once it is given up.
  private let descriptor: Mutex<CInt?>

  private init(_ path: String, holding descriptor: CInt) {
    self.path = path
    self.descriptor = Mutex(descriptor)
  }

  /// Waits for the claim at `path`; it is held until it is given up or this value is gone.
  ///
  /// - Throws: `StorageError` when the file cannot be made.
  init(_ path: String) throws(StorageError) {
    self.path = path
    descriptor = Mutex(try Self.wait(for: path))
  }

  deinit { giveUp() }

  /// Lets others have the claim, once.
  func giveUp() {
    descriptor.withLock { held in
      guard let descriptor = held else { return }
      held = nil
      unlink(path)
      close(descriptor)
    }
  }

  /// The claim at `path`, or `nil` where somebody holds it now.
  ///
  /// - Throws: `StorageError` when the file cannot be made.
  static func unlessHeld(_ path: String) throws(StorageError) -> StageClaim? {
    try lock(path, LOCK_EX | LOCK_NB).map { StageClaim(path, holding: $0) }
  }

  private static func wait(for path: String) throws(StorageError) -> CInt? {
    try lock(path, LOCK_EX)
  }

  /// - Returns: The descriptor that holds the lock; `nil` where `operation` does not wait and would have to.
  private static func lock(_ path: String, _ operation: CInt) throws(StorageError) -> CInt? {
    try AtomicFile.makeFolder(AtomicFile.parent(of: path))
    while true {
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw .last("created", path) }
      while flock(descriptor, operation) != 0 {
        if errno == EINTR { continue }
        let isHeld = errno == EWOULDBLOCK
        let failure = StorageError.last("locked", path)
        close(descriptor)
        if isHeld { return nil }
        throw failure
      }
      if isSameFile(descriptor, path) { return descriptor }
      close(descriptor)
    }
  }

  /// Whether a living process holds the claim at `path`.
  static func isHeld(_ path: String) -> Bool {
    let descriptor = open(path, O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK
  }

  static func isSameFile(_ descriptor: CInt, _ path: String) -> Bool {
    var held = stat()
    var named = stat()
    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0
      && held.st_ino == named.st_ino && held.st_dev == named.st_dev
  }
}

extension ArtifactStore {
  func claimPath(_ key: StageKey) -> String { "\(root)/claims/\(key.hex).lock" }

  /// Whether a living process, of this program or another, is making the artifact of `key`.
  package func isBeingMade(_ key: StageKey) -> Bool { StageClaim.isHeld(claimPath(key)) }
}
