import Artifacts
import Experiment
import Foundation

/// Batches of programs that are gone, and their jobs.
package enum SlurmLeftovers {
  /// Removes batches that no program answers for and that have no element in the queue. Where Slurm gives no
  /// answer, nothing.
  package static func remove(
    from store: ArtifactStore, site: SlurmSite, commands: SlurmCommands
  ) async {
    SlurmBatch.removeAsides(in: store)
    let batches = SlurmBatch.all(in: store).filter(\.isOrphan)
    guard !batches.isEmpty, commands.has("squeue") else { return }
    let queue = SlurmQueue(site: site, commands: commands)
    guard let lines = await queue.lines(of: batches.map(\.name), isLast: true) else { return }
    _ = remove(batches, queued: lines, from: store)
  }

  /// Removes those of some batches, given what the queue has of them.
  ///
  /// - Returns: The batches with elements in the queue.
  static func remove(
    _ batches: [SlurmBatch], queued: [SlurmQueueLine], from store: ArtifactStore
  ) -> [SlurmBatch] {
    let live = Set(queued.filter(\.state.isLive).map(\.name))
    for batch in batches where !live.contains(batch.name) && batch.isOrphan {
      batch.remove(from: store)
    }
    return batches.filter { live.contains($0.name) }
  }

  /// Cancels jobs that no program answers for.
  ///
  /// - Parameters:
  ///   - stages: Whose.
  ///   - store: Where the batches lie.
  ///   - site: The cluster.
  ///   - commands: Slurm's programs.
  /// - Returns: The stages whose jobs were told to end; `nil` where Slurm gives no answer.
  package static func cancel(
    _ stages: Set<StageKey>, in store: ArtifactStore, site: SlurmSite, commands: SlurmCommands
  ) async -> [StageKey]? {
    let batches = SlurmBatch.all(in: store).filter {
      !stages.isDisjoint(with: $0.manifest.keys) && $0.isOrphan
    }
    let queue = SlurmQueue(site: site, commands: commands)
    guard let lines = await queue.lines(of: batches.map(\.name), isLast: true) else { return nil }
    let names = Dictionary(batches.map { ($0.name, $0.manifest.keys) }) { first, _ in first }
    let meant = lines.filter(\.state.isLive).compactMap { line -> (key: StageKey, job: String)? in
      guard let keys = names[line.name], keys.indices.contains(line.index),
        stages.contains(keys[line.index])
      else { return nil }
      return (keys[line.index], "\(line.job)_\(line.index)")
    }
    if !meant.isEmpty { await queue.cancel(meant.map(\.job)) }
    return Set(meant.map(\.key)).sorted()
  }
}
