import Artifacts
import Experiment
import Foundation

/// Logs of stages that ran on a cluster. While a batch lies in `slurm/`, an element's log is in it;
/// when the batch is removed, its logs are kept as `logs/cluster-<key>.<attempt>.<batch>.<index>.log`.
extension SlurmBatch {
  private static let kept = "cluster-"

  /// Keeps what elements wrote, each by one rename: whoever has the log open goes on writing or
  /// reading.
  func keepLogs(in store: ArtifactStore) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    guard names.contains(where: { $0.hasPrefix("log.") }) else { return }
    try? AtomicFile.makeFolder(store.root + "/logs")
    for (index, key) in manifest.keys.enumerated() where names.contains("log.\(index)") {
      let attempt = SlurmElement(batch: self, index: index).request?.attempt ?? 1
      rename(
        "\(folder)/log.\(index)",
        "\(store.root)/logs/\(Self.kept)\(key.hex).\(attempt).\(name).\(index).log")
    }
  }

  /// Removes the kept logs of a stage that nobody needs any more.
  package static func removeLogs(of key: StageKey, in store: ArtifactStore) {
    for name in keptNames(of: key, in: store) { unlink("\(store.root)/logs/\(name)") }
  }

  fileprivate static func keptNames(of key: StageKey, in store: ArtifactStore) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: store.root + "/logs")) ?? []
    return names.filter { $0.hasPrefix("\(kept)\(key.hex).") && $0.hasSuffix(".log") }
  }
}

extension AttemptLog {
  /// What a stage's elements wrote, of batches that lie there and of those that are over, by attempt
  /// and in the order of time. An element that waits in the queue has no file yet.
  package static func elements(of key: StageKey, in store: ArtifactStore) -> [AttemptLog] {
    let live = SlurmBatch.all(in: store).flatMap { batch in
      batch.manifest.keys.indices.filter { batch.manifest.keys[$0] == key }.map { index in
        let element = SlurmElement(batch: batch, index: index)
        return AttemptLog(
          path: "\(batch.folder)/log.\(index)", key: key,
          attempt: element.request?.attempt ?? 1, offset: 0, end: nil,
          element: "\(batch.name).\(index)")
      }
    }
    let over = SlurmBatch.keptNames(of: key, in: store).compactMap { name -> AttemptLog? in
      // cluster-<key>, attempt, batch, index, log
      let parts = name.split(separator: ".")
      guard parts.count == 5, let attempt = Int(parts[1]) else { return nil }
      return AttemptLog(
        path: "\(store.root)/logs/\(name)", key: key, attempt: attempt, offset: 0, end: nil,
        element: "\(parts[2]).\(parts[3])")
    }
    // A batch that is removed between the two looks is in both.
    let known = Set(over.map(\.element))
    return (over + live.filter { !known.contains($0.element) }).sorted {
      ($0.attempt, $0.changed, $0.path) < ($1.attempt, $1.changed, $1.path)
    }
  }

  /// Whether an element's job may still write: it left no last word, and nobody has cleared it away.
  package func isOpen(in store: ArtifactStore) -> Bool {
    guard let element, let dot = element.lastIndex(of: "."),
      let index = Int(element[element.index(after: dot)...])
    else { return false }
    let folder = "\(SlurmBatch.root(store))/\(element[..<dot])"
    guard
      let batch = SlurmBatch.all(in: store).first(where: { $0.folder == folder }),
      !batch.isCancelled
    else { return false }
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let outcome = SlurmElement(batch: batch, index: index).outcome(names)
    // A training that was told to save goes on, in this element or in another one.
    return outcome == nil || outcome?.how == .stopped
  }

  private var changed: Date {
    (try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date)
      ?? .distantFuture
  }
}
