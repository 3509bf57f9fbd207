import ArgumentParser
import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling

/// `alphasweep logs`: what a stage's worker wrote.
struct LogsCommand: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "logs", abstract: "Show the log of a stage's attempt.",
    discussion: """
      What the worker wrote in the attempt and, of stages that run a program of yours, what that \
      wrote, go to standard output; which attempt it was and how it ended, to standard error. A \
      worker's log that grew beyond 4 MB is begun anew, with the next run.

      EXIT STATUS: 0 the log was shown, empty or not; 1 it is not there any more; 2 the name is no \
      stage's or several stages', or the stage has no such attempt.
      """)

  @Argument(
    help: "The beginning of a stage's key, a part of its label, or 'SPEC:' and one of the two.",
    completion: StageCompletion.kind)
  var stage: String

  @Option(help: ArgumentHelp("Which attempt, counted from 1; the last one else.", valueName: "n"))
  var attempt: Int?

  @Flag(name: [.short, .long], help: "Go on showing what is written until the attempt is over.")
  var follow = false

  @OptionGroup var site: SiteOptions

  @Flag(help: "Write where the logs of all attempts are as JSON, and not what stands in them.")
  var json = false

  func validate() throws {
    if json, follow {
      throw ValidationError("'--json' says where logs are and '--follow' shows one: give one")
    }
  }

  func run() async throws {
    try await reportingErrors {
      var names = try await StageNames([stage], site: site.site)
      let found = try await names.find(stage, lastTried: true)
      let logs = try StageLogs(found, store: names.store, ledger: names.ledger)
      let number = try logs.number(attempt)
      if json {
        print(logs.json(number).text)
        return
      }
      StandardError.write(logs.head(number) + "\n")
      guard logs.isKept(number) else {
        throw StageLogError.gone(label: found.label, attempt: number)
      }
      try await logs.show(number, follow: follow) { FileHandle.standardOutput.write($0) }
    }
  }
}

/// A stage's attempts with the parts of logs that belong to them.
struct StageLogs {
  private let stage: NamedStage
  private let attempts: [KnownAttempt]
  private let parts: [Int: AttemptLog]
  private let command: String?
  private let ledger: Diary

  /// - Throws: `LedgerError`.
  init(_ stage: NamedStage, store: ArtifactStore, ledger: Diary) throws(LedgerError) {
    self.stage = stage
    self.ledger = ledger
    attempts = try ledger.attempts(of: stage.key)
    parts = Dictionary(
      AttemptLog.parts(of: stage.key, in: store).map { ($0.attempt, $0) },
      uniquingKeysWith: { $1 })
    command = AttemptLog.commandLog(of: stage.key, in: store)
  }

  /// The attempt that is meant.
  ///
  /// - Throws: `StageLogError` when there is none.
  func number(_ asked: Int?) throws(StageLogError) -> Int {
    let numbers = Set(attempts.map(\.number)).union(parts.keys).sorted()
    guard let last = numbers.last else { throw .untried(label: stage.label, stage.key) }
    guard let asked else { return last }
    guard numbers.contains(asked) else {
      throw .noAttempt(label: stage.label, asked, there: numbers)
    }
    return asked
  }

  /// A program's own log is of the last attempt.
  private func commandLog(_ number: Int) -> String? {
    number == max(attempts.map(\.number).max() ?? 0, parts.keys.max() ?? 0) ? command : nil
  }

  func isKept(_ number: Int) -> Bool { parts[number] != nil || commandLog(number) != nil }

  /// `attempt 2 of fine-tune …: failed after 0:03 (worker 1, host)`.
  func head(_ number: Int) -> String {
    var text = "attempt \(number) of \(stage.label) [\(stage.key)]"
    if let attempt = attempts.first(where: { $0.number == number }) {
      text += ": \(attempt.outcome?.rawValue ?? "running")"
      if let seconds = attempt.seconds { text += " after \(ProgressBoard.clock(seconds))" }
      text += " (worker \(attempt.worker), \(attempt.host))"
    }
    let files = [parts[number]?.path, commandLog(number)].compactMap { $0 }.map(Files.shown)
    return text + (files.isEmpty ? "" : ", in \(files.joined(separator: " and "))")
  }

  /// Writes the logs of one attempt, and with `follow` what comes until it is over.
  ///
  /// - Throws: `LedgerError`, `CancellationError`.
  func show(_ number: Int, follow: Bool, write: (Data) -> Void) async throws {
    var open: [(path: String, offset: Int, end: Int?)] = []
    if let part = parts[number] { open.append((part.path, part.offset, part.end)) }
    if let path = commandLog(number) { open.append((path, 0, nil)) }
    while true {
      // Asked before reading: what was written before the end is read then.
      let isOver = try !follow || isOver(number)
      for index in open.indices {
        let part = open[index]
        let (bytes, isWhole) = AttemptLog.bytes(of: part.path, from: part.offset, to: part.end)
        if !bytes.isEmpty { write(bytes) }
        open[index].offset += bytes.count
        if isWhole { open[index].end = open[index].offset }
      }
      if isOver { return }
      try await Task.sleep(for: Self.pause)
    }
  }

  private static let pause = Duration.milliseconds(200)

  /// Whether an attempt ended, or the program that made it did.
  private func isOver(_ number: Int) throws(LedgerError) -> Bool {
    guard let attempt = try ledger.attempts(of: stage.key).first(where: { $0.number == number })
    else { return true }
    guard attempt.outcome == nil else { return true }
    return attempt.host == Machine.hostName && kill(attempt.process, 0) != 0 && errno == ESRCH
  }

  func json(_ number: Int) -> Canonical {
    func place(_ part: AttemptLog?) -> Canonical {
      guard let part else { return .null }
      return .map([
        "path": .string(part.path), "offset": .integer(part.offset),
        "end": part.end.map { .integer($0) } ?? .null,
      ])
    }
    let numbers = Set(attempts.map(\.number)).union(parts.keys).sorted()
    return .map([
      "key": .string(stage.key.hex), "stage": .string(stage.label), "attempt": .integer(number),
      "log": place(parts[number]),
      "commandLog": commandLog(number).map { .string($0) } ?? .null,
      "attempts": .list(
        numbers.map { number in
          let attempt = attempts.first { $0.number == number }
          return .map([
            "attempt": .integer(number), "log": place(parts[number]),
            "outcome": attempt?.outcome.map { .string($0.rawValue) } ?? .null,
            "started": attempt.map { .string($0.started.formatted(.iso8601)) } ?? .null,
            "host": attempt.map { .string($0.host) } ?? .null,
            "reason": attempt?.reason.map { .string($0) } ?? .null,
          ])
        }),
    ])
  }
}

/// A log that cannot be shown.
enum StageLogError: Error, CustomStringConvertible {
  case untried(label: String, StageKey)
  case noAttempt(label: String, Int, there: [Int])
  case gone(label: String, attempt: Int)

  var isBadInput: Bool { if case .gone = self { false } else { true } }

  var description: String {
    switch self {
    case .untried(let label, let key):
      "\(label) [\(key)]: it has not been tried yet, so that it has no log; 'alphasweep run' tries it"
    case .noAttempt(let label, let asked, let there):
      "\(label): it has no attempt \(asked), but "
        + there.map(String.init).joined(separator: ", ")
    case .gone(let label, let attempt):
      "\(label): the log of attempt \(attempt) is not kept any more: it was on another machine, or "
        + "the worker's log was begun anew"
    }
  }
}
