import Artifacts
import Experiment
import Foundation
import Ledger
import Testing

@testable import Scheduling

/// The scheduler with real processes: a shell script that speaks the worker's protocol.
@Suite struct LocalWorkersTests: WithFakeWorker {
  let place: FakeWorkerPlace

  init() throws { place = try FakeWorkerPlace() }

  private func run(_ small: SmallPlan, workers: Int = 1) async throws -> SweepSummary {
    let backend = LocalWorkers(program: program, store: store)
    let summary: SweepSummary
    do {
      summary = try await Scheduler(small, store, backend, workers: workers).run()
    } catch {
      await backend.shutDown()
      throw error
    }
    await backend.shutDown()
    return summary
  }

  private func calls() throws -> [String] {
    try String(contentsOfFile: folder.path + "/calls", encoding: .utf8)
      .split(separator: "\n").map(String.init)
  }

  @Test func oneProcessDoesManyStages() async throws {
    var small = SmallPlan()
    try small.add("corpus", kind: .corpus)
    for number in 1...3 {
      try small.add("features \(number)", from: ["corpus"])
      small.want("features \(number)")
    }
    let summary = try await run(small)
    #expect(summary.isComplete)
    #expect(try calls().count == 4)
    let log = try String(contentsOfFile: folder.path + "/logs/worker-1.log", encoding: .utf8)
    #expect(log.split(separator: "\n").filter { !$0.hasPrefix("=== stage ") }.count == 1)
    let key = try small.key("features 2")
    #expect(AttemptLog.parts(of: key, in: store).map(\.attempt) == [1])
    let ledger = try Diary.open(for: store).ledger
    #expect(try ledger.attempts().map(\.outcome) == [.done, .done, .done, .done])
    #expect(
      try ledger.metrics(of: small.key("corpus")) == [
        Attempt.Metric(name: "loss", step: 1, value: 0.5)
      ])
    #expect(store.attempts().count == 4)
  }

  @Test func aWorkerKilledInMidStageIsReplacedAndTheStageRepeated() async throws {
    var small = SmallPlan()
    try small.add("unlucky", "die-once")
    small.want("unlucky")
    let summary = try await run(small)
    #expect(summary.isComplete)
    #expect(store.contains(.features, try small.key("unlucky")))
    let reasons = store.attempts().map(\.reason)
    let path = folder.path + "/logs/worker-1.log"
    #expect(
      reasons[0]?.hasPrefix(
        "the worker was killed (signal 9; where nobody did it by hand, the memory was short); the "
          + "end of its log, \(path):\n  | fake worker ") == true)
    #expect(reasons[1] == nil)
  }

  @Test func aStageThatKillsEveryWorkerFailsWithTheEndOfTheLog() async throws {
    var small = SmallPlan()
    try small.add("deadly", "die")
    try small.add("after", from: ["deadly"])
    try small.add("harmless")
    small.want("after", "harmless")
    let summary = try await run(small)
    #expect(summary.failed.map(\.stage.label) == ["deadly"])
    #expect(summary.failed.first?.reason.hasPrefix("its worker died 3 times; the last") == true)
    #expect(summary.failed.first?.reason.hasSuffix("  | about to die") == true)
    #expect(summary.heldBack.map(\.stage.label) == ["after"])
    #expect(store.contains(.features, try small.key("harmless")))
  }

  @Test func ofSeveralStagesInHandTheOneThatKillsItsWorkerIsFound() async throws {
    try AtomicFile.write(text: "0.001", to: folder.path + "/seconds")
    var small = SmallPlan()
    for number in 1...12 {
      let name = "stage \(number)"
      try small.add(name, number == 5 ? "die" : "")
      small.want(name)
    }
    let summary = try await run(small)
    #expect(summary.failed.map(\.stage.label) == ["stage 5"])
    #expect(summary.failed.first?.reason.hasPrefix("its worker died 3 times; the last") == true)
    #expect(summary.done.count == 11)
    let made = try String(contentsOfFile: folder.path + "/made", encoding: .utf8)
      .split(separator: "\n")
    #expect(made.count == 11)
    #expect(Set(made).count == 11)
    // Those that were in hand when the first worker died lost a try; the diary says so.
    let ledger = try Diary.open(for: store).ledger
    let lost = try ledger.attempts().filter { $0.outcome == .interrupted }
    #expect(lost.map(\.key).contains(try small.key("stage 5")))
    #expect(lost.count > 1)
    #expect(try ledger.attempts().count { $0.outcome == .crashed } == 3)
    #expect(store.attempts().count == (try ledger.attempts().count))
    #expect(AttemptLog.parts(of: try small.key("stage 12"), in: store).isEmpty == false)
  }

  @Test func whileStagesHaveATimeLimitNoneWaitsInAWorkersHand() async throws {
    try AtomicFile.write(text: "0.001", to: folder.path + "/seconds")
    var small = SmallPlan()
    for number in 1...6 {
      try small.add("stage \(number)")
      small.want("stage \(number)")
    }
    let backend = MostInHand(LocalWorkers(program: program, store: store))
    let summary = try await Scheduler(small, store, backend, limit: .seconds(60)).run()
    await backend.inner.shutDown()
    #expect(summary.isComplete)
    #expect(await backend.most == 1)
    let free = MostInHand(LocalWorkers(program: program, store: store))
    for number in 1...6 {
      try small.add("other \(number)")
      small.want("other \(number)")
    }
    #expect(try await Scheduler(small, store, free).run().isComplete)
    await free.inner.shutDown()
    #expect(await free.most > 1)
  }

  @Test func aWorkerThatLeavesInMidStageIsACrash() async throws {
    var small = SmallPlan()
    try small.add("leaver", "leave")
    small.want("leaver")
    let summary = try await run(small)
    #expect(
      summary.failed.first?.reason.contains("the worker ended in mid-stage with exit code 7")
        == true)
  }

  @Test func aWorkerThatTalksNonsenseIsEndedAndCountsAsCrashed() async throws {
    var small = SmallPlan()
    try small.add("babbler", "babble")
    small.want("babbler")
    let summary = try await run(small)
    #expect(
      summary.failed.first?.reason.hasPrefix(
        "its worker died 3 times; the last time: the worker said what no worker says and was ended: "
          + #"{"done":{"key":"nobody"}};"#) == true)
  }

  @Test func aWorkerThatNeverGetsReadyEndsTheRun() async throws {
    var small = SmallPlan()
    try small.add("any")
    small.want("any")
    let backend = LocalWorkers(program: "/bin/false", store: store)
    let error = await #expect(throws: SchedulingError.self) {
      try await Scheduler(small, store, backend).run()
    }
    #expect(
      error?.description
        == "no worker can be started: the worker ended in mid-stage with exit code 1; its log, "
        + "\(folder.path)/logs/worker-1.log, is empty")
  }

  @Test func aWorkerKilledBeforeItIsReadyIsReplaced() async throws {
    try AtomicFile.write(text: "", to: folder.path + "/die-at-start")
    var small = SmallPlan()
    try small.add("any")
    small.want("any")
    #expect(try await run(small).isComplete)
    #expect(store.attempts().map(\.outcome) == [.crashed, .done])
  }

  @Test func aStoppedRunStopsItsWorkersAtOnce() async throws {
    var small = SmallPlan()
    try small.add("endless", "hang")
    small.want("endless")
    let plan = small
    let task = Task { try await run(plan) }
    while !FileManager.default.fileExists(atPath: folder.path + "/calls") {
      try await Task.sleep(for: .milliseconds(10))
    }
    task.cancel()
    let summary = try await task.value
    #expect(summary.isInterrupted)
    #expect(store.attempts().map(\.outcome) == [.interrupted])
    // It was ended in the middle of its ten minutes.
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/made"))
  }

  @Test(.timeLimit(.minutes(15)))
  func aWorkerThatHearsNoSignalIsKilledInTime() async throws {
    // Whoever ends a run waits no longer than 5 s.
    #expect(WorkerProcess.patience < .seconds(5))
    var small = SmallPlan()
    try small.add("deaf", "deaf")
    small.want("deaf")
    let plan = small
    let task = Task { try await run(plan) }
    while !FileManager.default.fileExists(atPath: folder.path + "/deaf") {
      try await Task.sleep(for: .milliseconds(10))
    }
    task.cancel()
    #expect(try await task.value.isInterrupted)
    let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { process in
      let words = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      return Int(process) != nil && String(decoding: words, as: UTF8.self).contains(folder.path)
    }
    #expect(processes.isEmpty)
  }

  @Test func twoRunsAtOnceShareTheWork() async throws {
    var small = SmallPlan()
    for number in 1...6 {
      try small.add("slow \(number)", "slow")
      small.want("slow \(number)")
    }
    let plan = small
    async let first = run(plan)
    async let second = run(plan)
    let summaries = try await [first, second]
    #expect(summaries.map(\.isComplete) == [true, true])
    let made = try String(contentsOfFile: folder.path + "/made", encoding: .utf8)
    #expect(Set(made.split(separator: "\n")).count == 6)
    #expect(made.split(separator: "\n").count == 6)
    let logs = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/logs").sorted()
    #expect(logs == ["worker-1.log", "worker-2.log"])
  }

  @Test func aTruncatedArtifactIsMadeAgain() async throws {
    var small = SmallPlan()
    try small.add("one")
    small.want("one")
    _ = try await run(small)
    let result = store.folder(.features, try small.key("one")) + "/result.txt"
    let bytes = try #require(FileManager.default.contents(atPath: result))
    #expect(truncate(result, 3) == 0)
    let summary = try await run(small)
    #expect(summary.done.count == 1)
    #expect(FileManager.default.contents(atPath: result) == bytes)
  }

  @Test func theDiaryIsWrittenAgainWhenItIsLostOrDamaged() async throws {
    var small = SmallPlan()
    try small.add("one")
    small.want("one")
    _ = try await run(small)
    let path = folder.path + "/ledger.sqlite"
    for companion in ["", "-wal", "-shm"] { unlink(path + companion) }
    #expect(try Diary.open(for: store).ledger.attempts().map(\.outcome) == [.done])

    for companion in ["-wal", "-shm"] { unlink(path + companion) }
    try Data(repeating: 1, count: 8192).write(to: URL(fileURLWithPath: path))
    let (ledger, setAside) = try Diary.open(for: store)
    #expect(setAside?.hasPrefix(folder.path + "/broken/ledger-") == true)
    #expect(try ledger.stages().map(\.label) == ["one"])
    #expect(try ledger.metrics(of: small.key("one")).count == 1)
  }

  @Test func theWorkersProgramIsFoundOrSaidToBeMissing() throws {
    #expect(
      try WorkerProgram.locate(environment: ["ALPHASWEEP_WORKER": "/bin/sh"], program: nil)
        == "/bin/sh")
    let error = #expect(throws: SchedulingError.self) {
      try WorkerProgram.locate(environment: [:], program: "/nowhere/alphasweep")
    }
    #expect(
      error?.description
        == "the program 'alphasweep-worker' is not there (looked for /nowhere/alphasweep-worker); "
        + "build it with 'make build', or set ALPHASWEEP_WORKER to where it is")
  }
}
