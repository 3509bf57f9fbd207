import Artifacts
import Experiment
import Foundation
import Speech
import Torch

/// The `fine-tune` stage: an encoder and a head on one task, or a head each on several.
///
/// Stable-FT (arXiv 2502.12672): the downsampling module is frozen; for the first β of the steps only
/// the heads learn, then heads and encoder together; Adam; the learning rate rises over 10 % of the
/// steps, stays for 40 % and falls to 0. Regular fine-tuning has no head-only phase and freezes
/// nothing. L2-SP (Li et al. 2018, arXiv 1802.01483) adds λ‖θ−θ₀‖² over the encoder's learning tensors.
/// Of several tasks each step takes a batch of each, and the loss is the mean of theirs.
package struct FineTuning {
  let context: StageContext
  let parameters: FineTuneParameters
  let draws: Draws
  var recipe: FineTuneRecipe { parameters.recipe }

  package init(_ context: StageContext) throws {
    self.context = context
    parameters = try context.parameters()
    draws = try context.draws
  }

  /// Writes the head-only state, or the fine-tuned `model/`, its `checkpoints/` and its heads.
  package func write(to folder: String) throws {
    try TorchRuntime.setThreads(recipe.threads)
    let pretrained = try context.weights("encoder")
    let encoder = try LearningEncoder(
      pretrained, freezeDownsampling: parameters.freezeDownsampling,
      penalty: parameters.penalty, adapters: adapters(of: pretrained),
      isMasked: parameters.tasks.contains { $0.mask != nil })
    let start =
      try context.has("start")
      ? SafetensorsFile(path: context.folder("start") + "/state.safetensors").all() : nil
    let tasks = try parameters.tasks.enumerated().map { number, task in
      try TaskLearning(
        self, task, number: number, encoder: encoder.weights, start: start)
    }
    let heads = tasks.flatMap(\.named)
    let optimiser = try Adam(parameters: heads, learningRate: recipe.learningRate)
    if let start { try optimiser.restore(StatePart.optimiser.tensors(of: start)) }
    switch parameters.phase {
    case .headOnly:
      var training = FineTuningLoop(self, encoder, tasks, [optimiser], learning: [])
      try context.stop.heard { try training.run(0..<recipe.headOnlySteps) }
      try write(heads, optimiser, to: folder)
      try training.curve.write(to: folder + "/curve.jsonl")
    case .joint:
      try encoder.unfreeze()
      let body = try Adam(parameters: encoder.learning, learningRate: recipe.learningRate)
      var training = FineTuningLoop(
        self, encoder, tasks, [optimiser, body], learning: encoder.learning)
      try context.stop.heard { try training.run(recipe.headOnlySteps..<recipe.steps) }
      try training.write(to: folder)
    }
  }

  private func write(
    _ heads: [(String, Tensor)], _ optimiser: Adam, to folder: String
  ) throws {
    let state = try optimiser.state().map { (StatePart.optimiser.rawValue + $0.name, $0.tensor) }
    try Safetensors.write(
      tensors: (heads + state).map { (name: $0.0, tensor: try $0.1.detached()) },
      metadata: [:], to: folder + "/state.safetensors")
  }

  private func adapters(of encoder: EncoderWeights) throws -> EncoderAdapters? {
    try parameters.adapters.map { adapters in
      try EncoderAdapters(
        random: AdapterSettings(
          targets: adapters.targets, rank: adapters.rank, alpha: adapters.alpha,
          dropout: adapters.dropout, isWeightDecomposed: adapters.isWeightDecomposed),
        for: encoder, generator: draws.generator("adapters"))
    }
  }
}

/// What the state of a head-only phase is made of beside the heads; the values are prefixes of tensor
/// names.
enum StatePart: String {
  case optimiser = "optimiser."

  func tensors(of state: [String: Tensor]) -> [String: Tensor] {
    Self.tensors(of: state, prefix: rawValue)
  }

  /// A tensor of a state that is to be taken over by `tensor`.
  ///
  /// - Throws: `StageError.unusable` where it is missing or has another shape.
  static func tensor(
    _ name: String, like tensor: Tensor, of state: [String: Tensor], stage: String
  ) throws(StageError) -> Tensor {
    guard let value = state[name] else {
      throw .unusable(stage: stage, problem: "the saved state lacks \(name)")
    }
    guard value.shape == tensor.shape else {
      throw .unusable(
        stage: stage,
        problem: "\(name) of the saved state has the shape \(value.shape), not \(tensor.shape)")
    }
    return value
  }

  static func tensors(of state: [String: Tensor], prefix: String) -> [String: Tensor] {
    Dictionary(
      uniqueKeysWithValues: state.filter { $0.key.hasPrefix(prefix) }.map {
        (String($0.key.dropFirst(prefix.count)), $0.value)
      })
  }
}
