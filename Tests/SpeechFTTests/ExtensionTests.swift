import Artifacts
import Experiment
import Foundation
import Synchronization
import Testing

@testable import SpeechFT

/// More steps after a training that was done.
@Suite struct ExtensionTests {
  private static func spec(_ recipe: String) -> String {
    SpokenWorld.spec.replacing(
      "fine-tune: { tasks: [speaker, phones] }",
      with: "fine-tune: { tasks: [speaker], recipe: { \(recipe) } }"
    ).replacing("early-checkpoint: { at: [50%] }", with: "")
  }

  private static let constant = "head-only: 0%, warm-up: 0%, hold: 100%, checkpoints: []"

  /// The Stable-FT stages of two worlds in one store, carried out one after the other; and the steps that
  /// the second reported.
  private static func run(
    _ recipes: [String], in folder: TemporaryFolder, store name: String,
    between: (String) throws -> Void = { _ in }
  ) throws -> (record: ArtifactRecord, steps: [Int]) {
    let store = ArtifactStore(root: folder.path + "/" + name)
    var last: (record: ArtifactRecord, steps: [Int])?
    for recipe in recipes {
      if last != nil { try between(store.root + "/extensible") }
      let plan = try SpokenWorld.plan(spec(recipe), recordings: folder.path)
      let target = try #require(
        plan.stages.values.first { $0.label == "fine-tune speaker · stable-ft · seed 1" })
      let steps = Mutex<[Int]>([])
      for stage in plan.stages.values
      where [.corpus, .pretrain, .downsample].contains(stage.kind)
        || stage.kind == .fineTune
          && (stage.key == target.key || stage.label.contains("head only"))
      {
        let isTarget = stage.key == target.key
        try StageExecution.run(
          StageContext(
            request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: Workbench(),
            report: { event in
              if isTarget, case .metric(_, "loss", let step, _) = event {
                steps.withLock { $0.append(step) }
              }
            }))
      }
      last = (try store.record(target.kind, target.key), steps.withLock { $0 })
    }
    return try #require(last)
  }

  @Test func aLongerTrainingGoesOnWithTheSameBits() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      try SpokenWorld.record(in: folder)
      let whole = try Self.run(["steps: 60, \(Self.constant)"], in: folder, store: "whole")
      #expect(whole.steps == [0, 25, 50, 59])
      let extended = try Self.run(
        [
          "steps: 20, \(Self.constant)", "steps: 30, \(Self.constant)",
          "steps: 60, \(Self.constant)",
        ],
        in: folder, store: "extended")
      #expect(extended.steps == [50, 59], "thirty steps were done before")
      #expect(extended.record == whole.record)
    }
  }

  @Test func aDamagedEndOfAShorterTrainingIsNotGoneOnFrom() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      try SpokenWorld.record(in: folder)
      let recipes = ["steps: 20, \(Self.constant)", "steps: 30, \(Self.constant)"]
      let whole = try Self.run([recipes[1]], in: folder, store: "whole")
      for (number, change) in [(0, 1), (1, -2), (2, 0)] {
        let again = try Self.run(recipes, in: folder, store: "again\(number)") { extensible in
          let names = try FileManager.default.subpathsOfDirectory(atPath: extensible)
          let name = try #require(names.first { $0.hasSuffix("/20.safetensors") })
          let path = URL(fileURLWithPath: "\(extensible)/\(name)")
          var data = try Data(contentsOf: path)
          // A flipped bit of a tensor, a file cut short, an empty one.
          data[data.count - 5] ^= 4
          try (change == 1 ? data : change == 0 ? Data() : data.dropLast(2)).write(to: path)
        }
        #expect(again.record == whole.record)
        #expect(again.steps == [0, 25, 29])
      }
    }
  }

  /// Where every step's learning rate follows from the number of steps, nothing is left to go on from.
  @Test func aTrainingWhoseScheduleEndsWithItStartsAnew() async {
    await #expect(processExitsWith: .success) {
      let folder = try TemporaryFolder()
      try SpokenWorld.record(in: folder)
      let again = try Self.run(
        ["steps: 20, checkpoints: []", "steps: 30, checkpoints: []"], in: folder, store: "again")
      #expect(again.steps == [25, 29], "after the head-only phase of three steps")
      #expect(
        !FileManager.default.fileExists(atPath: folder.path + "/again/extensible"))
    }
  }

  @Test(
    arguments: [
      ("head-only: 0%, warm-up: 0%, hold: 100%", nil),
      ("head-only: 10%, warm-up: 0%, hold: 100%", "'head-only' is a share of the steps"),
      ("head-only: 0%, warm-up: 0%, hold: 90%", "warm-up and decay are shares of the steps"),
      (
        "head-only: 0%, warm-up: 0%, hold: 100%, dev-every: 5",
        "the looks at dev choose among weights that are gone"
      ),
    ] as [(String, String?)])
  func aRecipeSaysWhyItCannotBeExtended(fields: String, reason: String?) throws {
    let task = SpokenWorld.speaker.replacing("head-only: 10%, warm-up: 10%", with: "REPLACED")
      .replacing("REPLACED, hold: 40%", with: fields)
      .replacing("REPLACED,\n      hold: 40%", with: fields)
    let yaml = try #require(task.contains(fields) ? task : nil)
    let read = try TaskDefinition(yaml: yaml, file: "tasks/speaker.yaml")
    #expect(read.fineTune?.recipe.whyNotExtended == reason)
  }
}
