import Dispatch
import Experiment
import Synchronization

/// Looks at the artifacts that a store's index knows while a plan is made on another core: most of them
/// are those that the plan will ask for. It costs no time, since it ends when somebody asks.
package final class EarlyLook: Sendable {
  private let work = DispatchGroup()
  private let isAsked = Atomic(false)
  private let found: Mutex<(index: RecordIndex, whole: Set<StageKey>)>

  /// Begins to look.
  package init(_ store: ArtifactStore) {
    found = Mutex((RecordIndex(), []))
    DispatchQueue.global().async(group: work) { [self] in look(store) }
  }

  private func look(_ store: ArtifactStore) {
    let index = RecordIndex(path: store.indexPath)
    var whole: Set<StageKey> = []
    whole.reserveCapacity(index.entries.count)
    for (key, entry) in index.entries {
      if isAsked.load(ordering: .relaxed) { break }
      if store.isWhole(key, entry) { whole.insert(key) }
    }
    found.withLock { $0 = (index, whole) }
  }

  /// How many artifacts are known to be whole, once it has been through.
  package var seen: Int { found.withLock { $0.whole.count } }

  /// Ends looking.
  ///
  /// - Returns: The index, and whose artifacts are there with files of the recorded sizes. Of the others
  ///   nothing is known.
  func end() -> (index: RecordIndex, whole: Set<StageKey>) {
    isAsked.store(true, ordering: .relaxed)
    work.wait()
    return found.withLock { $0 }
  }
}

extension ArtifactStore {
  /// Whether an artifact is the one that the index knows, with files of the recorded sizes.
  fileprivate func isWhole(_ key: StageKey, _ entry: RecordIndex.Entry) -> Bool {
    guard let stamp = try? FileStamp(of: folder(entry.kind, key) + "/artifact.json") else {
      return false
    }
    return stamp == entry.record && sizeProblem(entry.kind, key, entry.files) == nil
  }
}
