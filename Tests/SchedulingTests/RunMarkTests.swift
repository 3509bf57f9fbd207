import Artifacts
import Experiment
import Foundation
import Ledger
import Testing

@testable import Scheduling

/// The sign of a running experiment, as others find it.
struct RunMarkTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
  }

  private func plan() throws -> SmallPlan {
    var small = SmallPlan()
    try small.add("corpus", kind: .corpus)
    try small.add("features", from: ["corpus"])
    small.want("features")
    return small
  }

  @Test func `a run is found as long as it lives, with the stages that it needs`() throws {
    let small = try plan()
    #expect(RunMark.living(in: store).isEmpty)
    var mark: RunMark? = try RunMark(small.plan, in: store)
    let run = try #require(RunMark.living(in: store).first)
    #expect(run.process == getpid() && run.host == Machine.hostName)
    #expect(run.experiment == small.plan.experiment)
    #expect(run.stages == [try small.key("corpus"), try small.key("features")])
    #expect(RunMark.isLiving(run))
    withExtendedLifetime(mark) {}
    mark = nil
    #expect(!RunMark.isLiving(run))
    #expect(RunMark.living(in: store).isEmpty)
  }

  @Test func `what a killed program left is no run, and is removed`() throws {
    let left = folder.path + "/runs/elsewhere.1"
    for path in [left, left + ".board", left + ".asked/everything"] {
      try AtomicFile.write(
        text: #"{"experiment":"x","process":1,"host":"elsewhere","started":0}"# + "\n", to: path)
    }
    #expect(RunMark.living(in: store).isEmpty)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path + "/runs").isEmpty)
  }

  @Test
  func `a run removes what killed programs left, and takes another name where its own is held`()
    throws
  {
    let own = "\(folder.path)/runs/\(Machine.hostName).\(getpid())"
    let dead = "\(folder.path)/runs/elsewhere.1"
    for path in [own, dead, dead + ".board", dead + ".board.new"] {
      try AtomicFile.write(text: "", to: path)
    }
    // As a machine that calls itself the same may have a process of the same number.
    let handle = try #require(FileHandle(forWritingAtPath: own))
    try #require(flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
    let mark = try RunMark(try plan().plan, in: store)
    #expect(RunMark.living(in: store).map(\.process) == [getpid()])
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.path + "/runs")
    let marks = [own, own + "-2"].map { URL(fileURLWithPath: $0).lastPathComponent }
    #expect(Set(names) == Set(marks + ["collecting"]))
    withExtendedLifetime(mark) {}
    try handle.close()
  }

  @Test func `a sign that names another's process ends it not`() throws {
    let mark = try RunMark(try plan().plan, in: store)
    var run = try #require(RunMark.living(in: store).first)
    let other = Process()
    other.executableURL = URL(fileURLWithPath: "/bin/sleep")
    other.arguments = ["600"]
    other.inheritsNothing()
    try other.run()
    // Foundation terminates only what it takes to be running.
    defer { kill(other.processIdentifier, SIGKILL) }
    // 0, -1 and 1 would be whole groups of processes, all of them, and the first.
    for process in [other.processIdentifier, 0, -1, 1] {
      run.process = process
      try RunMark.end(run)
      #expect(mark.requests().everything, "the run that holds the sign is asked")
    }
    #expect(other.isRunning)
  }

  @Test func `what is asked of a run is asked until it answers`() throws {
    let small = try plan()
    let mark = try RunMark(small.plan, in: store)
    let run = try #require(RunMark.living(in: store).first)
    let key = try small.key("features")
    #expect(!RunMark.isAsked(key, of: run))
    try RunMark.giveUp(key, in: run)
    #expect(RunMark.isAsked(key, of: run))
    #expect(mark.requests().stages == [key] && !mark.requests().everything)
    mark.answer(key)
    #expect(!RunMark.isAsked(key, of: run) && mark.requests().stages.isEmpty)
  }

  @Test func `others see what the run's terminal shows`() throws {
    let mark = try RunMark(try plan().plan, in: store)
    let run = try #require(RunMark.living(in: store).first)
    #expect(RunMark.board(of: run).isEmpty)
    mark.show(["1 –", "2 of 3 stages"])
    #expect(RunMark.board(of: run) == ["1 –", "2 of 3 stages"])
    #expect(RunMark.living(in: store).count == 1)
  }
}

/// Stages that somebody asks to be given up.
struct CancelledStageTests {
  /// Never ends one stage by itself, and leaves the others to another backend.
  private struct Hanging: Backend {
    let inner: RecordingBackend
    let label: String

    func execute(
      _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
    ) async -> StageOutcome {
      guard request.label == label else {
        return await inner.execute(request, on: worker, report: report)
      }
      try? await Task.sleep(for: .seconds(3600))
      return .interrupted
    }
  }

  @Test(.timeLimit(.minutes(15)))
  func `a running stage is given up once, and what does not need it is done`() async throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    var small = SmallPlan()
    try small.add("corpus", kind: .corpus)
    try small.add("left", from: ["corpus"])
    try small.add("right", from: ["corpus"])
    try small.add("end", from: ["left"])
    small.want("end", "right")
    let backend = Hanging(inner: RecordingBackend(store: store), label: "left")
    let (started, continuation) = AsyncStream.makeStream(of: String.self)
    let scheduler = try Scheduler(small, store, backend, workers: 1) { event in
      if case .started(let stage, _, _) = event { continuation.yield(stage.label) }
    }
    let run = Task { try await scheduler.run() }
    for await label in started where label == "left" {
      await scheduler.cancel(try small.key("left"))
      break
    }
    let summary = try await run.value
    #expect(summary.cancelled.map(\.label) == ["left"])
    #expect(summary.heldBack.map(\.stage.label) == ["end"])
    #expect(summary.failed.isEmpty && !summary.isComplete && !summary.isInterrupted)
    #expect(Set(summary.done.map(\.label)) == ["corpus", "right"])
    let attempts = try Diary.open(for: store).ledger.attempts(of: small.key("left"))
    #expect(attempts.map(\.outcome) == [.cancelled])
    #expect(attempts.map(\.reason) == ["'alphasweep cancel' gave it up"])
  }

  @Test func `a stage that waits is given up before it begins`() async throws {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    var small = SmallPlan()
    try small.add("corpus", kind: .corpus)
    try small.add("end", from: ["corpus"])
    small.want("end")
    let backend = RecordingBackend(store: store)
    let scheduler = try Scheduler(small, store, backend)
    await scheduler.cancel(try small.key("end"))
    let summary = try await scheduler.run()
    #expect(summary.cancelled.map(\.label) == ["end"])
    #expect(backend.labels == ["corpus"])
    #expect(!summary.isComplete)
  }
}
