import Artifacts
import Foundation

/// The sign that a living program answers for a batch: the file `owner` in its folder, locked (`flock`)
/// from before the folder has its name until nobody waits for its elements any more. It says nothing of hosts and
/// numbers of processes: who has the lock is alive, on whatever host, and whatever any clock says.
final class SlurmOwner: Sendable {
  private let descriptor: CInt

  private static func path(_ folder: String) -> String { folder + "/owner" }

  private init(_ descriptor: CInt) { self.descriptor = descriptor }

  /// Makes a folder that is locked for this program.
  ///
  /// - Throws: `StorageError`.
  static func make(_ folder: String) throws(StorageError) -> SlurmOwner {
    let path = path(folder)
    while true {
      try AtomicFile.makeFolder(folder)
      let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
      // Whoever removes what dead programs left may take the folder away before it is locked.
      if descriptor < 0, errno == ENOENT { continue }
      guard descriptor >= 0 else { throw .last("created", path) }
      let owner = SlurmOwner(descriptor)
      let problem = flock(descriptor, LOCK_EX | LOCK_NB) == 0 ? 0 : errno
      guard isThere(descriptor, path) else { continue }
      if problem == 0 { return owner }
      errno = problem
      guard problem == EWOULDBLOCK else { throw .last("locked", path) }
    }
  }

  /// Takes over what no living program answers for; `nil` where one does, or somebody just looks.
  static func take(_ folder: String) -> SlurmOwner? {
    let descriptor = open(path(folder), O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    let owner = SlurmOwner(descriptor)
    return flock(descriptor, LOCK_EX | LOCK_NB) == 0 && isThere(descriptor, path(folder))
      ? owner : nil
  }

  /// Whether a living program answers for the folder. Where that cannot be told, it does.
  static func isAlive(_ folder: String) -> Bool {
    let descriptor = open(path(folder), O_RDWR | O_CLOEXEC)
    guard descriptor >= 0 else { return errno != ENOENT }
    defer { close(descriptor) }
    return flock(descriptor, LOCK_SH | LOCK_NB) != 0
  }

  private static func isThere(_ descriptor: CInt, _ path: String) -> Bool {
    var (held, named) = (stat(), stat())
    return fstat(descriptor, &held) == 0 && stat(path, &named) == 0 && held.st_ino == named.st_ino
      && held.st_dev == named.st_dev
  }

  deinit {
    // A process that is being started may still have a copy of the descriptor.
    flock(descriptor, LOCK_UN)
    close(descriptor)
  }
}
