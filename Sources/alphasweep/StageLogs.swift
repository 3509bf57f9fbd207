import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling

/// A stage's attempts with the parts of logs that belong to them, on this machine or on a cluster.
struct StageLogs {
  private let stage: NamedStage
  private let attempts: [KnownAttempt]
  private let parts: [AttemptLog]
  private let command: String?
  private let store: ArtifactStore
  private let ledger: Diary

  /// - Throws: `LedgerError`.
  init(_ stage: NamedStage, store: ArtifactStore, ledger: Diary) throws(LedgerError) {
    self.stage = stage
    self.store = store
    self.ledger = ledger
    attempts = try ledger.attempts(of: stage.key)
    parts = AttemptLog.parts(of: stage.key, in: store)
    command = AttemptLog.commandLog(of: stage.key, in: store)
  }

  private var numbers: [Int] {
    Set(attempts.map(\.number)).union(parts.map(\.attempt)).sorted()
  }

  /// The attempt that is meant.
  ///
  /// - Throws: `StageLogError` when there is none.
  func number(_ asked: Int?) throws(StageLogError) -> Int {
    guard let last = numbers.last else { throw .untried(label: stage.label, stage.key) }
    guard let asked else { return last }
    guard numbers.contains(asked) else {
      throw .noAttempt(label: stage.label, asked, there: numbers)
    }
    return asked
  }

  /// A worker's log, or those of all jobs that an attempt took on a cluster. A worker that began its
  /// log anew may have used a number twice: the last is meant.
  private func parts(_ number: Int) -> [AttemptLog] {
    let own = parts.filter { $0.attempt == number }
    let elements = own.filter { $0.element != nil }
    return elements.isEmpty ? Array(own.suffix(1)) : elements
  }

  /// A program's own log is of the last attempt.
  private func commandLog(_ number: Int) -> String? { number == numbers.last ? command : nil }

  func isKept(_ number: Int) -> Bool { !parts(number).isEmpty || commandLog(number) != nil }

  /// `attempt 2 of fine-tune …: failed after 0:03 (worker 1, host)`.
  func head(_ number: Int) -> String {
    var text = "attempt \(number) of \(stage.label) [\(stage.key)]"
    if let attempt = attempts.first(where: { $0.number == number }) {
      text += ": \(attempt.outcome?.rawValue ?? "running")"
      if let seconds = attempt.seconds { text += " after \(ProgressBoard.clock(seconds))" }
      text += " (worker \(attempt.worker), \(attempt.host))"
    }
    let files = (parts(number).map(\.path) + [commandLog(number)].compactMap { $0 })
      .map(Files.shown)
    return text + (files.isEmpty ? "" : ", in \(files.joined(separator: " and "))")
  }

  /// Writes the logs of one attempt, and with `follow` what comes until it is over.
  ///
  /// - Throws: `LedgerError`, `CancellationError`.
  func show(_ number: Int, follow: Bool, write: (Data) -> Void) async throws {
    var readers = parts(number).map { LogReader($0) }
    if let path = commandLog(number) { readers.append(LogReader(path: path)) }
    while true {
      // Asked before reading: what was written before the end is read then.
      let isOver = try !follow || isOver(number)
      for reader in readers { reader.read(write) }
      if isOver { return }
      try await Task.sleep(for: Self.pause)
      // Where a job's time was over, another one goes on.
      for part in AttemptLog.elements(of: stage.key, in: store)
      where part.attempt == number && !readers.contains(where: { $0.element == part.element }) {
        readers.append(LogReader(part))
      }
    }
  }

  private static let pause = Duration.milliseconds(200)

  /// Whether an attempt ended, or the program that made it did and left no job to a cluster.
  private func isOver(_ number: Int) throws(LedgerError) -> Bool {
    let elements = AttemptLog.elements(of: stage.key, in: store).filter { $0.attempt == number }
    guard let attempt = try ledger.attempts(of: stage.key).first(where: { $0.number == number })
    else { return !elements.contains { $0.isOpen(in: store) } }
    guard attempt.outcome == nil || attempt.outcome == .interrupted else { return true }
    let isAlone =
      attempt.host == Machine.hostName && kill(attempt.process, 0) != 0 && errno == ESRCH
    guard attempt.outcome != nil || isAlone else { return false }
    return !elements.contains { $0.isOpen(in: store) }
  }

  func json(_ number: Int) -> Canonical {
    func place(_ part: AttemptLog?) -> Canonical {
      guard let part else { return .null }
      return .map([
        "path": .string(part.path), "offset": .integer(part.offset),
        "end": part.end.map { .integer($0) } ?? .null,
      ])
    }
    return .map([
      "key": .string(stage.key.hex), "stage": .string(stage.label), "attempt": .integer(number),
      "log": place(parts(number).last), "logs": .list(parts(number).map { place($0) }),
      "commandLog": commandLog(number).map { .string($0) } ?? .null,
      "attempts": .list(
        numbers.map { number in
          let attempt = attempts.first { $0.number == number }
          return .map([
            "attempt": .integer(number), "log": place(parts(number).last),
            "logs": .list(parts(number).map { place($0) }),
            "outcome": attempt?.outcome.map { .string($0.rawValue) } ?? .null,
            "started": attempt.map { .string($0.started.formatted(.iso8601)) } ?? .null,
            "host": attempt.map { .string($0.host) } ?? .null,
            "reason": attempt?.reason.map { .string($0) } ?? .null,
          ])
        }),
    ])
  }
}

/// Reads a part of a log as it grows. The file is opened once: logs of a cluster's jobs are moved when
/// their batch is over.
private final class LogReader {
  let element: String?
  private let path: String
  private var file: FileHandle?
  private var offset: Int
  private var end: Int?

  init(_ part: AttemptLog) {
    (element, path, offset, end) = (part.element, part.path, part.offset, part.end)
  }

  init(path: String) { (element, self.path, offset) = (nil, path, 0) }

  deinit { try? file?.close() }

  /// Hands over what is new.
  func read(_ write: (Data) -> Void) {
    file = file ?? FileHandle(forReadingAtPath: path)
    guard let file else { return }
    let (bytes, isWhole) = AttemptLog.bytes(of: file, from: offset, to: end)
    if !bytes.isEmpty { write(bytes) }
    offset += bytes.count
    if isWhole { end = offset }
  }
}
