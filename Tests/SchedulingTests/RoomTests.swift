import Artifacts
import Experiment
import Foundation
import Ledger
import Synchronization
import Testing

@testable import Scheduling

/// Cards and disks of one machine.
@Suite struct RoomTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore
  private let program: String

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
    program = folder.path + "/worker.sh"
  }

  private func plan(_ kinds: [StageKind], diskBytes: [Int]) throws -> Plan {
    var plan = Plan(experiment: "small", question: "Does it fit?")
    for (number, kind) in kinds.enumerated() {
      plan.targets.append(
        try plan.add(
          Stage(
            kind, parameters: ["number": "\(number)"], inputs: [:],
            label: "\(kind.rawValue) \(number)",
            resources: Resources(diskBytes: diskBytes[number % diskBytes.count]))))
    }
    return plan
  }

  private func run(_ plan: Plan, _ backend: any Backend, _ room: Room) async throws -> SweepSummary
  {
    try await Scheduler(
      plan: plan, store: store, ledger: try Diary.open(for: store).ledger, backend: backend,
      room: room, report: { _ in }
    ).run()
  }

  // MARK: Disks

  @Test func aStageThatWouldFillTheDiskIsNotBegunAndWhatToFreeIsSaid() async throws {
    let backend = RecordingBackend(store: store)
    let plan = try plan([.features, .evaluate], diskBytes: [4_000_000_000, 1_000_000_000])
    let disk = DiskRoom(store.root, keepsFree: 2_000_000_000) { 5_000_000_000 }
    let error = await #expect(throws: SchedulingError.self) {
      try await run(plan, backend, Room(workers: 2, cores: 2, memoryBytes: 8 << 30, disk: disk))
    }
    #expect(
      error?.description
        == "features 0 takes about 4 GB below \(store.root), where 5 GB are free, of which 2 GB stay "
        + "free ('disk' of the site); free 1 GB ('alphasweep gc' lists what no experiment needs) and "
        + "give the same command again")
    // What fits is done before.
    #expect(backend.labels == ["evaluate 1"])
  }

  /// Three stages that fit one by one, on a disk that has room for two.
  @Test func whatRunsIsCountedBeforeItHasWrittenAnything() async throws {
    let backend = CountingBackend()
    let plan = try plan([.features, .features, .features, .features], diskBytes: [1_000_000_000])
    let disk = DiskRoom(store.root, keepsFree: 0) { 2_500_000_000 }
    let summary = try await run(
      plan, backend, Room(workers: 4, cores: 4, memoryBytes: 64 << 30, disk: disk))
    #expect(summary.isComplete && summary.done.count == 4)
    #expect(await backend.most == 2)
  }

  @Test func theFreeBytesAreThoseOfTheFileSystem() throws {
    let free = try #require(DiskRoom(store.root, keepsFree: 0).freeBytes)
    #expect(free > 0)
    #expect(DiskRoom("/nowhere/at/all", keepsFree: 0).freeBytes == nil)
  }

  // MARK: Cards

  /// Notes down which worker was given which kind.
  private final class CardBackend: Backend {
    let given = Mutex<[(kind: StageKind, worker: Int)]>([])

    func execute(
      _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
    ) async -> StageOutcome {
      given.withLock { $0.append((request.kind, worker)) }
      try? await Task.sleep(for: .milliseconds(5))
      return .done(seconds: 1, bytes: 1)
    }
  }

  @Test func onlyWorkersWithACardAreGivenWhatComputesOnOne() async throws {
    let kinds = Array(repeating: [StageKind.features, .corpus, .evaluate], count: 6).flatMap { $0 }
    let backend = CardBackend()
    let room = Room(workers: 4, cores: 4, memoryBytes: 64 << 30, gpus: [0, 1])
    #expect(try await run(plan(kinds, diskBytes: [1]), backend, room).isComplete)
    let given = backend.given.withLock { $0 }
    #expect(given.count == 18)
    #expect(given.allSatisfy { !$0.kind.usesGPU || $0.worker <= 2 })
    #expect(given.contains { $0.kind == .corpus && $0.worker > 2 })
  }

  /// A worker that says which cards it sees, and how it was started.
  @Test func everyWorkerSeesTheCardThatItWasGiven() async throws {
    let script = """
      #!/bin/sh
      echo "$CUDA_VISIBLE_DEVICES|$*" >> "$2/seen"
      printf '{"ready":{"process":1,"library":"fake"}}\\n'
      while IFS= read -r line; do
        key=$(printf '%s' "$line" | sed -n 's/.*"key":"\\([0-9a-f]\\{64\\}\\)".*/\\1/p')
        printf '{"done":{"key":"%s","seconds":1,"bytes":1}}\\n' "$key"
      done
      """
    try AtomicFile.write(text: script, to: program)
    chmod(program, 0o755)
    let workers = LocalWorkers(
      program: program, store: store, computing: Computing(device: .cuda(index: nil)),
      gpus: [1, 3])
    let plan = try plan([.features], diskBytes: [1])
    let stage = try #require(plan.stages.values.first)
    let seen = ProcessInfo.processInfo.environment["CUDA_VISIBLE_DEVICES"]
    for worker in 1...3 {
      let outcome = await workers.execute(
        StageRequest(stage, in: plan, attempt: 1), on: worker, report: { _ in })
      #expect(outcome == .done(seconds: 1, bytes: 1))
    }
    await workers.shutDown()
    let lines = try String(contentsOfFile: folder.path + "/seen", encoding: .utf8)
      .split(separator: "\n").map { $0.replacing(#/ --parent \d+/#, with: "") }
    guard seen == nil else { return }
    #expect(
      lines == [
        "1|--artifacts \(store.root) --device cuda", "3|--artifacts \(store.root) --device cuda",
        "|--artifacts \(store.root)",
      ])
  }
}
