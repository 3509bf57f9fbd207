import Experiment
import Foundation
import SystemPackage

/// A folder aside, in which a stage writes its files before they are published.
package struct Staging: Sendable {
  package let folder: String
}

/// An artifact whose files are written aside, and not published yet. Until it is, or is given up, nobody
/// else makes it.
package final class UnpublishedArtifact: Sendable {
  package let kind: StageKind
  package let key: StageKey
  let identity: Canonical
  let folder: String
  let claim: StageClaim
  /// The file system, which tells of errors since before the files were written; `nil` where it cannot.
  let disk: WholeDisk?

  fileprivate init(
    _ kind: StageKind, _ key: StageKey, identity: Canonical, folder: String, claim: StageClaim,
    disk: WholeDisk?
  ) {
    self.disk = disk
    self.kind = kind
    self.key = key
    self.identity = identity
    self.folder = folder
    self.claim = claim
  }
}

extension ArtifactStore {
  /// Runs `body` in a folder aside and publishes what it left there, unless the artifact is there.
  ///
  /// One process at a time makes an artifact; another that wants the same one waits for it, and
  /// finds it made (or makes it, if the first one died).
  ///
  /// - Throws: What `body` throws, or `StorageError`. The folder aside is removed then.
  package func publish(
    _ kind: StageKind, _ key: StageKey, identity: Canonical, _ body: (Staging) throws -> Void
  ) throws {
    if let written = try write(kind, key, identity: identity, body) { try publish(written) }
  }

  /// Runs `body` in a folder aside and leaves to `publish` what waits for the disk, so that a worker
  /// can compute meanwhile.
  ///
  /// - Returns: What is to be published; `nil` when the artifact is there.
  /// - Throws: What `body` throws, or `StorageError`. The folder aside is removed then.
  package func write(
    _ kind: StageKind, _ key: StageKey, identity: Canonical, _ body: (Staging) throws -> Void
  ) throws -> UnpublishedArtifact? {
    let claim = try StageClaim(claimPath(key))
    guard let begun = try begin(kind, key, identity: identity, claim) else { return nil }
    try fill(begun, body)
    return begun
  }

  /// Begins what `write` does at once, for who writes several artifacts side by side: each is to be filled or
  /// discarded.
  ///
  /// - Returns: A folder aside, and nobody else makes the artifact; `nil` when it is there, or somebody else makes it now.
  /// - Throws: `StorageError`.
  package func beginUnlessHeld(
    _ kind: StageKind, _ key: StageKey, identity: Canonical
  ) throws -> UnpublishedArtifact? {
    guard let claim = try StageClaim.unlessHeld(claimPath(key)) else { return nil }
    return try begin(kind, key, identity: identity, claim)
  }

  private func begin(
    _ kind: StageKind, _ key: StageKey, identity: Canonical, _ claim: StageClaim
  ) throws -> UnpublishedArtifact? {
    if try isThere(kind, key) { return nil }
    let staging = "\(root)/staging/\(key.hex).\(getpid())"
    // Before anything is written: an error of the disk that came earlier would not be told.
    let disk = WholeDisk(root)
    let begun = UnpublishedArtifact(
      kind, key, identity: identity, folder: staging, claim: claim, disk: disk)
    try cleaningUp(begun) { try makeStaging(staging) }
    return begun
  }

  /// Runs `body` in the folder aside.
  ///
  /// - Throws: What `body` throws, or `StorageError`. The folder aside is removed then, and others may have the stage.
  package func fill(
    _ begun: UnpublishedArtifact, _ body: (Staging) throws -> Void
  ) throws {
    try cleaningUp(begun) { try body(Staging(folder: begun.folder)) }
  }

  /// Gives up what was begun: the folder aside is removed, and others may have the stage.
  package func discard(_ begun: UnpublishedArtifact) {
    try? FileManager.default.removeItem(atPath: begun.folder)
    begun.claim.giveUp()
  }

  /// Makes what was written durable and gives it its place. May be called on any thread.
  ///
  /// - Returns: Bytes of the artifact's files.
  /// - Throws: `StorageError`. The folder aside is removed then.
  @discardableResult
  package func publish(_ written: UnpublishedArtifact) throws -> Int {
    try cleaningUp(written) {
      let content = try FolderContent(of: written.folder)
      for file in content.files { try AtomicFile.sync(file: written.folder + "/" + file) }
      let (record, bytes) = try record(written, content)
      // Aside as a whole, so the record needs no place aside of its own.
      try AtomicFile.writeDurably(record, to: written.folder + "/artifact.json")
      for folder in content.folders.reversed() {
        try AtomicFile.sync(folder: written.folder + "/" + folder)
      }
      try AtomicFile.sync(folder: written.folder)
      for folder in try move(written) { try AtomicFile.sync(folder: folder) }
      written.claim.giveUp()
      return bytes
    }
  }

  /// Does what is left of a publication; if it fails, nothing stays aside and others may have the stage.
  func cleaningUp<Value>(
    _ written: UnpublishedArtifact, _ body: () throws -> Value
  ) throws -> Value {
    do {
      return try body()
    } catch {
      discard(written)
      throw Self.storageError(in: error, written.folder) ?? error
    }
  }

  /// The text of the record of what was written, and the bytes of its files, which are hashed.
  func record(
    _ written: UnpublishedArtifact, _ content: FolderContent
  ) throws(StorageError) -> (text: [UInt8], bytes: Int) {
    var record = ArtifactRecord(key: written.key, identity: written.identity, files: [])
    var bytes = 0
    for path in content.files {
      let digest = try FileDigest.of(written.folder + "/" + path)
      record.files.append(ArtifactRecord.File(path: path, bytes: digest.bytes, sha256: digest.hex))
      bytes += digest.bytes
    }
    return (record.canonical.bytes + [UInt8(ascii: "\n")], bytes)
  }

  /// Most keys have no folder aside from before, which only a killed process with this number left.
  private func makeStaging(_ path: String) throws {
    if mkdir(path, 0o777) == 0 { return }
    try? FileManager.default.removeItem(atPath: path)
    try AtomicFile.makeFolder(path)
  }

  /// Removes folders aside that nobody writes any more: those of processes that died.
  package func removeStaleStaging() {
    let staging = root + "/staging"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: staging)) ?? [] {
      guard let key = StageKey(hex: String(name.prefix(64))), !isBeingMade(key) else { continue }
      try? FileManager.default.removeItem(atPath: "\(staging)/\(name)")
    }
  }

  /// Gives what was written its place.
  ///
  /// - Returns: The folders whose entries are durable only when they are synced.
  func move(_ written: UnpublishedArtifact) throws(StorageError) -> [String] {
    let folder = folder(written.kind, written.key)
    let parent = AtomicFile.parent(of: folder)
    var changed = [parent]
    if access(parent, F_OK) != 0 {
      try AtomicFile.makeFolder(parent)
      changed.append(AtomicFile.parent(of: parent))
    }
    // What lies there is not whole, or it would have been kept: it was damaged from outside.
    if access(folder, F_OK) == 0 { moveToBroken(written.kind, written.key) }
    guard rename(written.folder, folder) == 0 else { throw StorageError.last("published", folder) }
    forget(written.key)
    return changed
  }

  /// The storage error that Foundation wrapped, so that a full disk is called a full disk; `nil` for
  /// errors that are not about what the file system allows.
  private static func storageError(in error: any Error, _ path: String) -> StorageError? {
    if let storage = error as? StorageError { return storage }
    let outer = error as NSError
    let inner = outer.userInfo[NSUnderlyingErrorKey] as? NSError
    let file = outer.userInfo[NSFilePathErrorKey] as? String ?? path
    for candidate in [outer, inner].compactMap({ $0 }) {
      switch (candidate.domain, candidate.code) {
      case (NSPOSIXErrorDomain, let code)
      where [ENOSPC, EDQUOT, EROFS, EACCES, EIO].contains(CInt(code)):
        return StorageError(Errno(rawValue: CInt(code)), "written", file)
      case (NSCocoaErrorDomain, CocoaError.fileWriteOutOfSpace.rawValue): return .full(path: file)
      case (NSCocoaErrorDomain, CocoaError.fileWriteVolumeReadOnly.rawValue):
        return .readOnly(path: file)
      case (NSCocoaErrorDomain, CocoaError.fileWriteNoPermission.rawValue):
        return .denied(path: file)
      default: continue
      }
    }
    return nil
  }
}
