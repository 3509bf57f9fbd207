import Artifacts
import Experiment
import Foundation

/// One submission: a folder `<artifacts>/slurm/<name>` with a request for each element, in which the
/// elements leave what became of them. The folder is there, whole, before Slurm hears of it, and its
/// name is the job's: so whoever finds one finds the other.
package struct SlurmBatch: Sendable {
  package struct Manifest: Sendable, Codable {
    package var name: String
    package var need: SlurmNeed
    /// The stage of each element, by its index.
    package var keys: [StageKey]
  }

  package let folder: String
  package let manifest: Manifest

  var name: String { manifest.name }

  static func root(_ store: ArtifactStore) -> String { store.root + "/slurm" }

  /// Writes the folder: aside, durably, and renamed.
  ///
  /// - Returns: The batch, and the sign that this program answers for it.
  /// - Throws: `StorageError`, or `EncodingError` for a request that cannot be written.
  static func write(
    _ requests: [StageRequest], need: SlurmNeed, site: SlurmSite, worker: [String],
    store: ArtifactStore
  ) throws -> (batch: SlurmBatch, owner: SlurmOwner) {
    let name = "alphasweep-" + String(format: "%016llx", UInt64.random(in: 0 ... .max))
    let (folder, aside) = ("\(root(store))/\(name)", "\(root(store))/.\(name).new")
    let manifest = Manifest(name: name, need: need, keys: requests.map(\.key))
    let owner = try SlurmOwner.make(aside)
    do {
      let texts = try requests.map { try Canonical(encoding: $0).text + "\n" }
      for (index, text) in texts.enumerated() {
        try AtomicFile.write(text: text, to: "\(aside)/request.\(index).json")
      }
      try AtomicFile.write(
        text: requests.map { $0.key.hex + "\n" }.joined(), to: aside + "/keys")
      try AtomicFile.write(
        text: SlurmScript.text(
          batch: folder, store: store.root, worker: worker, site: site, requests: texts),
        to: aside + "/element.sh")
      try AtomicFile.write(
        text: Canonical(encoding: manifest).text + "\n", to: aside + "/batch.json")
      guard rename(aside, folder) == 0 else { throw StorageError.last("renamed", folder) }
      try AtomicFile.sync(folder: root(store))
    } catch {
      try? FileManager.default.removeItem(atPath: aside)
      throw error
    }
    return (SlurmBatch(folder: folder, manifest: manifest), owner)
  }

  /// Every batch that lies in the store, whoever sent it.
  static func all(in store: ArtifactStore) -> [SlurmBatch] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root(store))) ?? []
    return names.sorted().compactMap { name in
      let folder = "\(root(store))/\(name)"
      guard !name.hasPrefix("."),
        let data = FileManager.default.contents(atPath: folder + "/batch.json"),
        let manifest = try? JSONDecoder().decode(Manifest.self, from: data)
      else { return nil }
      return SlurmBatch(folder: folder, manifest: manifest)
    }
  }

  /// Removes folders that killed programs had begun to write, or to remove.
  static func removeAsides(in store: ArtifactStore) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root(store))) ?? []
    for name in names where name.hasPrefix(".") && name.hasSuffix(".new") {
      let path = "\(root(store))/\(name)"
      if name.hasSuffix(gone) {
        try? FileManager.default.removeItem(atPath: path)
      } else if let owner = SlurmOwner.take(path) {
        withExtendedLifetime(owner) { delete(path) }
      } else {
        // Its writer lives, or came no further than to make it.
        rmdir(path)
      }
    }
  }

  private static let gone = ".gone.new"

  /// Deletes a folder under a name that says so: what is half deleted, nobody takes for a batch.
  private static func delete(_ folder: String) {
    let path = folder as NSString
    let name = path.lastPathComponent
    let aside =
      "\(path.deletingLastPathComponent)/\(name.hasPrefix(".") ? "" : ".")\(name)\(gone)"
    guard rename(folder, aside) == 0 else { return }
    try? FileManager.default.removeItem(atPath: aside)
  }

  /// The words of `sbatch` for this batch.
  func arguments(at site: SlurmSite) -> [String] {
    [
      "--parsable", "--job-name=\(name)", "--array=0-\(manifest.keys.count - 1)", "--requeue",
      "--signal=B:TERM@\(Int(site.noticeSeconds.rounded(.up)))",
      "--output=\(folder)/log.%a", "--open-mode=append",
    ] + manifest.need.arguments + site.extra + [folder + "/element.sh"]
  }

  /// Tells elements that begin later to leave at once.
  func markCancelled() { try? AtomicFile.write(text: "", to: folder + "/cancelled") }

  var isCancelled: Bool { access(folder + "/cancelled", F_OK) == 0 }

  /// Whether no living program answers for it.
  var isOrphan: Bool { !SlurmOwner.isAlive(folder) }

  /// Removes the batch but for its logs. Its folder is renamed first: an element whose stage is done may still want to
  /// write how it ended, and what comes into a folder that is being deleted would keep it.
  func remove(from store: ArtifactStore) {
    keepLogs(in: store)
    Self.delete(folder)
  }
}
