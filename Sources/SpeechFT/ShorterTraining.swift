import Artifacts
import Experiment
import Foundation
import Torch

/// The end of a shorter training that a longer one goes on from: 50,000 steps after 30,000.
///
/// That gives the bits of an undisturbed training only where no step's learning rate follows from the
/// number of all steps (`FineTuneRecipe.whyNotExtended`), so only such trainings leave their state behind:
/// weights, moments and curve, below `extensible/` in the artifacts' folder.
struct ShorterTraining {
  private let folder: String
  private let recipe: FineTuneRecipe

  /// `nil` for a training that neither leaves a state behind nor takes one up.
  init?(_ context: StageContext, _ parameters: FineTuneParameters) {
    guard parameters.phase == .joint, parameters.recipe.whyNotExtended == nil,
      case .map(var identity) = context.request.identity,
      case .map(var fields)? = identity["parameters"], case .map(var recipe)? = fields["recipe"]
    else { return nil }
    // What a longer training differs in.
    recipe["steps"] = nil
    recipe["checkpoints"] = nil
    fields["recipe"] = .map(recipe)
    identity["parameters"] = .map(fields)
    let name = Digest256.hex(of: Array(Canonical.map(identity).text.utf8))
    folder = "\(context.store.root)/extensible/\(name)"
    self.recipe = parameters.recipe
  }

  /// The state of the longest training that is shorter, unless a checkpoint is wanted of before its end.
  ///
  /// - Throws: As `TrainingState.load()`.
  func load() throws -> TrainingState.Saved? {
    let earliest = recipe.checkpoints.map { recipe.checkpointStep($0) }.min() ?? .max
    let ends = found().filter { $0 < recipe.steps && $0 < earliest }
    for end in ends.sorted(by: >) {
      if let saved = try TrainingState.load(path(end)) { return saved }
    }
    return nil
  }

  /// Leaves the end of this training behind, in the place of shorter ones.
  func save(tensors: [(String, Tensor)], curve: [CurvePoint]) throws {
    let ends = found()
    guard ends.allSatisfy({ $0 < recipe.steps }) else { return }
    // Of the last step only this training's curve tells.
    let points = curve.filter { $0.step % FineTuningLoop.curveInterval == 0 }
    try TrainingState.write(
      TrainingState.Saved(step: recipe.steps, tensors: [:], curve: points), tensors,
      to: path(recipe.steps), in: folder)
    for end in ends { try? FileManager.default.removeItem(atPath: path(end)) }
  }

  private func path(_ steps: Int) -> String { "\(folder)/\(steps).safetensors" }

  private func found() -> [Int] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).compactMap {
      $0.hasSuffix(".safetensors") ? Int($0.dropLast(12)) : nil
    }
  }
}
