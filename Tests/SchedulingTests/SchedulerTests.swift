import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling
import Testing

@Suite struct SchedulerTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
  }

  private func diamond() throws -> SmallPlan {
    var small = SmallPlan()
    try small.add("corpus", kind: .corpus)
    try small.add("left", from: ["corpus"])
    try small.add("right", from: ["corpus"])
    try small.add("end", kind: .evaluate, from: ["left", "right"])
    small.want("end")
    return small
  }

  @Test func stagesRunAfterTheirInputsAndASecondRunDoesNothing() async throws {
    let small = try diamond()
    let first = RecordingBackend(store: store)
    let summary = try await Scheduler(small, store, first, workers: 2).run()
    #expect(summary.isComplete)
    #expect(summary.done.count == 4)
    #expect(first.labels.first == "corpus")
    #expect(first.labels.last == "end")

    let second = RecordingBackend(store: store)
    let again = try await Scheduler(small, store, second).run()
    #expect(again.isComplete)
    #expect(again.alreadyDone == 1)
    #expect(second.labels.isEmpty)
  }

  @Test func aFailedStageIsNotRepeatedAndHoldsBackOnlyItsConsumers() async throws {
    var small = try diamond()
    try small.add("other", from: ["corpus"])
    small.want("other")
    let backend = RecordingBackend(store: store, answers: ["left": [.failed(reason: "no luck")]])
    let summary = try await Scheduler(small, store, backend).run()
    #expect(Set(backend.labels) == ["corpus", "left", "right", "other"])
    #expect(backend.labels.count { $0 == "left" } == 1)
    #expect(summary.failed.map(\.reason) == ["no luck"])
    #expect(summary.heldBack.map(\.stage.label) == ["end"])
    #expect(summary.heldBack.map(\.by.label) == ["left"])
    let attempts = try Diary.open(for: store).ledger.attempts(of: small.key("left"))
    #expect(attempts.map(\.outcome) == [.failed])
    #expect(attempts.map(\.reason) == ["no luck"])
  }

  @Test func aCrashIsRetriedTwiceAndThenCountsAsFailed() async throws {
    let small = try diamond()
    let crash = StageOutcome.crashed(reason: "killed")
    let lucky = RecordingBackend(store: store, answers: ["left": [crash, crash]])
    #expect(try await Scheduler(small, store, lucky).run().isComplete)
    #expect(lucky.labels.count { $0 == "left" } == 3)

    let folder = try TemporaryFolder()
    let fresh = ArtifactStore(root: folder.path)
    let unlucky = RecordingBackend(store: fresh, answers: ["left": [crash, crash, crash]])
    let summary = try await Scheduler(small, fresh, unlucky).run()
    #expect(summary.failed.map(\.reason) == ["its worker died 3 times; the last time: killed"])
    #expect(
      fresh.attempts().filter { $0.label == "left" }.map(\.outcome) == [
        .crashed, .crashed, .crashed,
      ])
  }

  @Test func furtherTriesWaitLongerEachTimeAndNothingIsDrawn() {
    #expect(Retries().pauses == [.seconds(1), .seconds(10)])
  }

  @Test func aStageThatTakesTooLongIsEndedAndTriedAgain() async throws {
    let small = try diamond()
    let backend = HangingBackend(hangsIn: "left", RecordingBackend(store: store))
    let summary = try await Scheduler(small, store, backend, limit: .milliseconds(50)).run()
    #expect(
      summary.failed.map(\.reason) == [
        "its worker died 3 times; the last time: it took longer than the site's 'stage-time-limit' of "
          + "0.05 seconds"
      ])
    #expect(store.attempts().filter { $0.label == "left" }.map(\.outcome).count == 3)
    #expect(store.contains(.features, try small.key("right")))
  }

  @Test func failingFastBeginsNothingMore() async throws {
    var small = try diamond()
    try small.add("other", from: ["corpus"])
    small.want("other")
    let backend = RecordingBackend(store: store, answers: ["corpus": [.failed(reason: "no luck")]])
    let summary = try await Scheduler(small, store, backend, failsFast: true).run()
    #expect(backend.labels == ["corpus"])
    #expect(!summary.isComplete)

    var loose = SmallPlan()
    for name in ["a", "b", "c"] {
      try loose.add(name)
      loose.want(name)
    }
    let first = try #require(loose.plan.stages.values.first?.label)
    let other = RecordingBackend(store: store, answers: [first: [.failed(reason: "no luck")]])
    let stopped = try await Scheduler(loose, store, other, failsFast: true).run()
    #expect(other.labels == [first])
    #expect(stopped.notBegun == 2)
  }

  @Test func aWorkerThatCannotStartEndsTheRun() async throws {
    let small = try diamond()
    let backend = RecordingBackend(
      store: store, answers: ["corpus": [.unusable(reason: "libtorch is missing")]])
    let error = await #expect(throws: SchedulingError.self) {
      try await Scheduler(small, store, backend).run()
    }
    #expect(error?.description == "no worker can be started: libtorch is missing")
  }

  @Test func aDamagedInputIsMadeAgainDuringTheRun() async throws {
    let small = try diamond()
    let first = RecordingBackend(store: store)
    _ = try await Scheduler(small, store, first).run()
    // The end is gone, and of what it needs one is found damaged only when it is read.
    let left = try small.key("left")
    try FileManager.default.removeItem(atPath: store.folder(.evaluate, small.key("end")))
    let damaged = DamagingBackend(
      inner: RecordingBackend(store: store), damages: store.folder(.features, left), before: "end")
    let summary = try await Scheduler(small, store, damaged).run()
    #expect(summary.isComplete)
    #expect(damaged.inner.labels == ["left", "end"])
  }

  @Test func stagesShareTheCoresOfTheSite() async throws {
    var small = SmallPlan()
    for number in 1...4 { try small.add("wide \(number)", cores: 2) }
    for number in 1...4 { small.want("wide \(number)") }
    let backend = CountingBackend()
    _ = try await Scheduler(small, store, backend, workers: 4, cores: 4).run()
    #expect(await backend.most == 2)
  }

  @Test func aStageLargerThanTheMachineRunsAlone() async throws {
    var small = SmallPlan()
    try small.add("huge", cores: 64)
    try small.add("small")
    small.want("huge", "small")
    let backend = CountingBackend()
    let summary = try await Scheduler(small, store, backend, workers: 4, cores: 2).run()
    #expect(summary.isComplete)
    #expect(await backend.most == 1)
  }

  @Test func aCancelledRunLeavesWhatWasDoneAndSaysSo() async throws {
    let small = try diamond()
    let (store, backend) = (store, HangingBackend(hangsIn: "right", RecordingBackend(store: store)))
    let run = Task { try await Scheduler(small, store, backend).run() }
    while !backend.isHanging { try await Task.sleep(for: .milliseconds(5)) }
    run.cancel()
    let summary = try await run.value
    #expect(summary.isInterrupted)
    #expect(!summary.isComplete)
    #expect(summary.failed.isEmpty)
    #expect(store.contains(.corpus, try small.key("corpus")))
    #expect(store.attempts().filter { $0.label == "right" }.map(\.outcome) == [.interrupted])
  }

  @Test func aStageThatIsCancelledWhileItWaitsForAnotherTryIsGivenUp() async throws {
    let small = try diamond()
    let backend = DyingBackend(diesIn: "right", RecordingBackend(store: store))
    let right = try small.key("right")
    let (events, said) = AsyncStream.makeStream(of: Void.self)
    let scheduler = Scheduler(
      plan: small.plan, store: store, ledger: try Diary.open(for: store).ledger, backend: backend,
      room: Room(workers: 1, cores: 4, memoryBytes: 64 << 30),
      retries: Retries(pauses: [.seconds(2)])
    ) { event in
      if case .retried = event { said.yield() }
    }
    let cancelling = Task {
      for await _ in events {
        await scheduler.cancel(right)
        break
      }
    }
    let summary = try await scheduler.run()
    await cancelling.value
    #expect(summary.cancelled.map(\.label) == ["right"])
    #expect(summary.failed.isEmpty && !summary.isComplete)
  }

  /// A place in a cluster's queue is no process that would wait for the disk.
  @Test(arguments: [true, false])
  func onlyWorkersThatGainByItHaveSeveralShortStagesInHand(takesSeveral: Bool) async throws {
    #expect(try await (mostAtOnce(CountingBackend(takesSeveral: takesSeveral)) > 2) == takesSeveral)
  }

  /// 0 stands for what nobody knows, as where the words of a cluster's element are lost.
  @Test func whereNobodyKnowsHowLongStagesTakeNoneWaitsInAWorkersHand() async throws {
    #expect(try await mostAtOnce(CountingBackend(seconds: 0)) <= 2)
  }

  /// Stages that two workers have in hand at once, of twenty of one kind after a first.
  private func mostAtOnce(_ backend: CountingBackend) async throws -> Int {
    var small = SmallPlan()
    try small.add("first")
    small.want("first")
    for number in 1...20 {
      try small.add("stage \(number)", from: ["first"])
      small.want("stage \(number)")
    }
    #expect(try await Scheduler(small, store, backend, workers: 2).run().isComplete)
    return await backend.most
  }
}
