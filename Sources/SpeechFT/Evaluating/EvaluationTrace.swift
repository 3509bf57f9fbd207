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
  /// utterance, −1 where training has no such symbol), `test.json`, `answers.json` (what our head said of
  /// the test), `corpus.json` (the folder of decoded recordings) and `recipe.json`. Of evaluations on stored features, once they are done.
  ///
  /// - Parameters:
  ///   - folder: An existing folder.
  ///   - normalises: Whether the encoder is given waveforms of mean 0 and variance 1.
  /// - Throws: What reading the features and the answers, or writing the files, throws.
  package func write(to folder: String, normalises: Bool) throws {
    let features = try StoredFeatures(
      folder: context.folder("features"), isPooled: parameters.target.isPooled, isRaw: true)
    let task = try TargetProbes(context, parameters, features)
    let head = try task.head(context.draws.generator("head"))
    try Safetensors.write(
      tensors: head.weights.ordered.map { (name: $0.0, tensor: try $0.1.detached()) },
      metadata: [:], to: folder + "/head.safetensors")
    var batches = try ProbeBatches(
      lengths: task.training.map { features.frames($0) }, classes: task.classes,
      isShuffled: parameters.recipe.isShuffled == true, size: parameters.recipe.batch,
      draws: context.batchDraws(parameters.recipe))
    let names = features.entries.map(\.id)
    let steps = (0..<parameters.recipe.steps).map { _ in
      batches.next().map { names[task.training[$0]] }
    }
    try write(steps, folder + "/batches.json")
    let asked = task.training + task.asked(.test)
    let targets = asked.map { (names[$0], task.wanted($0)) }
    try write(
      Dictionary(targets, uniquingKeysWith: { first, _ in first }), folder + "/targets.json")
    try write(task.asked(.test).map { names[$0] }, folder + "/test.json")
    try write(try answers(task), folder + "/answers.json")
    try write([context.folder("corpus")], folder + "/corpus.json")
    try write(
      [
        "learningRate": parameters.recipe.learningRate, "clip": parameters.recipe.clip,
        "isPooled": parameters.target.isPooled ? 1 : 0, "normalises": normalises ? 1 : 0,
      ], folder + "/recipe.json")
  }

  private func answers(_ task: TargetProbes) throws -> [String: [Int]] {
    let path =
      context.store.folder(.evaluate, context.request.key) + "/hypotheses.jsonl"
    let lines = try Data(contentsOf: URL(fileURLWithPath: path)).split(
      separator: UInt8(ascii: "\n"))
    let said = try lines.map { try JSONDecoder().decode(Hypothesis.self, from: Data($0)) }
    return Dictionary(
      said.map { ($0.id, task.places(of: $0.hypothesis)) }, uniquingKeysWith: { first, _ in first })
  }

  private func write(_ value: some Encodable, _ path: String) throws {
    try JSONEncoder().encode(value).write(to: URL(fileURLWithPath: path))
  }
}
