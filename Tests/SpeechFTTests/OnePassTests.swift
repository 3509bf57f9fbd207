import Artifacts
import Experiment
import Foundation
import Testing
import Torch

@testable import SpeechFT

/// Heads of several tasks and seeds that are trained in one pass over the features that they read.
@Suite struct OnePassTests {
  /// A plan whose evaluations were carried out one by one, and are to be carried out again together.
  private struct World {
    let folder: TemporaryFolder
    let plan: Plan
    let store: ArtifactStore
    /// What each evaluation gave alone; `nil` where it failed.
    private(set) var alone: [StageKey: ArtifactRecord] = [:]

    init(_ evaluate: String, seeds: String = "[1, 2]") throws {
      folder = try TemporaryFolder()
      // Three hidden states, so that heads differ in their weights too.
      plan = try SuperbWorld.plan(
        folder, steps: 7, evaluate: evaluate, methods: "{ pre-trained: {} }", seeds: seeds)
      store = ArtifactStore(root: folder.path + "/artifacts")
      for stage in plan.stages.values where !stage.kind.isVirtual {
        do {
          try StageExecution.run(context(stage))
        } catch StageError.diverged where stage.kind == .evaluate {
          continue
        }
        guard stage.kind == .evaluate else { continue }
        alone[stage.key] = try store.record(stage.kind, stage.key)
        try FileManager.default.removeItem(atPath: store.folder(stage.kind, stage.key))
      }
    }

    func context(
      _ stage: Stage, stop: StopRequest = StopRequest(), computing: Computing = Computing()
    ) -> StageContext {
      StageContext(
        request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: Workbench(),
        computing: computing, stop: stop, report: { _ in })
    }

    /// The evaluations that one pass carries out.
    var passes: [[Stage]] {
      var groups: [[Stage]] = []
      for stage in plan.stages.values where stage.kind == .evaluate {
        let place = groups.firstIndex {
          $0[0].inputs == stage.inputs
            && $0[0].featureReading?.pass == stage.featureReading?.pass
        }
        if let place { groups[place].append(stage) } else { groups.append([stage]) }
      }
      return groups
    }

    /// Carries out stages together and publishes what they wrote.
    ///
    /// - Returns: The labels in the order in which they were over, and those that failed.
    @discardableResult
    func run(
      _ stages: [Stage], stop: StopRequest = StopRequest(), computing: Computing = Computing(),
      told: (String) -> Void = { _ in }
    ) throws -> (over: [String], failed: [String]) {
      var (over, failed): ([String], [String]) = ([], [])
      let contexts = stages.map { context($0, stop: stop, computing: computing) }
      try StageExecution.written(all: contexts) { context, result, _ in
        over.append(context.request.label)
        switch result {
        case .success(let written?):
          for outcome in StageExecution.publish([written], in: store) {
            #expect(throws: Never.self) { try outcome.get() }
          }
        case .success: break
        case .failure: failed.append(context.request.label)
        }
        told(context.request.label)
      }
      return (over, failed)
    }

    func isAsAlone(_ stage: Stage) throws -> Bool {
      try store.record(stage.kind, stage.key) == alone[stage.key]
    }
  }

  @Test func stagesOfOnePassHaveTheBytesThatTheyHaveAlone() async {
    await #expect(processExitsWith: .success) {
      let world = try World("{ tasks: [intents, opens, words, voices, turns] }")
      #expect(world.passes.map(\.count).sorted() == [2, 2, 2, 4])
      for stages in world.passes {
        // One was stopped before, and goes on beside others that begin.
        if stages.count == 4 {
          let stop = StopRequest()
          _ = stop.make()
          #expect(throws: StageError.self) { try world.run([stages[1]], stop: stop) }
        }
        try world.run(stages)
        for stage in stages { #expect(try world.isAsAlone(stage), "\(stage.label)") }
      }
      let left = try FileManager.default.contentsOfDirectory(atPath: world.store.root + "/state")
      #expect(left.isEmpty)
    }
  }

  @Test func aStageThatFailsLeavesTheOthersOfItsPassAlone() async {
    await #expect(processExitsWith: .success) {
      let world = try World("{ tasks: [intents, wild] }", seeds: "[1]")
      let stages = try #require(world.passes.first)
      #expect(world.passes.count == 1 && stages.count == 2 && world.alone.count == 1)
      let (_, failed) = try world.run(stages)
      #expect(failed.count == 1 && failed[0].contains("wild"))
      let intents = try #require(stages.first { world.alone[$0.key] != nil })
      #expect(try world.isAsAlone(intents))
    }
  }

  /// Two runs at once that each hold what the other waits for would wait for ever.
  @Test func aStageThatSomebodyElseMakesIsLeftForTheEnd() async {
    await #expect(processExitsWith: .success) {
      let world = try World("{ tasks: [intents, opens] }", seeds: "[1]")
      let stages = world.passes[0]
      let held = try #require(
        try world.store.beginUnlessHeld(.evaluate, stages[0].key, identity: stages[0].identity))
      let (over, failed) = try world.run(stages) { label in
        if label == stages[1].label { world.store.discard(held) }
      }
      #expect(over == [stages[1].label, stages[0].label] && failed.isEmpty)
      for stage in stages { #expect(try world.isAsAlone(stage)) }
    }
  }

  @Test func aPassThatIsStoppedAfterEveryStepGivesTheSameBytes() async {
    await #expect(processExitsWith: .success) {
      let world = try World("{ tasks: [words], batches: shared }")
      let stages = world.passes[0]
      var attempts = 0
      while !stages.allSatisfy({ world.store.contains($0.kind, $0.key) }) {
        attempts += 1
        try #require(attempts < 20)
        let stop = StopRequest()
        _ = stop.make()
        _ = try? world.run(stages, stop: stop)
      }
      #expect(attempts == 8)
      for stage in stages { #expect(try world.isAsAlone(stage)) }
    }
  }

  @Test func whatFailsForAllOfAPassIsTriedWithEachAlone() async {
    await #expect(processExitsWith: .success) {
      let world = try World("{ tasks: [intents, opens] }", seeds: "[1]")
      let stages = world.passes[0]
      // No machine has so many cards.
      let nowhere = Computing(device: try #require(Device("cuda:99")))
      let (over, failed) = try world.run(stages, computing: nowhere)
      #expect(over == stages.map(\.label) && failed == over)
      for folder in ["staging", "claims"] {
        let left = try FileManager.default.contentsOfDirectory(
          atPath: "\(world.store.root)/\(folder)")
        #expect(left.isEmpty, "\(left)")
      }
      try world.run(stages)
      for stage in stages { #expect(try world.isAsAlone(stage)) }
    }
  }

  /// What a request says of companions does not make a stage read another one's features.
  @Test func stagesThatReadOtherFeaturesAreCarriedOutAlone() async {
    await #expect(processExitsWith: .success) {
      let world = try World("{ tasks: [intents, keywords, voices] }", seeds: "[1]")
      let stages = world.passes.flatMap { $0 }
      #expect(world.passes.count == 3)
      let (over, failed) = try world.run(stages)
      #expect(over == stages.map(\.label) && failed.isEmpty)
      for stage in stages { #expect(try world.isAsAlone(stage)) }
    }
  }

  // MARK: Readings

  /// Counts how often a batch is read.
  private final class CountedFeatures: FrozenFeatures {
    private let inner: StoredFeatures
    private(set) var readings = 0

    init(_ inner: StoredFeatures) { self.inner = inner }

    var entries: [FrameIndex.Entry] { inner.entries }
    var layers: Int { inner.layers }
    var width: Int { inner.width }
    func frames(_ utterance: Int) -> Int { inner.frames(utterance) }
    func hidden(_ batch: [Int]) throws -> HiddenBatch {
      readings += 1
      return try inner.hidden(batch)
    }
  }

  private static func readings(_ evaluate: String) throws -> (alone: [Int], together: Int) {
    let world = try World(evaluate)
    let stages = world.passes[0]
    #expect(world.passes.count == 1 && stages.count > 1)
    let contexts = stages.map { world.context($0) }
    func features() throws -> CountedFeatures {
      CountedFeatures(
        try StoredFeatures(folder: contexts[0].folder("features"), isPooled: true, isRaw: false))
    }
    func members(_ contexts: [StageContext], _ features: CountedFeatures) throws
      -> [any PassMember]
    {
      try contexts.map { context in
        let parameters: EvaluateParameters = try context.parameters()
        return try ProbeTraining(
          context, parameters, TargetProbes(context, parameters, features), features)
      }
    }
    let alone = try contexts.map { context in
      let features = try features()
      try ProbePass(features, members([context], features)).run { _, _, _ in }
      return features.readings
    }
    let features = try features()
    try ProbePass(features, members(contexts, features)).run { _, _, _ in }
    return (alone, features.readings)
  }

  @Test func headsWithTheSameBatchesLearnFromOneReading() async {
    await #expect(processExitsWith: .success) {
      // Both tasks of a seed train on the same utterances; each seed draws its own batches. Looks at dev and the test
      // read the same for all four.
      let own = try Self.readings("{ tasks: [intents, opens] }")
      let answers = own.alone[0] - 7
      #expect(own.alone.allSatisfy { $0 == own.alone[0] } && answers > 0)
      #expect(own.together == 2 * 7 + answers)
      let shared = try Self.readings("{ tasks: [intents, opens], batches: shared }")
      #expect(shared.together == shared.alone[0])
    }
  }
}
