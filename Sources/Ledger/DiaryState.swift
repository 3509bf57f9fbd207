import GRDB

extension Diary {
  /// Looks at all pages of the diary, as a copy that broke off or a failing disk leaves them.
  ///
  /// - Throws: `LedgerError`; `.damaged` when any of it cannot be right.
  package func check() throws(LedgerError) {
    let answer = try read { try String.fetchOne($0, sql: "PRAGMA quick_check(1)") }
    guard answer == "ok" else { throw .damaged(path: path) }
  }

  /// Whether all that lies in the artifact folder was written into the diary when it was begun: a program
  /// that was killed in between leaves one that knows nothing.
  ///
  /// - Throws: `LedgerError`.
  package var isWritten: Bool {
    get throws(LedgerError) {
      try read { try Int.fetchOne($0, sql: "PRAGMA user_version") } == Self.written
    }
  }

  static let written = 1
}
