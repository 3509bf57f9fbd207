import Artifacts
import Experiment
import Foundation
import Ledger

extension Diary {
  /// Opens the diary of an artifact folder, and writes it again where it is missing or damaged.
  ///
  /// - Returns: The diary, and the path of a damaged one that was set aside.
  /// - Throws: `LedgerError`, `StorageError`.
  package static func open(for store: ArtifactStore) throws -> (ledger: Diary, setAside: String?) {
    let path = store.root + "/ledger.sqlite"
    try AtomicFile.makeFolder(store.root)
    // Until it is written: another program that found it damaged too waits, and finds it written.
    let opening = DiaryOpening(path: path)
    defer { withExtendedLifetime(opening) {} }
    do {
      let ledger = try Diary(path: path, opening: opening)
      try ledger.check()
      if try !ledger.isWritten { try ledger.rebuild(from: store) }
      return (ledger, nil)
    } catch LedgerError.damaged {
      let aside = "\(store.root)/broken/ledger-\(UInt32.random(in: 0 ... .max)).sqlite"
      try AtomicFile.makeFolder(store.root + "/broken")
      rename(path, aside)
      for companion in ["-wal", "-shm", "-journal"] { unlink(path + companion) }
      let ledger = try Diary(path: path, opening: opening)
      try ledger.rebuild(from: store)
      return (ledger, aside)
    }
  }

  /// Writes the diary again from the artifacts and attempts of `store`.
  ///
  /// - Throws: `LedgerError`.
  package func rebuild(from store: ArtifactStore) throws(LedgerError) {
    try rebuild(
      artifacts: store.records().map { ($0.key, $0.identity) }, attempts: store.attempts(),
      plans: store.plans())
  }
}
