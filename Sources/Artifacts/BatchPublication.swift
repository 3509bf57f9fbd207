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
    guard written.count >= Self.fewest, let disk = Self.disk(of: written) else {
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

  /// The file system as it was asked about before the first of some was written: only so is all told that failed
  /// meanwhile. `nil` where one of them has none.
  private static func disk(of written: [UnpublishedArtifact]) -> WholeDisk? {
    let disks = written.compactMap(\.disk)
    return disks.count == written.count ? disks.min { $0.opened < $1.opened } : nil
  }

  /// Writes the record of what was written, not durably.
  private func describe(_ written: UnpublishedArtifact) throws(StorageError) -> Int {
    let (text, bytes) = try record(written, FolderContent(of: written.folder))
    try AtomicFile.create(text, at: written.folder + "/artifact.json", isDurable: false)
    return bytes
  }
}
