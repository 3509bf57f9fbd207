import Experiment
import Foundation
import GRDB

/// The diary of all runs of one artifact folder: which stages there were, who tried them when and
/// where, how it ended and what was measured.
///
/// Nothing depends on it but what people ask (`status`, `why`, the time that is left): artifacts say
/// themselves what they are, and the diary can be written again from them and their attempts. Several
/// processes may use one at once.
package final class Diary: Sendable {
  let database: DatabaseQueue
  let path: String

  /// How long a process waits for another one's transaction, each of which takes milliseconds.
  private static let busySeconds = 20.0

  /// Opens the diary at `path`, or starts one.
  ///
  /// - Parameters:
  ///   - path: Of the database.
  ///   - opening: Keeps others from opening it meanwhile; taken here where the caller has none.
  ///   - place: What file system it is on; asked for where absent.
  /// - Throws: `LedgerError`; `.damaged` when the file is there and is none.
  package init(
    path: String, opening: DiaryOpening? = nil, place: FileSystemKind? = nil
  ) throws(LedgerError) {
    var configuration = Configuration()
    configuration.busyMode = .timeout(Self.busySeconds)
    // The log of writes ahead has an index in memory that hosts do not share (sqlite.org/wal.html).
    let isShared = (place ?? FileSystemKind(of: path)).isShared
    if !isShared { configuration.journalMode = .wal }
    // A power failure may lose the last entries, never the diary; without that log nothing less than FULL
    // promises as much.
    let synchronous = isShared ? "FULL" : "NORMAL"
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA synchronous = \(synchronous)") }
    self.path = path
    let opening = opening ?? DiaryOpening(path: path)
    defer { withExtendedLifetime(opening) {} }
    do {
      // SQLite would make it with 0644 whatever the user's umask lets others do, and its log alike.
      close(open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o666))
      database = try DatabaseQueue(path: path, configuration: configuration)
      if isShared { try Self.leaveLog(database) }
      try Schema.migrator.migrate(database)
    } catch {
      throw LedgerError(path, error)
    }
  }

  /// Takes a rollback journal in the place of the log of writes ahead, which a diary has that was begun by an
  /// earlier version or elsewhere. While somebody else has it open it stays as it is, until it is opened the
  /// next time.
  private static func leaveLog(_ database: DatabaseQueue) throws {
    do {
      try database.inDatabase { try $0.execute(sql: "PRAGMA journal_mode = TRUNCATE") }
    } catch let error as DatabaseError where error.resultCode == .SQLITE_BUSY {}
  }

  /// How SQLite keeps transactions whole: `wal` or `truncate`.
  ///
  /// - Throws: `LedgerError`.
  package var journalMode: String {
    get throws(LedgerError) {
      do {
        // No transaction, in which it cannot be asked.
        return try database.inDatabase {
          try String.fetchOne($0, sql: "PRAGMA journal_mode") ?? ""
        }
      } catch {
        throw LedgerError(path, error)
      }
    }
  }

  /// Runs a transaction, telling SQLite's errors in words.
  func write<Value>(_ body: (Database) throws -> Value) throws(LedgerError) -> Value {
    do {
      return try database.write(body)
    } catch {
      throw LedgerError(path, error)
    }
  }

  func read<Value>(_ body: (Database) throws -> Value) throws(LedgerError) -> Value {
    do {
      return try database.read(body)
    } catch {
      throw LedgerError(path, error)
    }
  }
}

/// A diary that cannot be kept.
package enum LedgerError: Error, Sendable, Equatable, CustomStringConvertible {
  case damaged(path: String)
  case full(path: String)
  case readOnly(path: String)
  case missing(path: String)
  case busy(path: String)
  case failing(path: String)
  case other(path: String, problem: String)

  init(_ path: String, _ error: any Error) {
    guard let error = error as? DatabaseError else {
      self = .other(path: path, problem: String(describing: error))
      return
    }
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT: self = .damaged(path: path)
    case .SQLITE_IOERR: self = .failing(path: path)
    case .SQLITE_FULL: self = .full(path: path)
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH: self = .readOnly(path: path)
    case .SQLITE_CANTOPEN: self = .missing(path: path)
    case .SQLITE_BUSY, .SQLITE_LOCKED: self = .busy(path: path)
    default: self = .other(path: path, problem: error.message ?? error.resultCode.description)
    }
  }

  package var description: String {
    switch self {
    case .damaged(let path):
      "\(path): this is no ledger, or a damaged one; remove it, and the next 'alphasweep run' writes "
        + "it again from the artifacts"
    case .full(let path):
      "\(path): the disk is full; free some space and give the same command again"
    case .readOnly(let path):
      "\(path): the ledger cannot be written; make its folder writable, or set 'artifacts:' in the "
        + "site file to one that is"
    case .missing(let path):
      "\(path): the ledger cannot be opened; its folder must be there, be writable and have room. See to "
        + "that and give the same command again"
    case .busy(let path):
      "\(path): another program has kept the ledger locked for 20 seconds; end it and give "
        + "the same command again"
    case .failing(let path):
      "\(path): the ledger cannot be used: the disk failed or is full (disk I/O error); see what the "
        + "system's log says of the disk, and give the same command again"
    case .other(let path, let problem):
      "\(path): the ledger cannot be used: \(problem)"
    }
  }
}
