import Foundation

/// The file system that a folder is on, as a whole.
///
/// Linux keeps one mark of write-back errors for each file system, and tells a descriptor of those that came since
/// it was opened (`errseq_t`; syncfs(2)). An error that came before, and of which another process was told, it does
/// not hear of. So who wants to know whether what it writes reached the disk opens this first, writes then, and
/// shares it with nobody: each error is told to a descriptor once.
final class WholeDisk: Sendable {
  /// When it was; of two, the earlier one hears of more.
  let opened = ContinuousClock.now
  private let descriptor: CInt
  private let write: SyncFileSystem

  /// - Returns: `nil` where the system would not say that writing failed (before Linux 5.8).
  init?(_ folder: String) {
    guard Self.tellsErrors, let write = Self.syncFileSystem else { return nil }
    let descriptor = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    self.write = write
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }

  /// Makes durable whatever was written to it before.
  ///
  /// - Returns: Whether all of it is, as far as was written since this value was made.
  func sync() -> Bool { write(descriptor) == 0 }

  private typealias SyncFileSystem = @convention(c) (CInt) -> CInt

  /// `syncfs` of the C library, which headers declare for GNU sources alone.
  private static let syncFileSystem: SyncFileSystem? = dlsym(nil, "syncfs").map {
    unsafeBitCast($0, to: SyncFileSystem.self)
  }

  private static let tellsErrors: Bool = {
    let version = ProcessInfo.processInfo.operatingSystemVersion
    return (version.majorVersion, version.minorVersion) >= (5, 8)
  }()
}
