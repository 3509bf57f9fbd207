import Foundation

/// A folder `<root>/scratch/<name>` for what is made and thrown away again. Its name is nobody else's, on whatever host,
/// and a lock beside it (`<name>.lock`) tells that its owner lives.
package final class ScratchFolder: Sendable {
  package let path: String
  private let claim: StageClaim

  /// Makes an empty one, and removes those whose owners are dead.
  ///
  /// - Throws: `StorageError`.
  package init(in store: ArtifactStore) throws(StorageError) {
    let scratch = store.root + "/scratch"
    Self.removeAbandoned(in: scratch)
    path = "\(scratch)/\(getpid())-\(UInt64.random(in: 0 ... .max))"
    claim = try StageClaim(path + ".lock")
    try AtomicFile.makeFolder(path)
  }

  /// Removes it.
  package func remove() {
    try? FileManager.default.removeItem(atPath: path)
    claim.giveUp()
  }

  deinit { remove() }

  private static func removeAbandoned(in scratch: String) {
    let names = ArtifactStore.entries(of: scratch)
    for name in names where !name.hasSuffix(".lock") {
      guard let claim = try? StageClaim.unlessHeld("\(scratch)/\(name).lock") else { continue }
      try? FileManager.default.removeItem(atPath: "\(scratch)/\(name)")
      claim.giveUp()
    }
    // Of one that died before it made its folder.
    for name in names where name.hasSuffix(".lock") { StageClaim.removeDead("\(scratch)/\(name)") }
  }
}
