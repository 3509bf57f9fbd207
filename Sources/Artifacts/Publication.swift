import Experiment
import Foundation
import SystemPackage

/// A folder aside, in which a stage writes its files before they are published.
package struct Staging: Sendable {
  package let folder: String
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
    try StageClaim.holding(claimPath(key)) {
      if !contains(kind, key) { try make(kind, key, identity: identity, body) }
    }
  }

  private func make(
    _ kind: StageKind, _ key: StageKey, identity: Canonical, _ body: (Staging) throws -> Void
  ) throws {
    let staging = "\(root)/staging/\(key.hex).\(getpid())"
    try? FileManager.default.removeItem(atPath: staging)
    try AtomicFile.makeFolder(staging)
    do {
      try body(Staging(folder: staging))
      let files = try durableFiles(below: staging)
      let record = ArtifactRecord(key: key, identity: identity, files: files)
      let text = try Canonical(encoding: record).text + "\n"
      try AtomicFile.write(text: text, to: staging + "/artifact.json")
      try move(staging, to: folder(kind, key), kind, key)
    } catch {
      try? FileManager.default.removeItem(atPath: staging)
      throw Self.storageError(in: error, staging) ?? error
    }
  }

  /// Removes folders aside that nobody writes any more: those of processes that died.
  package func removeStaleStaging() {
    let staging = root + "/staging"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: staging)) ?? [] {
      guard let key = StageKey(hex: String(name.prefix(64))), !isBeingMade(key) else { continue }
      try? FileManager.default.removeItem(atPath: "\(staging)/\(name)")
    }
  }

  private func move(
    _ staging: String, to folder: String, _ kind: StageKind, _ key: StageKey
  ) throws {
    let parent = AtomicFile.parent(of: folder)
    try AtomicFile.makeFolder(parent)
    // What lies there is not whole, or it would have been kept: it was damaged from outside.
    if FileManager.default.fileExists(atPath: folder) { setAside(kind, key) }
    guard rename(staging, folder) == 0 else { throw StorageError.last("published", folder) }
    try AtomicFile.sync(folder: parent)
    forget(key)
  }

  /// Every file below `folder`, made durable and hashed, sorted by path.
  private func durableFiles(below folder: String) throws -> [ArtifactRecord.File] {
    var files: [ArtifactRecord.File] = []
    var folders: [String] = [folder]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder).sorted() {
      let full = folder + "/" + path
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder) else { continue }
      if isFolder.boolValue {
        folders.append(full)
        continue
      }
      try AtomicFile.sync(file: full)
      let digest = try FileDigest.of(full)
      files.append(ArtifactRecord.File(path: path, bytes: digest.bytes, sha256: digest.hex))
    }
    for folder in folders { try AtomicFile.sync(folder: folder) }
    return files
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
      where [ENOSPC, EDQUOT, EROFS, EACCES].contains(CInt(code)):
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
