import Artifacts
import Experiment
import Foundation
import Synchronization
import Testing
import Torch

@testable import SpeechFT

/// States that trainings saved, and that are not what was saved: the stage gives the same bits, and does not fail.
@Suite struct DamagedStateTests {
  @Test func aFlippedBitInAnyPartOfAStateIsFoundAndTheTrainingBeginsAnew() async {
    await #expect(processExitsWith: .success) {
      let half = try HalfDone("fine-tune speaker · stable-ft · seed 1", stopsAt: 25)
      #expect(try half.resumed() == half.whole)
      #expect(half.steps == [39], "what is saved is of use")
      let state = try Victim(path: half.savedState).bytes()
      let header = Int(
        state.prefix(8).enumerated().reduce(0) { $0 | Int($1.element) << (8 * $1.offset) })
      let text = String(decoding: state[8..<8 + header], as: UTF8.self)
      func place(_ mark: String, plus offset: Int = 0) throws -> Int {
        let found = try #require(text.range(of: mark), "\(mark)")
        return 8 + text.utf8.distance(from: text.startIndex, to: found.upperBound) + offset
      }
      /// The first byte of a tensor.
      func tensor(_ name: String) throws -> Int {
        let part = try #require(text.range(of: "\"\(name)\":"))
        let offsets = try #require(
          text[part.upperBound...].firstMatch(of: /data_offsets":\[(\d+),/))
        return 8 + header + (Int(offsets.output.1) ?? 0)
      }
      let names = text.matches(of: /"((?:encoder|optimiser)\.[^"]+)":\{/).map {
        String($0.output.1)
      }
      let weight = try #require(names.first { $0.hasPrefix("encoder.") })
      let moment = try #require(names.first { $0.hasPrefix("optimiser.") && $0.hasSuffix(".v") })
      for (what, byte) in [
        ("weight", try tensor(weight)), ("moment", try tensor(moment) + 2),
        ("step", try place(#""step":""#)), ("curve", try place(#"\"value\":"#)),
        ("digest", try place(#""sha256":""#, plus: 63)), ("length", 0), ("last", state.count - 1),
      ] {
        let record = try half.resumed { try half.state.flip(byte) }
        #expect(record == half.whole, "\(what)")
        #expect(half.steps == [25, 39], "\(what)")
      }
    }
  }

  @Test func aStateThatIsCutShortOrLacksATensorIsNoReasonToFail() async {
    await #expect(processExitsWith: .success) {
      let half = try HalfDone("fine-tune speaker · stable-ft · seed 1", stopsAt: 25)
      let state = half.state
      for length in [0, 5, 100, try state.bytes().count - 1] {
        let record = try half.resumed {
          try Data(state.bytes().prefix(length)).write(to: state.url)
        }
        #expect(record == half.whole, "\(length)")
      }
      // Whole files that are not of this training.
      let saved = try #require(try TrainingState.read(half.savedState))
      let weight = try #require(saved.tensors.keys.sorted().first { $0.hasPrefix("encoder.") })
      let moment = try #require(saved.tensors.keys.sorted().first { $0.hasSuffix(".m") })
      var others: [[String: Tensor]] = []
      for name in [weight, moment] {
        var tensors = saved.tensors
        tensors[name] = nil
        others.append(tensors)
        tensors[name] = try Tensor.zeros([7])
        others.append(tensors)
      }
      for tensors in others {
        let record = try half.resumed {
          try TrainingState.write(
            TrainingState.Saved(step: saved.step, tensors: [:], curve: saved.curve),
            tensors.map { ($0.key, $0.value) }, to: state.path, in: half.folder)
        }
        #expect(record == half.whole)
        #expect(half.steps == [25, 39])
      }
      // A state of an earlier version, which has no digest.
      let record = try half.resumed {
        try Safetensors.write(
          tensors: saved.tensors.map { (name: $0.key, tensor: $0.value) },
          metadata: ["step": String(saved.step)], to: state.path)
      }
      #expect(record == half.whole)
    }
  }

  @Test func keptWeightsThatAreDamagedOrGoneAreMadeAgain() async {
    await #expect(processExitsWith: .success) {
      let half = try HalfDone("fine-tune speaker · stable-ft · seed 1", stopsAt: 25)
      let kept = try #require(half.kept)
      for damage in [
        { try kept.flip(try kept.bytes().count - 1) },
        { try Data(kept.bytes().dropLast()).write(to: kept.url) },
        { try FileManager.default.removeItem(atPath: kept.path) },
      ] {
        #expect(try half.resumed(damage) == half.whole)
        // It went on from the state first, and began anew when it came to write the checkpoint.
        #expect(half.steps == [39, 25, 39])
      }
    }
  }

  @Test func aPretrainingAndAnEvaluationBeginAnewToo() async {
    await #expect(processExitsWith: .success) {
      for label in ["", "evaluate speaker · log-mel"] {
        let half = try HalfDone(label)
        #expect(try half.resumed() == half.whole)
        let count = try Victim(path: half.savedState).bytes().count
        #expect(try half.resumed { try half.state.flip(count - 1) } == half.whole)
        let saved = try #require(try TrainingState.read(half.savedState))
        // A weight and a moment, and what an evaluation knows of dev.
        let names = saved.tensors.keys.sorted()
        for name in ["weight", ".v", "facts"].compactMap({ end in
          names.first { $0.hasSuffix(end) && !$0.contains("best.") }
        }) {
          var tensors = saved.tensors
          tensors[name] = nil
          let record = try half.resumed {
            try TrainingState.write(
              TrainingState.Saved(step: saved.step, tensors: [:], curve: saved.curve),
              tensors.map { ($0.key, $0.value) }, to: half.state.path, in: half.folder)
          }
          #expect(record == half.whole, "\(name)")
        }
      }
    }
  }
}

/// A file that can be damaged.
private struct Victim {
  let path: String
  var url: URL { URL(fileURLWithPath: path) }

  func bytes() throws -> Data { try Data(contentsOf: url) }

  func flip(_ byte: Int) throws {
    var data = try bytes()
    data[byte] ^= 1
    try data.write(to: url)
  }
}

/// A training that was stopped some steps before its end, and what it gives undisturbed.
private final class HalfDone {
  let world: TemporaryFolder
  let store: ArtifactStore
  let plan: Plan
  let target: Stage
  let whole: ArtifactRecord
  /// Where its state is.
  let folder: String
  /// A copy of it.
  private let saved: String
  /// Those that the last attempt reported.
  private(set) var steps: [Int] = []

  var state: Victim { Victim(path: folder + "/state.safetensors") }
  var savedState: String { saved + "/state.safetensors" }
  var kept: Victim? {
    ((try? FileManager.default.contentsOfDirectory(atPath: saved)) ?? [])
      .first { $0.hasPrefix("after-") }.map { Victim(path: "\(folder)/\($0)") }
  }

  /// Carries out the stage whose label begins with `label` (the pre-training, where that is empty) to its end, and
  /// again until it says so of step `stopsAt`, or for one step where that is absent.
  init(_ label: String, stopsAt: Int? = nil) throws {
    world = try TemporaryFolder()
    try SpokenWorld.record(in: world)
    store = ArtifactStore(root: world.path + "/artifacts")
    let plan = try SpokenWorld.plan(
      SpokenWorld.spec.replacing(
        "fine-tune: { tasks: [speaker, phones] }",
        with: "fine-tune: { tasks: [speaker], recipe: { steps: 40 } }"), recordings: world.path)
    self.plan = plan
    let target = try #require(
      plan.stages.values.first { label.isEmpty ? $0.kind == .pretrain : $0.label.hasPrefix(label) },
      "\(plan.stages.values.map(\.label))")
    self.target = target
    folder = "\(store.root)/state/\(target.key.hex)"
    saved = world.path + "/saved"
    var needed: [Stage] = [target]
    var next = 0
    while next < needed.count {
      needed += needed[next].inputs.values.compactMap(\.stageKey).compactMap { plan.stages[$0] }
      next += 1
    }
    let keys = Set(needed.map(\.key))
    for stage in plan.stages.values where keys.contains(stage.key) && !stage.kind.isVirtual {
      try Self.run(stage, plan, store)
    }
    whole = try store.record(target.kind, target.key)
    let place = store.folder(target.kind, target.key)
    try FileManager.default.moveItem(atPath: place, toPath: world.path + "/whole")
    let stop = StopRequest()
    if stopsAt == nil { _ = stop.make() }
    #expect(throws: StageError.self) {
      try Self.run(target, plan, store, stop) { event in
        if case .metric(_, "loss", stopsAt, _) = event { _ = stop.make() }
      }
    }
    try FileManager.default.copyItem(atPath: folder, toPath: saved)
  }

  private static func run(
    _ stage: Stage, _ plan: Plan, _ store: ArtifactStore, _ stop: StopRequest = StopRequest(),
    heard: @escaping (WorkerEvent) -> Void = { _ in }
  ) throws {
    try StageExecution.run(
      StageContext(
        request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: Workbench(),
        stop: stop, report: heard))
  }

  /// The record of the artifact that comes of the saved state after `damage`.
  func resumed(_ damage: () throws -> Void = {}) throws -> ArtifactRecord {
    let files = FileManager.default
    try? files.removeItem(atPath: folder)
    try? files.removeItem(atPath: store.folder(target.kind, target.key))
    try files.copyItem(atPath: saved, toPath: folder)
    try damage()
    let steps = Mutex<[Int]>([])
    try Self.run(target, plan, store) { event in
      if case .metric(_, "loss", let step, _) = event { steps.withLock { $0.append(step) } }
    }
    self.steps = steps.withLock { $0 }
    #expect(!files.fileExists(atPath: folder))
    return try store.record(target.kind, target.key)
  }
}
