import Experiment
import Foundation

/// A folder aside, in which a stage writes its files before they are published.
package struct Staging: Sendable {
  package let folder: String
}

extension ArtifactStore {
  /// Runs `body` in a folder aside and publishes what it left there.
  ///
  /// Two processes may publish the same key: the first rename wins and the other's copy, of equal
  /// bytes, is dropped.
  ///
  /// - Throws: What `body` throws, or `StorageError`. The folder aside is removed then.
  package func publish(
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

  /// Removes folders aside whose process is gone.
  package func removeStaleStaging() {
    let staging = root + "/staging"
    for name in (try? FileManager.default.contentsOfDirectory(atPath: staging)) ?? [] {
      guard let process = name.split(separator: ".").last.flatMap({ pid_t($0) }) else { continue }
      if kill(process, 0) != 0, errno == ESRCH {
        try? FileManager.default.removeItem(atPath: "\(staging)/\(name)")
      }
    }
  }

  private func move(
    _ staging: String, to folder: String, _ kind: StageKind, _ key: StageKey
  ) throws {
    let parent = AtomicFile.parent(of: folder)
    try AtomicFile.makeFolder(parent)
    if contains(kind, key) {
      try FileManager.default.removeItem(atPath: staging)
      return
    }
    // What lies there and is not whole was damaged from outside.
    try? FileManager.default.removeItem(atPath: folder)
    if rename(staging, folder) != 0 {
      let failure = StorageError.last("published", folder)
      guard contains(kind, key) else { throw failure }
      try? FileManager.default.removeItem(atPath: staging)
    }
    try AtomicFile.sync(folder: parent)
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

  /// The storage error that Foundation wrapped, so that a full disk is called a full disk.
  private static func storageError(in error: any Error, _ path: String) -> StorageError? {
    if let storage = error as? StorageError { return storage }
    let outer = error as NSError
    guard [NSPOSIXErrorDomain, NSCocoaErrorDomain].contains(outer.domain) else { return nil }
    return StorageError(writing: path, error)
  }
}
