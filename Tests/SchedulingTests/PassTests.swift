import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling
import Synchronization
import Testing

/// Which evaluations a worker is given together, to train their heads in one pass over features.
@Suite struct PassTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
  }

  /// Notes which companions each stage was sent with, and how many it has at hand at most.
  private final class PassBackend: Backend {
    private let inner: RecordingBackend
    private let sent = Mutex<[(label: String, companions: [StageKey], attempt: Int)]>([])
    private let lost: String?
    let takesSeveral: Bool

    /// Whoever has the stage `lost` in hand dies the first time, and does not say of which stage.
    init(_ store: ArtifactStore, takesSeveral: Bool = true, lost: String? = nil) {
      inner = RecordingBackend(store: store)
      self.takesSeveral = takesSeveral
      self.lost = lost
    }

    var requests: [(label: String, companions: [StageKey], attempt: Int)] { sent.withLock { $0 } }

    /// The sizes of the passes in which stages were first sent.
    var sizes: [Int] { requests.filter { $0.attempt == 1 }.map { $0.companions.count + 1 } }

    func execute(
      _ request: StageRequest, on worker: Int, report: @escaping @Sendable (WorkerEvent) -> Void
    ) async -> StageOutcome {
      let companions = request.companions ?? []
      sent.withLock { $0.append((request.label, companions, request.attempt)) }
      if let lost, request.attempt == 1, request.label.contains(lost) || !companions.isEmpty {
        return .lost(reason: "killed")
      }
      return await inner.execute(request, on: worker, report: report)
    }
  }

  /// Evaluations of two encoders' features: heads of some seeds of two tasks, and queries, which train no head.
  private func plan(
    seeds: UInt64, memory: Int = 1 << 30, anew: Bool = false, shared: Bool = false
  ) throws -> SmallPlan {
    var small = SmallPlan()
    for encoder in ["one", "two"] {
      try small.add("features \(encoder)", cost: 100)
      for (task, target, threads) in [
        ("tones", Target.label("tone"), 1), ("voices", .label("voice"), 1),
        ("wide", .label("tone"), 2), ("asked", .queries, 1),
      ] {
        for seed in 1...seeds {
          let recipe = HeadRecipe(
            steps: 10, batch: 4, learningRate: 1e-2, clip: 1, threads: threads)
          let parameters = EvaluateParameters(
            task: task, target: target, head: HeadParameters(projection: 8, dropout: 0),
            recipe: shared ? recipe.sharingBatches : recipe,
            selection: Selection(splits: [.train, .test], minutes: [:]),
            source: anew ? .logMel : nil)
          let stage = try Stage(
            .evaluate, parameters: parameters, seed: seed,
            inputs: ["features": .stage(try small.key("features \(encoder)"))],
            label: "\(task) \(encoder) \(seed)",
            resources: Resources(cores: 1, memoryBytes: memory))
          small.plan.targets.append(try small.plan.add(stage))
        }
      }
    }
    return small
  }

  @Test func headsThatReadTheSameFeaturesAreGivenToAWorkerTogether() async throws {
    let small = try plan(seeds: 3)
    let backend = PassBackend(store)
    #expect(try await Scheduler(small, store, backend).run().isComplete)
    let stages = Dictionary(uniqueKeysWithValues: small.plan.stages.values.map { ($0.key, $0) })
    for (label, companions, _) in backend.requests {
      let others = companions.compactMap { stages[$0]?.label }
      let words = label.split(separator: " ")
      #expect(others.allSatisfy { $0.contains(" \(words[1]) ") }, "of another encoder")
      let expected =
        switch words[0] {
        case "tones", "voices": 5
        // Of as many threads.
        case "wide": 2
        default: 0
        }
      #expect(others.count == expected, "\(label) with \(others)")
      #expect(others.contains { $0.hasPrefix("wide") } == (words[0] == "wide"))
    }
  }

  /// The sizes of passes of a plan that some workers carry out.
  private func sizes(_ plan: SmallPlan, workers: Int) async throws -> [Int] {
    let folder = try TemporaryFolder()
    let store = ArtifactStore(root: folder.path)
    let backend = PassBackend(store)
    let scheduler = try Scheduler(plan, store, backend, workers: workers, cores: 2 * workers)
    #expect(try await scheduler.run().isComplete)
    return backend.sizes
  }

  @Test func aPassIsNoLongerThanAWorkersPartOfWhatCouldBegin() async throws {
    let plan = try plan(seeds: 3)
    // Of two times twelve stages each worker has some.
    #expect(try await sizes(plan, workers: 24).allSatisfy { $0 == 1 })
    #expect(try await sizes(plan, workers: 6).allSatisfy { $0 <= 4 })
    #expect(try await sizes(plan, workers: 1).contains(6))
  }

  /// What is encoded takes longer than heads do, and it is encoded once for all that have the same batches.
  @Test func headsThatShareWhatIsEncodedAnewAreAlwaysTogether() async throws {
    let own = try await sizes(plan(seeds: 3, anew: true), workers: 24)
    #expect(own.contains(2) && own.allSatisfy { $0 <= 2 }, "the tasks of a seed: \(own)")
    let shared = try await sizes(plan(seeds: 3, anew: true, shared: true), workers: 24)
    #expect(shared.contains(6), "and all seeds: \(shared)")
  }

  @Test func aPassTakesTheMemoryOfAllItsStages() async throws {
    // The machine of the tests has 64 GiB.
    let small = try plan(seeds: 3, memory: 24 << 30)
    let backend = PassBackend(store)
    #expect(try await Scheduler(small, store, backend).run().isComplete)
    #expect(backend.sizes.contains(2) && !backend.sizes.contains { $0 > 2 })
  }

  @Test func whoeverWasInHandWhenAWorkerDiedIsTriedAlone() async throws {
    let small = try plan(seeds: 2)
    let backend = PassBackend(store, lost: "tones one")
    let summary = try await Scheduler(small, store, backend).run()
    #expect(summary.isComplete)
    let again = backend.requests.filter { $0.attempt > 1 }
    #expect(again.count > 3 && again.allSatisfy { $0.companions.isEmpty })
  }

  /// An element of a cluster's queue has one stage, and a limit of time is each stage's own.
  @Test(arguments: [true, false])
  func whereAStageIsToBeAloneItIs(hasLimit: Bool) async throws {
    let small = try plan(seeds: 2)
    let backend = PassBackend(store, takesSeveral: hasLimit)
    let limit: Duration? = hasLimit ? .seconds(60) : nil
    #expect(try await Scheduler(small, store, backend, limit: limit).run().isComplete)
    #expect(backend.sizes.allSatisfy { $0 == 1 })
  }
}
