import Foundation

/// A folder among the temporary ones, which goes with this value. What a process that was killed left of
/// the same name is removed: nobody locks it any more (`flock`).
final class TemporaryPlace {
  let path: String
  private let descriptor: CInt

  /// - Throws: `FigureError` when there is no room for it.
  init(named name: String) throws(FigureError) {
    let folder = FileManager.default.temporaryDirectory.path
    Self.removeDead(folder, name + "-")
    while true {
      let path = "\(folder)/\(name)-\(getpid())-\(UInt64.random(in: 0 ... .max))"
      guard mkdir(path, 0o777) == 0 else {
        throw .noFolder(path: path, problem: String(cString: strerror(errno)))
      }
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      // Another process may have taken it for a dead one's before it was locked.
      if flock(descriptor, LOCK_EX | LOCK_NB) == 0, access(path, F_OK) == 0 {
        (self.path, self.descriptor) = (path, descriptor)
        return
      }
      close(descriptor)
      rmdir(path)
    }
  }

  deinit {
    try? FileManager.default.removeItem(atPath: path)
    close(descriptor)
  }

  private static func removeDead(_ folder: String, _ prefix: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasPrefix(prefix) {
      let path = "\(folder)/\(name)"
      let descriptor = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
      guard descriptor >= 0 else { continue }
      defer { close(descriptor) }
      var status = stat()
      guard fstat(descriptor, &status) == 0, status.st_uid == getuid(),
        flock(descriptor, LOCK_EX | LOCK_NB) == 0
      else { continue }
      try? FileManager.default.removeItem(atPath: path)
    }
  }
}
