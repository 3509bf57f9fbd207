import Experiment
import Foundation

/// What an artifact takes.
package struct ArtifactSize: Sendable, Hashable {
  package var kind: StageKind
  package var key: StageKey
  package var bytes: Int
  /// When its folder was made.
  package var made: Date
}

extension ArtifactStore {
  /// Every artifact with its size, whole or not.
  package func sizes() -> [ArtifactSize] {
    folders().map { kind, key in
      let path = folder(kind, key)
      var status = stat()
      let made = stat(path, &status) == 0 ? status.st_mtim.tv_sec : 0
      let recorded = try? record(kind, key).files.reduce(0) { $0 + $1.bytes }
      return ArtifactSize(
        kind: kind, key: key, bytes: recorded ?? Self.bytes(below: path),
        made: Date(timeIntervalSince1970: Double(made)))
    }
  }

  /// Bytes of all files below a folder or of a file.
  package static func bytes(below path: String) -> Int {
    var status = stat()
    guard lstat(path, &status) == 0 else { return 0 }
    guard status.st_mode & S_IFMT == S_IFDIR else { return Int(status.st_size) }
    return ((try? FileManager.default.contentsOfDirectory(atPath: path)) ?? [])
      .reduce(0) { $0 + bytes(below: "\(path)/\($1)") }
  }

  /// Takes an artifact away by one rename into `<root>/removed/`, unless somebody makes it now: it is
  /// there whole or not at all, whenever the program ends.
  ///
  /// - Returns: Whether it was taken away.
  /// - Throws: `StorageError`.
  package func takeAway(_ kind: StageKind, _ key: StageKey) throws(StorageError) -> Bool {
    guard !isBeingMade(key) else { return false }
    let aside = "\(root)/removed/\(kind.rawValue)-\(key.hex).\(UInt32.random(in: 0 ... .max))"
    try AtomicFile.makeFolder(AtomicFile.parent(of: aside))
    guard rename(folder(kind, key), aside) == 0 else {
      if errno == ENOENT { return false }
      throw .last("moved", folder(kind, key))
    }
    forget(key)
    return true
  }

  /// Deletes what was taken away, also by a program that did not come to it.
  package func deleteTakenAway() {
    try? FileManager.default.removeItem(atPath: root + "/removed")
  }

  /// What is set aside in `<root>/broken/`, with its size.
  package func brokenFolders() -> [(path: String, bytes: Int)] {
    let folder = root + "/broken"
    return ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
      .map { ("\(folder)/\($0)", Self.bytes(below: "\(folder)/\($0)")) }
  }
}
