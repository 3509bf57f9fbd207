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
      What the worker wrote in the attempt, on this machine or in the jobs that the attempt took on \
      a cluster, and, of stages that run a program of yours, what that \
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
      try await logs.show(number, follow: follow) { StandardStream.write($0, to: STDOUT_FILENO) }
    }
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
