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
    /// Who sent it.
    package var host: String
    package var process: Int32
  }

  package let folder: String
  package let manifest: Manifest

  var name: String { manifest.name }

  static func root(_ store: ArtifactStore) -> String { store.root + "/slurm" }

  /// Writes the folder: aside, durably, and renamed.
  ///
  /// - Throws: `StorageError`, or `EncodingError` for a request that cannot be written.
  static func write(
    _ requests: [StageRequest], need: SlurmNeed, site: SlurmSite, worker: [String],
    store: ArtifactStore
  ) throws -> SlurmBatch {
    let name = "alphasweep-" + String(format: "%016llx", UInt64.random(in: 0 ... .max))
    let (folder, aside) = ("\(root(store))/\(name)", "\(root(store))/.\(name).new")
    let manifest = Manifest(
      name: name, need: need, keys: requests.map(\.key), host: Machine.hostName, process: getpid())
    do {
      try AtomicFile.makeFolder(aside)
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
    return SlurmBatch(folder: folder, manifest: manifest)
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

  /// Removes folders that a killed program had begun to write, once they are an hour old.
  static func removeAsides(in store: ArtifactStore) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root(store))) ?? []
    for name in names where name.hasPrefix(".") && name.hasSuffix(".new") {
      let path = "\(root(store))/\(name)"
      let changed =
        try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
      guard let changed, changed.timeIntervalSinceNow < -3600 else { continue }
      try? FileManager.default.removeItem(atPath: path)
    }
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

  /// Whether the program that sent it is known to be gone.
  var isOrphan: Bool {
    manifest.host == Machine.hostName && manifest.process != getpid()
      && kill(manifest.process, 0) != 0 && errno == ESRCH
  }

  /// Removes the batch but for its logs. Its folder is renamed first: an element whose stage is done may still want to
  /// write how it ended, and what comes into a folder that is being deleted would keep it.
  func remove(from store: ArtifactStore) {
    keepLogs(in: store)
    let aside = "\((folder as NSString).deletingLastPathComponent)/.\(name).gone.new"
    guard rename(folder, aside) == 0 else { return }
    try? FileManager.default.removeItem(atPath: aside)
  }
}
