import Experiment
import Foundation

/// What a training saved, in `<root>/state/<key>`, and that no worker is at now.
package struct LeftState: Sendable, Hashable {
  package var key: StageKey
  package var bytes: Int
}

extension ArtifactStore {
  private func statePath(_ key: StageKey) -> String { "\(root)/state/\(key.hex)" }

  /// The saved states of stages that nobody carries out now, by key.
  package func leftStates() -> [LeftState] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: root + "/state")) ?? []
    return names.compactMap(StageKey.init(hex:)).sorted().filter { !isBeingMade($0) }
      .map { LeftState(key: $0, bytes: Self.bytes(below: statePath($0))) }
  }

  /// Takes a state away by one rename into `<root>/removed/`, unless somebody is at the stage now.
  ///
  /// - Returns: Whether it was taken away.
  /// - Throws: `StorageError`.
  package func takeAway(_ state: LeftState) throws(StorageError) -> Bool {
    guard !isBeingMade(state.key) else { return false }
    let aside = "\(root)/removed/state-\(state.key.hex).\(UInt32.random(in: 0 ... .max))"
    try AtomicFile.makeFolder(AtomicFile.parent(of: aside))
    guard rename(statePath(state.key), aside) == 0 else {
      if errno == ENOENT { return false }
      throw .last("moved", statePath(state.key))
    }
    return true
  }
}
