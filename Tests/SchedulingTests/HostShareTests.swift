import Artifacts
import Experiment
import Foundation
import Ledger
import Synchronization
import Testing

@testable import Scheduling

/// Runs of several experiments on one machine and one folder.
@Suite(.timeLimit(.minutes(15))) struct HostShareTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
  }

  /// Stages that end when they are told to; notes down who began.
  private final class Gate: Backend {
    private let store: ArtifactStore
    private let state = Mutex<
      (begun: [String], waiting: [String: CheckedContinuation<Void, Never>])
    >(
      ([], [:]))

    init(_ store: ArtifactStore) { self.store = store }

    var begun: [String] { state.withLock { $0.begun } }

    func execute(
      _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
    ) async -> StageOutcome {
      await withCheckedContinuation { continuation in
        state.withLock {
          $0.begun.append(request.label)
          $0.waiting[request.label] = continuation
        }
      }
      try? store.publish(request.kind, request.key, identity: request.identity) { staging in
        try AtomicFile.write(text: request.label, to: staging.folder + "/result.txt")
      }
      return .done(seconds: 1, bytes: 1)
    }

    func end(_ label: String) {
      state.withLock { $0.waiting.removeValue(forKey: label) }?.resume()
    }

    func until(_ count: Int) async throws {
      while begun.count < count { try await Task.sleep(for: .milliseconds(5)) }
    }
  }

  /// Stages of one core each; the first ones have the longest chains.
  private func plan(_ name: String, _ count: Int, shared: Bool = false) throws -> SmallPlan {
    var small = SmallPlan()
    for number in 1...count {
      try small.add(
        shared ? "shared \(number)" : "\(name)\(number)", cost: Double(100 - number))
      small.want(shared ? "shared \(number)" : "\(name)\(number)")
    }
    return small
  }

  private func scheduler(
    _ small: SmallPlan, _ backend: any Backend, cores: Int, share: HostShare
  ) throws -> Scheduler {
    Scheduler(
      plan: small.plan, store: store, ledger: try Diary.open(for: store).ledger, backend: backend,
      room: Room(workers: 4, cores: cores, memoryBytes: 64 << 30), share: share, report: { _ in })
  }

  private func untilWaiting(_ watcher: HostShare) async throws {
    while !watcher.others().contains(where: { $0.wantedCores > 0 }) {
      try await Task.sleep(for: .milliseconds(5))
    }
  }

  @Test func whoHasPriorityGetsTheCoresAsStagesEnd() async throws {
    let gate = Gate(store)
    let watcher = try HostShare(store, priority: -9, tag: "-w")
    let low = try scheduler(
      plan("low", 3), gate, cores: 1, share: HostShare(store, priority: 0, tag: "-a"))
    let high = try scheduler(
      plan("high", 2), gate, cores: 1, share: HostShare(store, priority: 5, tag: "-b"))
    async let first = low.run()
    try await gate.until(1)
    async let second = high.run()
    // The one that joined waits.
    try await untilWaiting(watcher)
    for (number, label) in ["low1", "high1", "high2", "low2", "low3"].enumerated() {
      try await gate.until(number + 1)
      #expect(gate.begun.last == label)
      gate.end(label)
    }
    let summaries = try await [first, second]
    for summary in summaries { #expect(summary.isComplete) }
    #expect(gate.begun == ["low1", "high1", "high2", "low2", "low3"])
  }

  @Test func equalsShareTheCoresAndNeverTakeMoreThanThereAre() async throws {
    let gate = Gate(store)
    let watcher = try HostShare(store, priority: -9, tag: "-w")
    let a = try scheduler(
      plan("a", 4), gate, cores: 2, share: HostShare(store, priority: 0, tag: "-a"))
    let b = try scheduler(
      plan("b", 2), gate, cores: 2, share: HostShare(store, priority: 0, tag: "-b"))
    async let first = a.run()
    try await gate.until(2)
    async let second = b.run()
    try await untilWaiting(watcher)
    #expect(gate.begun.sorted() == ["a1", "a2"])
    gate.end("a1")
    try await gate.until(3)
    // The one that joined uses less, so the core is its.
    #expect(gate.begun.last == "b1")
    var ended = ["a1"]
    while ended.count < 6 {
      try await gate.until(min(6, ended.count + 2))
      let running = gate.begun.filter { !ended.contains($0) }
      #expect(running.count <= 2)
      let next = try #require(running.first)
      gate.end(next)
      ended.append(next)
    }
    let summaries = try await [first, second]
    for summary in summaries { #expect(summary.isComplete) }
  }

  @Test func whatTwoExperimentsHaveInCommonIsDoneOnce() async throws {
    let backend = RecordingBackend(store: store)
    let a = try scheduler(
      plan("a", 20, shared: true), backend, cores: 2,
      share: HostShare(store, priority: 0, tag: "-a"))
    let b = try scheduler(
      plan("b", 20, shared: true), backend, cores: 2,
      share: HostShare(store, priority: 0, tag: "-b"))
    async let first = a.run()
    async let second = b.run()
    let summaries = try await [first, second]
    for summary in summaries { #expect(summary.isComplete) }
    let names = try FileManager.default.subpathsOfDirectory(atPath: folder.path + "/features")
    #expect(names.filter { $0.hasSuffix("artifact.json") }.count == 20)
  }

  @Test func whoDiedWaitsForNothing() throws {
    let share = try HostShare(store, priority: 0)
    let dead = Process()
    dead.executableURL = URL(fileURLWithPath: "/bin/true")
    try dead.run()
    dead.waitUntilExit()
    // The number of a dead program may be another's by now.
    for process in [dead.processIdentifier, getppid()] {
      let path = "\(folder.path)/runs/\(Machine.hostName).\(process).room"
      try AtomicFile.write(
        text: #"{"priority":9,"cores":4,"memoryBytes":0,"wantedCores":4}"#, to: path)
      #expect(share.others().isEmpty)
      #expect(!FileManager.default.fileExists(atPath: path))
    }
    #expect(RunMark.living(in: store).isEmpty)
  }

  /// Somebody's Ctrl-Z would have all others wait for as long as that pleases.
  @Test func whoIsStoppedWaitsForNothingUntilItGoesOn() async throws {
    let share = try HostShare(store, priority: 0)
    let other = Process()
    other.executableURL = URL(fileURLWithPath: "/bin/sleep")
    other.arguments = ["600"]
    other.inheritsNothing()
    try other.run()
    // Foundation takes what was stopped for ended, and does not terminate it.
    defer { kill(other.processIdentifier, SIGKILL) }
    let path = "\(folder.path)/runs/\(Machine.hostName).\(other.processIdentifier)-a.room"
    try AtomicFile.write(
      text: #"{"priority":9,"cores":3,"memoryBytes":5,"wantedCores":4}"#, to: path)
    // Locked like a living program's.
    let handle = try #require(FileHandle(forUpdatingAtPath: path))
    try #require(flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
    let going = HostShare.Entry(priority: 9, cores: 3, memoryBytes: 5, wantedCores: 4)
    #expect(share.others() == [going] && share.yields(using: 1, to: share.others()))
    kill(other.processIdentifier, SIGSTOP)
    while share.others() == [going] { try await Task.sleep(for: .milliseconds(5)) }
    #expect(share.others() == [HostShare.Entry(priority: 9, memoryBytes: 5)])
    #expect(!share.yields(using: 1, to: share.others()))
    kill(other.processIdentifier, SIGCONT)
    while share.others() != [going] { try await Task.sleep(for: .milliseconds(5)) }
    try handle.close()
  }

  @Test func aStageIsAdmittedOnceNobodyWaitsWhoGoesFirst() throws {
    let room = Room(workers: 2, cores: 2, memoryBytes: 64 << 30)
    let one = Resources(cores: 1)
    let share = try HostShare(store, priority: 0, tag: "-a")
    let other = try HostShare(store, priority: 5, tag: "-b")
    let says = { (cores: Int, wanted: Int) in
      other.sharing { _ in ((), Load(cores: cores, memoryBytes: 0), wanted) }
    }
    #expect(share.admit(one, beside: [], in: room) == .begins)
    #expect(other.others().map(\.cores) == [1])
    says(0, 2)
    #expect(share.admit(one, beside: [one], in: room) == .waitsForOthers)
    #expect(other.others().map(\.wantedCores) == [1])
    says(1, 0)
    #expect(share.admit(one, beside: [one], in: room) == .waitsForOthers, "both cores are in use")
    says(0, 0)
    #expect(share.admit(one, beside: [one], in: room) == .begins)
    #expect(share.admit(one, beside: [one, one], in: room) == .hasNoRoom)
    #expect(share.admit(nil, beside: [], in: room) == .hasNoRoom)
    #expect(other.others() == [HostShare.Entry(priority: 0)])
  }

  @Test func aRunGivesWayToHigherPriorityAndToEqualsThatUseLess() {
    func yields(_ priority: Int, _ cores: Int, wanted: Int = 1) -> Bool {
      HostShare.yields(
        0, using: 2,
        to: [HostShare.Entry(priority: priority, cores: cores, wantedCores: wanted)])
    }
    #expect(yields(1, 8) && yields(0, 1))
    #expect(!yields(0, 2) && !yields(0, 3) && !yields(-1, 0))
    #expect(!yields(9, 0, wanted: 0), "who waits for nothing needs no room")
  }
}
