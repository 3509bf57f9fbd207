import Experiment
import Foundation
import Speech
import Torch

/// What somebody else needs to train the head of an evaluation in another way and to get the same: first
/// weights, batches and targets. For benchmarks; no stage writes it.
package struct EvaluationTrace {
  private let context: StageContext
  private let parameters: EvaluateParameters

  package init(_ context: StageContext) throws {
    self.context = context
    parameters = try context.parameters()
  }

  /// Writes `head.safetensors`, `batches.json` (lists of utterances), `targets.json` (output numbers by
  /// utterance), `test.json` and `recipe.json`.
  package func write(to folder: String) throws {
    let features = try StoredFeatures(
      folder: context.folder("features"), isPooled: parameters.target.isPooled, isRaw: true)
    let task = try TargetProbes(context, parameters, features)
    let head = try task.head(context.draws.generator("head"))
    try Safetensors.write(
      tensors: head.weights.ordered.map { (name: $0.0, tensor: try $0.1.detached()) },
      metadata: [:], to: folder + "/head.safetensors")
    var batches = try ProbeBatches(
      lengths: task.training.map { features.frames($0) }, classes: task.classes,
      size: parameters.recipe.batch, draws: context.draws)
    let names = features.entries.map(\.id)
    let steps = (0..<parameters.recipe.steps).map { _ in
      batches.next().map { names[task.training[$0]] }
    }
    try write(steps, folder + "/batches.json")
    let asked = task.training + task.asked(.test)
    let targets = asked.map { (names[$0], task.numbers[$0]) }
    try write(
      Dictionary(targets, uniquingKeysWith: { first, _ in first }), folder + "/targets.json")
    try write(task.asked(.test).map { names[$0] }, folder + "/test.json")
    try write(
      [
        "learningRate": parameters.recipe.learningRate, "clip": parameters.recipe.clip,
        "isPooled": parameters.target.isPooled ? 1 : 0,
      ], folder + "/recipe.json")
  }

  private func write(_ value: some Encodable, _ path: String) throws {
    try JSONEncoder().encode(value).write(to: URL(fileURLWithPath: path))
  }
}
