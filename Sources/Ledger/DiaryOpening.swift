import Foundation

/// The right to open, look through, set aside and begin the diary at a path (`<path>.lock`), as long as this value
/// lives. SQLite does not wait when two processes make one database, nor do migrations; and of two that find
/// a damaged one the second must find what the first has written.
package final class DiaryOpening: Sendable {
  private let descriptor: CInt

  /// Waits for it. Where no file can be made, opening the diary will say why.
  package init(path: String) {
    descriptor = open(path + ".lock", O_RDWR | O_CREAT | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { return }
    while flock(descriptor, LOCK_EX) != 0, errno == EINTR {}
  }

  deinit { if descriptor >= 0 { close(descriptor) } }
}
