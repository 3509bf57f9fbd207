import Artifacts
import Experiment
import Foundation
import Speech
import Testing
import Torch

@testable import SpeechFT

/// Several tasks in one cell, and trainings that look at dev.
@Suite struct SeveralTasksTests {
  let world: SpokenWorld

  init() throws { world = try SpokenWorld.several.get() }

  private func stage(_ label: String) throws -> Stage {
    try #require(world.stage(.fineTune, "fine-tune " + label))
  }

  private func artifact(_ label: String) throws -> String {
    let stage = try stage(label)
    return world.store.folder(stage.kind, stage.key)
  }

  private func dev(_ label: String) throws -> [(step: Int, merit: Double)] {
    let text = try String(contentsOfFile: artifact(label) + "/curve.jsonl", encoding: .utf8)
    return try text.split(separator: "\n").map {
      try JSONDecoder().decode(CurvePoint.self, from: Data($0.utf8))
    }.filter { $0.name == "dev merit" }.map { ($0.step, $0.value) }
  }

  private let joint = "speaker + phones · stable-ft · seed 1"

  @Test func everyCellOfSeveralTasksIsMeasured() throws {
    // stable, 2 + 2 α, early, 2 stops, LoRA, linear, 2 TIES, sequential.
    #expect(world.plan.cells.count == 1 + 4 + 1 + 2 + 1 + 1 + 2 + 1)
    for cell in world.plan.cells {
      #expect(cell.fineTuned == "speaker + phones")
      for task in ["speaker", "phones"] {
        let record = try #require(try world.evaluation(cell, task))
        #expect(record.dev.map { $0.count > 0 } == true, "\(cell.method.title)")
      }
    }
  }

  /// What training leaves is the best of the dev curve, and early stops are points of it.
  @Test func theModelIsTheBestOfTheDevCurve() throws {
    let curve = try dev(joint)
    // Every third step of the joint phase, and the last.
    #expect(curve.map(\.step) == [3, 6, 9, 12, 15, 18, 20])
    let highest = try #require(curve.map(\.merit).max())
    let best = try #require(curve.first { $0.merit == highest })
    let record = try JSONDecoder().decode(
      TrainingRecord.self,
      from: Data(contentsOf: URL(fileURLWithPath: artifact(joint) + "/training.json")))
    #expect(record.step == best.step && record.devMerit == best.merit)
    #expect(record.steps == 20 && record.learningRate == 1e-3)
    // A patience that is never spent is the best of all.
    let whole = try #require(try world.weights(stage(joint)))
    let patient = try #require(try world.weights(stage(joint), "checkpoints/patience-100"))
    let hasty = try #require(try world.weights(stage(joint), "checkpoints/patience-1"))
    for (name, tensor) in whole.ordered {
      #expect(try patient[tensor: name]?.floats() == tensor.floats(), "\(name)")
    }
    #expect(hasty.ordered.count == whole.ordered.count)
  }

  @Test func aMergeIsWhatItsRuleMakesOfTheTasksVectors() throws {
    let before = try #require(
      try world.weights(world.plan.stages.values.first { $0.kind == .pretrain }))
    let afters = try ["speaker", "phones"].map {
      try #require(try world.weights(stage("\($0) · stable-ft · seed 1")))
    }
    let rule = InterpolateParameters(alpha: 0.5, rule: .linear)
    let merged = try Interpolation(rule).between(before, all: afters)
    for (name, tensor) in before.ordered {
      let (start, one, two) = (
        try tensor.floats(), try #require(try afters[0][tensor: name]?.floats()),
        try #require(try afters[1][tensor: name]?.floats())
      )
      let expected = start.indices.map { index in
        start[index] + 0.5 * (((one[index] - start[index]) + (two[index] - start[index])) / 2)
      }
      #expect(try merged[tensor: name]?.floats() == expected, "\(name)")
    }
  }

  /// The second round starts where the first one's interpolation ended.
  @Test func sequentialRoundsGoOnFromTheInterpolatedModel() throws {
    let second = try stage("phones · stable-ft after speaker · seed 1")
    let start = try #require(second.inputs["encoder"]?.stageKey.flatMap { world.plan.stages[$0] })
    #expect(start.kind == .interpolate)
    let first = try stage("speaker · stable-ft · seed 1")
    #expect(start.inputs["fine-tuned"]?.stageKey == first.key)
    let before = try #require(
      try world.weights(world.plan.stages.values.first { $0.kind == .pretrain }))
    let between = try Interpolation(InterpolateParameters(alpha: 0.5)).between(
      before, #require(try world.weights(first)))
    let after = try #require(try world.weights(second))
    // The mask embedding takes no part in fine-tuning: it tells where a round began.
    #expect(
      try after[tensor: EncoderTensors.mask]?.floats()
        == between[tensor: EncoderTensors.mask]?.floats())
    let moved = "encoder.layers.0.attention.q_proj.weight"
    #expect(try after[tensor: moved]?.floats() != between[tensor: moved]?.floats())
  }

  /// Each step adds half the gradient of each task's batch.
  @Test func gradientsOfAStepAreTheMeanOfTheTasks() throws {
    let stage = try stage(joint)
    let context = StageContext(
      request: StageRequest(stage, in: world.plan, attempt: 1), store: world.store,
      bench: Workbench(), report: { _ in })
    let training = try FineTuning(context)
    let encoder = try LearningEncoder(
      context.weights("encoder"), freezeDownsampling: true)
    let tasks = try training.parameters.tasks.enumerated().map { number, task in
      try TaskLearning(
        training, task, number: number, encoder: encoder.weights, start: nil)
    }
    try encoder.unfreeze()
    func gradients(_ learn: () throws -> Void) throws -> [[Float]] {
      for (_, tensor) in encoder.learning { try tensor.clearGradient() }
      try learn()
      return try encoder.learning.map { try $0.1.gradient?.floats() ?? [] }
    }
    let batches = tasks.map { task in
      var batches = task.batches()
      return batches.next()
    }
    let alone = try tasks.indices.map { index in
      try gradients {
        _ = try tasks[index].learn(batches[index], encoder.encoder, draw: 0, share: 1)
      }
    }
    let together = try gradients {
      for index in tasks.indices {
        _ = try tasks[index].learn(batches[index], encoder.encoder, draw: 0, share: 0.5)
      }
    }
    for (index, gradient) in together.enumerated() {
      for (element, value) in gradient.enumerated() {
        let mean = (alone[0][index][element] + alone[1][index][element]) / 2
        // Sums of float32 in another order.
        #expect(abs(value - mean) <= 1e-5 * max(1e-3, abs(mean)))
      }
    }
  }
}

/// Which looks at dev a training keeps.
@Suite struct DevLooksTests {
  private func looks(_ merits: [Double]) -> DevLooks {
    var looks = DevLooks()
    for (index, merit) in merits.enumerated() { looks.add(step: 10 * (index + 1), merit: merit) }
    return looks
  }

  @Test func theFirstOfEqualsIsTheBest() {
    #expect(looks([0.1, 0.5, 0.3, 0.5]).best == 20)
    #expect(looks([]).best == nil)
  }

  @Test(arguments: [
    // After one look without an improvement, the best before it.
    (1, [0.1, 0.5, 0.4, 0.9], 20), (1, [0.1, 0.5, 0.5, 0.9], 20),
    // Two in a row never come before the end.
    (2, [0.1, 0.5, 0.4, 0.9, 0.8], 40), (2, [0.5, 0.4, 0.3, 0.9], 10),
    (3, [0.5, 0.4, 0.6, 0.1, 0.2, 0.3, 0.9], 30), (5, [0.2, 0.3, 0.1], 20),
  ])
  func earlyStoppingKeepsTheBestBeforeItsPatienceEnds(
    patience: Int, merits: [Double], step: Int
  ) {
    #expect(looks(merits).best(patience: patience) == step)
  }
}
