import Artifacts
import Experiment
import Foundation
import Testing

@testable import SpeechFT

/// Same stage, same bytes.
@Suite struct SameBitsTests {
  /// Carried out again in another store with nothing kept between stages, where the world's stages had a
  /// bench in common. In a process of its own, as
  /// a worker is: the number of threads is the process's, and other tests change it meanwhile.
  @Test func stagesGiveTheSameBytesAgain() async {
    await #expect(processExitsWith: .success) {
      let world = try SpokenWorld(SpokenWorld.spec)
      let again = ArtifactStore(root: world.folder.path + "/again")
      let kinds: [StageKind] = [
        .corpus, .pretrain, .downsample, .fineTune, .features, .evaluate,
      ]
      let stages = world.plan.stages.values.filter { kinds.contains($0.kind) }
      for stage in stages {
        let request = StageRequest(stage, in: world.plan, attempt: 2)
        try StageExecution.run(
          StageContext(request: request, store: again, bench: Workbench(), report: { _ in }))
      }
      for stage in stages {
        let first = try world.store.record(stage.kind, stage.key)
        let second = try again.record(stage.kind, stage.key)
        #expect(first == second, "\(stage.label)")
      }
    }
  }

  /// What a site says of memory is no part of a key, so it must not change what is found under one.
  @Test func gradientCheckpointingGivesTheSameBytes() async {
    await #expect(processExitsWith: .success) {
      let world = try SpokenWorld(SpokenWorld.spec)
      let again = ArtifactStore(root: world.folder.path + "/again")
      let trainings = world.plan.stages.values.filter { [.pretrain, .fineTune].contains($0.kind) }
      #expect(!trainings.isEmpty)
      for stage in trainings {
        let request = StageRequest(stage, in: world.plan, attempt: 2)
        let context = StageContext(
          request: request, store: world.store, bench: Workbench(),
          computing: Computing(checkpointsGradients: true), report: { _ in })
        try again.publish(stage.kind, stage.key, identity: request.identity) { staging in
          try StageExecution.write(context, to: staging.folder)
        }
        #expect(
          try world.store.record(stage.kind, stage.key) == again.record(stage.kind, stage.key),
          "\(stage.label)")
      }
    }
  }

  /// A training that is stopped after each of its steps, and every time goes on in a new attempt.
  @Test func aTrainingStoppedAfterEveryStepGivesTheSameBytes() async {
    await #expect(processExitsWith: .success) {
      let worlds = try [
        SpokenWorld.spec, SpokenWorld.severalSpec, SpokenWorld.unlabelledSpec,
      ].map { try SpokenWorld($0) }
      let trainings = worlds.flatMap { world in
        world.plan.stages.values.filter { [.pretrain, .fineTune].contains($0.kind) }
          .map { (world, $0) }
      }
      for (world, stage) in trainings {
        let whole = try world.store.record(stage.kind, stage.key)
        try FileManager.default.removeItem(atPath: world.store.folder(stage.kind, stage.key))
        var attempts = 0
        while !world.store.contains(stage.kind, stage.key) {
          attempts += 1
          try #require(attempts < 200)
          let stop = StopRequest()
          _ = stop.make()
          let context = StageContext(
            request: StageRequest(stage, in: world.plan, attempt: attempts), store: world.store,
            bench: Workbench(), stop: stop, report: { _ in })
          do {
            try StageExecution.run(context)
          } catch StageError.stopped {}
        }
        #expect(attempts > 2, "\(stage.label)")
        #expect(try world.store.record(stage.kind, stage.key) == whole, "\(stage.label)")
        #expect(
          !FileManager.default.fileExists(atPath: "\(world.store.root)/state/\(stage.key.hex)"))
      }
    }
  }

  /// A training that stops and starts again must meet the batches that it would have met.
  @Test func skippedBatchesAreTheOnesThatWouldHaveCome() {
    let lengths = (0..<37).map { 10 + ($0 * 7) % 23 }
    func buckets() -> LengthBuckets {
      LengthBuckets(lengths: lengths, limit: .size(60), draws: Draws(seed: 5), purpose: "order")
    }
    var whole = buckets()
    let batches = (0..<40).map { _ in whole.next() }
    for start in [1, 13, 39] {
      var resumed = buckets()
      resumed.skip(start)
      #expect(resumed.next() == batches[start])
    }
    var seen: Set<Int> = []
    for batch in batches {
      guard seen.isDisjoint(with: batch) else { break }
      seen.formUnion(batch)
    }
    #expect(seen.count == 37, "an epoch has every utterance before any comes again")
  }
}
