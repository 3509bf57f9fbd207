import Foundation

extension ArtifactStore {
  /// Fewer than these are made durable file by file: who writes little need not wait for what others
  /// write to the same disk.
  private static let fewest = 4

  /// Makes many small artifacts durable together and gives them their places: the file system is told
  /// twice to write down what it has, instead of four times for each. May be called on any thread.
  ///
  /// - Returns: Bytes of each one's files, or why it could not be published; nothing of that one is left
  ///   aside then.
  package func publish(all written: [UnpublishedArtifact]) -> [Result<Int, any Error>] {
    guard written.count >= Self.fewest, let disk = WholeDisk(root) else {
      return written.map { one in Result { try publish(one) } }
    }
    var outcomes = written.map { one in Result { try cleaningUp(one) { try describe(one) } } }
    guard disk.sync() else {
      // The error may be somebody else's: each is told of its own.
      return zip(written, outcomes).map { one, outcome in
        outcome.flatMap { _ in
          unlink(one.folder + "/artifact.json")
          return Result { try publish(one) }
        }
      }
    }
    var changed: [[String]] = []
    for (index, one) in written.enumerated() {
      var folders: [String] = []
      outcomes[index] = outcomes[index].flatMap { bytes in
        Result { try cleaningUp(one) { folders = try move(one) } }.map { bytes }
      }
      changed.append(folders)
    }
    let isDurable = disk.sync()
    for (index, one) in written.enumerated() {
      if !isDurable {
        outcomes[index] = outcomes[index].flatMap { bytes in
          Result { for folder in changed[index] { try AtomicFile.sync(folder: folder) } }
            .map { bytes }
        }
      }
      one.claim.giveUp()
    }
    return outcomes
  }

  /// Writes the record of what was written, not durably.
  private func describe(_ written: UnpublishedArtifact) throws(StorageError) -> Int {
    let (text, bytes) = try record(written, FolderContent(of: written.folder))
    try AtomicFile.create(text, at: written.folder + "/artifact.json", isDurable: false)
    return bytes
  }
}

/// The file system that a folder is on, as a whole.
private final class WholeDisk {
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
