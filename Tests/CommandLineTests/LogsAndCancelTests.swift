import Foundation
import Testing

/// What attempts wrote, and how running ones are given up from another terminal.
@Suite struct LogsAndCancelTests {
  private let small: SmallExperiment

  init() throws { small = try SmallExperiment() }

  private struct Logs: Decodable {
    struct Place: Decodable {
      var path: String
      var offset: Int
      var end: Int?
    }
    struct Attempt: Decodable {
      var attempt: Int
      var outcome: String?
      var log: Place?
    }
    var attempt: Int
    var log: Place?
    var attempts: [Attempt]
  }

  private func logs(_ stage: String) throws -> Logs {
    let said = try small.run("logs", stage, "--json")
    #expect(said.code == 0, "\(said.err)")
    return try JSONDecoder().decode(Logs.self, from: Data(said.out.utf8))
  }

  /// Starts a run in which stages of `kind` never end, and waits until one is at work.
  private func startHanging(in kind: String) throws -> Process {
    try small.write("hang", to: "artifacts/behave-\(kind)")
    let process = small.process(["run", "experiments/small.yaml"])
    (process.standardOutput, process.standardError) = (Pipe(), Pipe())
    try process.run()
    let deadline = ContinuousClock.now + .seconds(300)
    while !small.lines("calls").contains(where: { $0.hasPrefix("hang ") }) {
      guard ContinuousClock.now < deadline else { throw CocoaError(.fileReadUnknown) }
      usleep(10_000)
    }
    return process
  }

  @Test func eachAttemptHasItsOwnPartOfTheLog() throws {
    try small.write("die", to: "artifacts/behave-corpus")
    #expect(try small.run("run", "experiments/small.yaml").code == 1)
    let logs = try logs("corpus letters")
    #expect(logs.attempts.map(\.attempt) == [1, 2, 3])
    #expect(logs.attempts.allSatisfy { $0.outcome == "crashed" && $0.log != nil })
    let offsets = logs.attempts.compactMap { $0.log?.offset }
    #expect(offsets == offsets.sorted() && Set(offsets).count == 3)
    let first = try small.run("logs", "corpus letters", "--attempt", "1")
    #expect(first.code == 0)
    #expect(
      first.out.replacing(/worker \d+/, with: "worker N")
        == "fake worker N is up\nabout to die\n", "\(first.out)")
    #expect(
      first.err.hasPrefix("attempt 1 of corpus letters ["), "\(first.err)")
    #expect(first.err.contains("]: crashed after 0:0"), "\(first.err)")
    let last = try small.run("logs", "corpus letters")
    #expect(last.err.hasPrefix("attempt 3 of corpus letters ["))
    #expect(last.out != first.out && last.out.hasSuffix("about to die\n"))
    let none = try small.run("logs", "corpus letters", "--attempt", "4")
    #expect(none.code == 2)
    #expect(none.err == "alphasweep: corpus letters: it has no attempt 4, but 1, 2, 3\n")
  }

  @Test func aStageWithoutAnAttemptOrALogSaysSo() throws {
    let untried = try small.run("logs", "corpus letters")
    #expect(untried.code == 2)
    #expect(
      untried.err.replacing(/[0-9a-f]{12}/, with: "KEY")
        == "alphasweep: corpus letters [KEY]: it has not been tried yet, so that it has no log; "
        + "'alphasweep run' tries it\n")
    _ = try small.run("run", "experiments/small.yaml")
    try FileManager.default.removeItem(atPath: small.store + "/logs")
    let gone = try small.run("logs", "corpus letters")
    #expect(gone.code == 1)
    #expect(
      gone.err.hasSuffix(
        "alphasweep: corpus letters: the log of attempt 1 is not kept any more: it was on another "
          + "machine, or the worker's log was begun anew\n"), "\(gone.err)")
  }

  @Test func whoFollowsSeesTheEndOfTheAttempt() throws {
    let run = try startHanging(in: "corpus")
    let logs = small.process(["logs", "corpus letters", "--follow"])
    let out = Pipe()
    (logs.standardOutput, logs.standardError) = (out, Pipe())
    try logs.run()
    let cancelled = try small.run("cancel", "experiments/small.yaml")
    #expect(cancelled.code == 0)
    run.waitUntilExit()
    logs.waitUntilExit()
    #expect(logs.terminationStatus == 0)
    let text = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(text.contains(" is up\n"), "\(text)")
  }

  @Test func anExperimentIsEndedFromAnotherTerminal() throws {
    let run = try startHanging(in: "corpus")
    let cancelled = try small.run("cancel")
    #expect(cancelled.code == 0)
    #expect(cancelled.out == "small: ended; what is finished stays\n")
    run.waitUntilExit()
    #expect(run.terminationStatus == 130)
    let again = try small.run("cancel", "experiments/small.yaml")
    #expect(again.code == 3)
    #expect(again.out == "small is not running\n")
    try FileManager.default.removeItem(atPath: small.store + "/behave-corpus")
    #expect(try small.run("run", "experiments/small.yaml").code == 0)
  }

  @Test func nothingRunningIsAnExitCodeOfItsOwn() throws {
    let nothing = try small.run("cancel")
    #expect(nothing.code == 3)
    #expect(nothing.out == "no experiment of artifacts is running\n")
    let json = try small.run("cancel", "small", "--json")
    #expect(json.code == 2, "a name that nobody runs is looked for among the stages")
    #expect(try small.run("cancel", "experiments/none.yaml").code == 2)
    let stage = try small.run("cancel", "corpus letters", "--json")
    #expect(stage.code == 3)
    #expect(stage.out == "{\"experiments\":[],\"stages\":[]}\n")
  }

  @Test func aStageIsGivenUpAndTheRestIsDone() throws {
    let run = try startHanging(in: "fine-tune")
    let stage = "fine-tune voices · head only · seed 1"
    let known = try small.run("cancel", stage)
    #expect(known.code == 0, "\(known.out)\(known.err)")
    #expect(
      known.out.replacing(/[0-9a-f]{12}/, with: "KEY").hasSuffix(
        "[KEY]: given up; 'alphasweep run' does it\n"), "\(known.out)")
    run.waitUntilExit()
    #expect(run.terminationStatus == 1)
    let pipe = try #require(run.standardOutput as? Pipe)
    let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(said.contains("small: 1 stage cancelled; what does not need them is done\n"), "\(said)")
    #expect(small.lines("calls").count { $0.hasPrefix("hang ") } == 1, "it was tried again")
    #expect(try small.run("status", "experiments/small.yaml").out.contains("cancelled: "))
    let why = try small.run("why", stage)
    #expect(
      why.out.replacing("\n ", with: "").contains("its last attempt was cancelled"), "\(why.out)")
    try FileManager.default.removeItem(atPath: small.store + "/behave-fine-tune")
    #expect(try small.run("run", "experiments/small.yaml").code == 0)
  }
}
