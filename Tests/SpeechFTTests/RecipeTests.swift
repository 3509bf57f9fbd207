import Experiment
import Foundation
import Speech
import Testing
import Torch

@testable import SpeechFT

/// What a recipe says of products and of batches, on one fine-tuning stage.
@Suite struct RecipeTests {
  /// θ′ of the L2-SP stage under a changed recipe: the penalty is not averaged with the loss, so a loss
  /// of another size gives other weights, which Adam alone would not notice.
  private func finetuned(_ change: (inout Recipe) -> Void) throws -> [String: [Float]] {
    let world = try SpokenWorld.whole.get()
    let stage = try #require(
      world.plan.stages.values.first {
        $0.kind == .fineTune && $0.label.contains("l2-sp") && $0.label.contains("phones")
      })
    var request = StageRequest(stage, in: world.plan, attempt: 1)
    var parameters: FineTuneParameters = try request.parameters.decoded()
    var recipe = Recipe()
    change(&recipe)
    let old = parameters.recipe
    // The head of this task drops nothing. All utterances in each batch, no dropout: every batch has the same gradient.
    parameters.recipe = FineTuneRecipe(
      steps: old.steps, batchSeconds: 1000, learningRate: old.learningRate,
      headOnly: old.headOnly, warmUp: old.warmUp, hold: old.hold, clip: 1e6, dropout: 0,
      checkpoints: [], threads: 1, precision: recipe.precision, accumulate: recipe.accumulate)
    parameters.penalty = L2SP(strength: 1)
    request.parameters = try Canonical(encoding: parameters)
    let folder = try TemporaryFolder()
    try FineTuning(
      StageContext(request: request, store: world.store, bench: Workbench(), report: { _ in })
    ).write(to: folder.path)
    let weights = try CheckpointFolder.read(folder.path + "/model")
    return try Dictionary(
      uniqueKeysWithValues: weights.ordered.map { ($0.name, try $0.tensor.floats()) })
  }

  private struct Recipe {
    var precision: Precision?
    var accumulate: Int?
  }

  private func distance(_ one: [String: [Float]], _ other: [String: [Float]]) -> Float {
    // Gradients that are 0 but for rounding, which Adam makes whole steps of: of a key's bias, and along
    // the kernel that weight norm scales.
    one.filter { !$0.key.hasSuffix("k_proj.bias") && !$0.key.contains("parametrizations") }
      .map { name, values in zip(values, other[name] ?? []).map { abs($0 - $1) }.max() ?? 0 }
      .max() ?? .infinity
  }

  @Test func `batches that are accumulated count as their mean`() throws {
    let one = try finetuned { _ in }
    let three = try finetuned { $0.accumulate = 3 }
    // Thirds of equal gradients are added, with rounding.
    #expect(distance(one, three) < 2e-6)
    #expect(distance(one, three) > 0)
  }

  @Test func `bfloat16 is near float32 and not the same`() throws {
    let wide = try finetuned { _ in }
    let narrow = try finetuned { $0.precision = .bfloat16 }
    #expect(try finetuned { $0.precision = .bfloat16 } == narrow)
    #expect(distance(wide, narrow) > 1e-5)
    // No step of Adam is longer than its learning rate by much.
    #expect(distance(wide, narrow) < 2e-2)
    #expect(narrow.values.allSatisfy { $0.allSatisfy(\.isFinite) })
  }

  /// A loss that is no number ends the training at its step, with the recordings of its batch, and the
  /// weights before it are kept: the next attempt meets it at once.
  @Test func aLossThatIsNoNumberStopsAndKeepsTheStateBeforeIt() throws {
    let world = try SpokenWorld.whole.get()
    let stage = try #require(
      world.plan.stages.values.first {
        $0.kind == .fineTune && $0.label.contains("stable-ft") && $0.label.contains("phones")
      })
    var request = StageRequest(stage, in: world.plan, attempt: 1)
    var parameters: FineTuneParameters = try request.parameters.decoded()
    parameters.recipe.learningRate = 1e20
    request.parameters = try Canonical(encoding: parameters)
    request.key = StageKey(of: request.parameters)
    func attempt() throws -> StageError? {
      let folder = try TemporaryFolder()
      return #expect(throws: StageError.self) {
        try FineTuning(
          StageContext(request: request, store: world.store, bench: Workbench(), report: { _ in })
        ).write(to: folder.path)
      }
    }
    guard case .diverged(_, let step, let utterances) = try #require(try attempt()) else {
      Issue.record("it did not diverge")
      return
    }
    #expect(step > parameters.recipe.headOnlySteps && !utterances.isEmpty)
    let path = "\(world.store.root)/state/\(request.key.hex)/state.safetensors"
    let saved = try #require(try TrainingState.read(path))
    #expect(saved.step == step)
    for (name, tensor) in saved.tensors where !name.hasPrefix("optimiser.") {
      #expect(try tensor.floats().allSatisfy(\.isFinite), "\(name)")
    }
    #expect(try attempt() == .diverged(stage: request.label, step: step, utterances: utterances))
  }
}
