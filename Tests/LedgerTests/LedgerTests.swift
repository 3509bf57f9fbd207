import Experiment
import Foundation
import GRDB
import Ledger
import Testing

/// A folder that is removed with the test.
private final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "alphasweep-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }
}

private func stage(_ number: Int, kind: StageKind = .features) throws -> Stage {
  try Stage(
    kind, parameters: Canonical.map(["number": .integer(number)]), inputs: [:],
    label: "stage \(number)")
}

extension Diary {
  fileprivate func begin(_ stage: Stage, at seconds: Double = 0, process: Int32 = 1) throws -> Int {
    try begin(
      [(key: stage.key, worker: 1)], experiment: "quickstart", host: "here", process: process,
      started: Date(timeIntervalSince1970: 1000 + seconds))[0]
  }
}

private func attempt(
  _ stage: Stage, _ number: Int, _ outcome: Attempt.Outcome, reason: String? = nil,
  metrics: [Attempt.Metric] = []
) -> Attempt {
  Attempt(
    key: stage.key, kind: stage.kind, label: stage.label, number: number, experiment: "quickstart",
    worker: 1, host: "here", started: Date(timeIntervalSince1970: 1000), seconds: 2.5,
    outcome: outcome, reason: reason, bytes: 7, metrics: metrics)
}

@Suite struct LedgerTests {
  @Test func attemptsAreNumberedAndEndWithWhatTheyMeasured() throws {
    let folder = try TemporaryFolder()
    let ledger = try Diary(path: folder.path + "/ledger.sqlite")
    let stage = try stage(1)
    try ledger.note(experiment: "quickstart", question: "why?", stages: [stage])
    #expect(try ledger.begin(stage) == 1)
    #expect(try ledger.attempts(of: stage.key).map(\.outcome) == [nil])
    try ledger.end([attempt(stage, 1, .crashed, reason: "killed")])
    #expect(try ledger.begin(stage, at: 5) == 2)
    try ledger.end([
      attempt(stage, 2, .done, metrics: [.init(name: "loss", step: 10, value: 0.25)])
    ])

    let attempts = try ledger.attempts(of: stage.key)
    #expect(attempts.map(\.outcome) == [.crashed, .done])
    #expect(attempts.map(\.reason) == ["killed", nil])
    #expect(
      try ledger.metrics(of: stage.key) == [Attempt.Metric(name: "loss", step: 10, value: 0.25)])
    #expect(try ledger.durations() == [stage.key: 2.5])
  }

  @Test func anExperimentIsNotedAsOftenAsItIsRun() throws {
    let folder = try TemporaryFolder()
    let ledger = try Diary(path: folder.path + "/ledger.sqlite")
    let stages = [try stage(1), try stage(2, kind: .evaluate)]
    try ledger.note(experiment: "quickstart", question: "why?", stages: stages)
    _ = try ledger.begin(stages[0])
    try ledger.note(experiment: "quickstart", question: "why not?", stages: stages)
    #expect(try ledger.experiments() == ["quickstart"])
    #expect(try ledger.stages().map(\.key) == stages.map(\.key))
    #expect(try ledger.stages(.evaluate).map(\.identity) == [stages[1].identity])
    #expect(try ledger.attempts().count == 1)
  }

  @Test func anAttemptOfAnUnknownStageIsRefused() throws {
    let folder = try TemporaryFolder()
    let ledger = try Diary(path: folder.path + "/ledger.sqlite")
    let error = #expect(throws: LedgerError.self) { try ledger.begin(try stage(1)) }
    #expect(
      error?.description
        == "\(folder.path)/ledger.sqlite: the ledger cannot be used: FOREIGN KEY constraint failed")
  }

  @Test func whatAKilledProgramLeftOpenIsClosed() throws {
    let folder = try TemporaryFolder()
    let ledger = try Diary(path: folder.path + "/ledger.sqlite")
    let stages = [try stage(1), try stage(2)]
    try ledger.note(experiment: "quickstart", question: "", stages: stages)
    _ = try ledger.begin(stages[0], process: 11)
    _ = try ledger.begin(stages[1], process: 12)
    try ledger.closeAbandoned(host: "here") { $0 == 12 }
    #expect(try ledger.attempts(of: stages[0].key).map(\.outcome) == [.interrupted])
    #expect(try ledger.attempts(of: stages[1].key).map(\.outcome) == [nil])
    try ledger.closeAbandoned(host: "elsewhere") { _ in false }
    #expect(try ledger.attempts(of: stages[1].key).map(\.outcome) == [nil])
  }

  @Test func theDiaryIsWrittenAgainFromArtifactsAndAttempts() throws {
    let folder = try TemporaryFolder()
    let ledger = try Diary(path: folder.path + "/ledger.sqlite")
    let (done, failed, nameless) = (try stage(1), try stage(2), try stage(3))
    for _ in 1...2 {
      try ledger.rebuild(
        artifacts: [(done.key, done.identity), (nameless.key, nameless.identity)],
        attempts: [
          attempt(done, 1, .done, metrics: [.init(name: "PER", step: 3, value: 20)]),
          attempt(failed, 2, .failed, reason: "no recordings"),
        ])
    }
    #expect(
      Set(try ledger.stages().map(\.label)) == ["stage 1", "stage 2", "features \(nameless.key)"])
    #expect(try ledger.stages().first { $0.key == done.key }?.identity == done.identity)
    #expect(try ledger.metrics(of: done.key).map(\.value) == [20])
    #expect(try ledger.attempts(of: failed.key).map(\.reason) == ["no recordings"])
    #expect(try ledger.begin(failed) == 3)
  }

  /// Two diaries were written, one after the other was lost: a number is there twice.
  @Test func ofTwoAttemptsOfOneNumberWhatWasDoneCounts() throws {
    let (first, second) = (try stage(1), try stage(2))
    var later = attempt(second, 1, .interrupted)
    later.started = Date(timeIntervalSince1970: 2000)
    let attempts = [
      attempt(first, 1, .done, metrics: [.init(name: "PER", step: 3, value: 20)]),
      attempt(first, 1, .interrupted), attempt(second, 1, .failed, reason: "no luck"), later,
    ]
    for order in [attempts, attempts.reversed()] {
      let folder = try TemporaryFolder()
      let ledger = try Diary(path: folder.path + "/ledger.sqlite")
      try ledger.rebuild(
        artifacts: [(first.key, first.identity), (second.key, second.identity)], attempts: order)
      #expect(try ledger.attempts(of: first.key).map(\.outcome) == [.done])
      #expect(try ledger.attempts(of: second.key).map(\.outcome) == [.interrupted])
      #expect(try ledger.durations() == [first.key: 2.5])
    }
  }

  @Test func aDiaryThatIsWrittenAgainKnowsWhatExperimentsHad() throws {
    let folder = try TemporaryFolder()
    let ledger = try Diary(path: folder.path + "/ledger.sqlite")
    var plan = Plan(experiment: "small", question: "why?")
    for number in 1...3 { try plan.add(stage(number)) }
    for _ in 1...2 {
      try ledger.rebuild(
        artifacts: [(stage(1).key, stage(1).identity)], attempts: [], plans: [PlanOutline(plan)])
    }
    let planned = try ledger.plannedStages()
    #expect(planned.map(\.experiment) == ["small"])
    #expect(Set(planned[0].stages) == Set(plan.stages.keys))
    #expect(Set(try ledger.stages().map(\.label)) == ["stage 1", "stage 2", "stage 3"])
    // What is known better stays.
    #expect(try ledger.stages().first { $0.label == "stage 1" }?.identity == stage(1).identity)
  }

  @Test func twoProgramsWriteOneDiary() async throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger.sqlite"
    let stage = try stage(1)
    try Diary(path: path).note(experiment: "quickstart", question: "", stages: [stage])
    let numbers = try await withThrowingTaskGroup(of: [Int].self) { group in
      for _ in 0..<4 {
        group.addTask {
          let ledger = try Diary(path: path)
          return try (0..<10).map { _ in try ledger.begin(stage) }
        }
      }
      return try await group.reduce(into: []) { $0 += $1 }
    }
    #expect(numbers.sorted() == Array(1...40))
  }

  @Test func programsThatStartTogetherStartOneDiary() async throws {
    for _ in 0..<8 {
      let folder = try TemporaryFolder()
      let path = folder.path + "/ledger.sqlite"
      try await withThrowingTaskGroup(of: Void.self) { group in
        for _ in 0..<4 { group.addTask { _ = try Diary(path: path) } }
        try await group.waitForAll()
      }
      #expect(try Diary(path: path).stages().isEmpty)
    }
  }

  @Test func aFileThatIsNoDiaryIsSaid() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger.sqlite"
    try Data(repeating: 65, count: 4096).write(to: URL(fileURLWithPath: path))
    let error = #expect(throws: LedgerError.self) { try Diary(path: path) }
    #expect(
      error?.description
        == "\(path): this is no ledger, or a damaged one; remove it, and the next 'alphasweep run' "
        + "writes it again from the artifacts")
  }

  @Test func aFolderThatIsNotThereIsSaid() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/none/ledger.sqlite"
    let error = #expect(throws: LedgerError.self) { try Diary(path: path) }
    #expect(
      error?.description
        == "\(path): the ledger cannot be opened; its folder must be there, be writable and have room. "
        + "See to that and give the same command again")
  }

  @Test func theMigrationsKeepTheirNames() throws {
    let folder = try TemporaryFolder()
    let path = folder.path + "/ledger.sqlite"
    _ = try Diary(path: path)
    let names = try DatabaseQueue(path: path).read {
      try String.fetchAll($0, sql: "SELECT identifier FROM grdb_migrations ORDER BY identifier")
    }
    #expect(names == ["1: experiments, stages, attempts, metrics"])
  }
}
