import Artifacts
import Experiment
import Foundation
import Speech
import Torch

/// The `fine-tune` stage: an encoder and a head on one task.
///
/// Stable-FT (arXiv 2502.12672): the downsampling module is frozen; for the first β of the steps only
/// the head learns, then head and encoder together; Adam; the learning rate rises over 10 % of the
/// steps, stays for 40 % and falls to 0. Regular fine-tuning has no head-only phase and freezes
/// nothing. L2-SP (Li et al. 2018, arXiv 1802.01483) adds λ‖θ−θ₀‖² over the encoder's learning tensors.
package struct FineTuning {
  private let context: StageContext
  private let parameters: FineTuneParameters
  private let draws: Draws
  private let recipe: FineTuneRecipe

  package init(_ context: StageContext) throws {
    self.context = context
    parameters = try context.parameters()
    draws = try context.draws
    recipe = parameters.recipe
  }

  /// Writes the head-only state, or the fine-tuned `model/`, its `checkpoints/` and its head.
  package func write(to folder: String) throws {
    try TorchRuntime.setThreads(recipe.threads)
    let pretrained = try context.weights("encoder")
    let encoder = try LearningEncoder(
      pretrained, freezeDownsampling: parameters.freezeDownsampling,
      penalty: parameters.penalty, adapters: adapters(of: pretrained))
    let data = try FineTuningData(
      context, parameters, configuration: encoder.weights.configuration)
    let start =
      try context.has("start")
      ? SafetensorsFile(path: context.folder("start") + "/state.safetensors").all() : nil
    let head = try self.head(data, encoder, start)
    let optimiser = try Adam(
      parameters: head.weights.ordered.map { ("head." + $0.0, $0.1) },
      learningRate: recipe.learningRate)
    if let start { try optimiser.restore(Self.part(.optimiser, of: start)) }
    var curve = Curve()
    switch parameters.phase {
    case .headOnly:
      try context.stop.heard {
        try train(0..<recipe.headOnlySteps, data, encoder, head, [optimiser], &curve)
      }
      let weights = head.weights.ordered.map { (StatePart.head.rawValue + $0.0, $0.1) }
      let state = try optimiser.state().map { (StatePart.optimiser.rawValue + $0.name, $0.tensor) }
      try Safetensors.write(
        tensors: (weights + state).map { (name: $0.0, tensor: try $0.1.detached()) },
        metadata: [:], to: folder + "/state.safetensors")
    case .joint:
      try encoder.unfreeze()
      let body = try Adam(parameters: encoder.learning, learningRate: recipe.learningRate)
      try context.stop.heard {
        try train(
          recipe.headOnlySteps..<recipe.steps, data, encoder, head, [optimiser, body], &curve)
      }
      try writeCheckpoints(of: encoder.weights.configuration, to: folder)
      try encoder.write(to: folder)
      try Safetensors.write(
        tensors: head.weights.ordered.map { (name: $0.0, tensor: try $0.1.detached()) },
        metadata: [:], to: folder + "/head.safetensors")
    }
    try curve.write(to: folder + "/curve.jsonl")
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

  private func head(
    _ data: FineTuningData, _ encoder: LearningEncoder, _ start: [String: Tensor]?
  ) throws -> TaskHead {
    guard let start else {
      return try TaskHead(
        random: parameters.head, width: encoder.weights.configuration.width,
        outputs: data.inventory.outputs, isPooled: parameters.target.isPooled,
        generator: draws.generator("head"))
    }
    return try TaskHead(
      Self.part(.head, of: start), parameters: parameters.head,
      isPooled: parameters.target.isPooled)
  }

  /// What the state of a head-only phase is made of; the values are prefixes of tensor names.
  private enum StatePart: String {
    case head = "head."
    case optimiser = "optimiser."
  }

  private static func part(_ part: StatePart, of state: [String: Tensor]) -> [String: Tensor] {
    let prefix = part.rawValue
    return Dictionary(
      uniqueKeysWithValues: state.filter { $0.key.hasPrefix(prefix) }.map {
        (String($0.key.dropFirst(prefix.count)), $0.value)
      })
  }

  private func train(
    _ steps: Range<Int>, _ data: FineTuningData, _ encoder: LearningEncoder, _ head: TaskHead,
    _ optimisers: [Adam], _ curve: inout Curve
  ) throws {
    var state = TrainingState(context)
    let learning = FineTuningState(
      encoder: parameters.phase == .joint ? encoder.learning : [], head: head,
      optimisers: optimisers)
    var first = steps.lowerBound
    if let saved = try state.load() {
      try learning.restore(saved.tensors, stage: context.request.label)
      curve = Curve(saved.curve)
      first = saved.step
    }
    let schedule = LearningRateSchedule(warmUp: recipe.warmUp, hold: recipe.hold)
    let isJoint = parameters.phase == .joint
    let checkpoints = Set(recipe.checkpoints.map { recipe.checkpointStep($0) })
    var batches = data.batches(draws)
    batches.skip(first * recipe.batchesPerStep)
    var progress = TrainingProgress()
    for step in first..<steps.upperBound {
      var value = 0.0
      for part in 0..<recipe.batchesPerStep {
        let batch = batches.next()
        let number = step * recipe.batchesPerStep + part
        let dropout = EncoderDropout(
          probability: recipe.dropout, generator: try draws.generator("dropout", number))
        let checkpoints =
          isJoint && context.computing.checkpointsGradients
          ? GradientCheckpoints(narrowProducts: recipe.precision == .bfloat16) : nil
        let loss = try self.loss(
          batch, data, encoder, head, isJoint ? dropout : nil, checkpoints)
        let share = 1 / Double(recipe.batchesPerStep)
        try (share == 1 ? loss : loss.multiplying(by: share)).backward()
        try checkpoints?.backward()
        value += try share * loss.item()
        guard value.isFinite else {
          throw StageError.diverged(
            stage: context.request.label, step: step, utterances: data.names(batch))
        }
      }
      if isJoint { try encoder.addPenaltyGradients(head: head.weights.ordered.map(\.1)) }
      _ = try clipGradients(
        optimisers.flatMap { $0.parameters.map(\.tensor) }, maximumNorm: recipe.clip)
      let rate = recipe.learningRate * schedule.factor(step: step, of: recipe.steps)
      for optimiser in optimisers {
        try optimiser.step(learningRate: rate)
        try optimiser.clearGradients()
      }
      if step % 25 == 0 || step == recipe.steps - 1 {
        curve.append("loss", step: step, value)
        context.metric("loss", step: step, value)
      }
      if isJoint, checkpoints.contains(step + 1) {
        try state.keep(encoder.weights, after: step + 1)
      }
      if state.isDue || context.stop.isMade {
        try state.save(step: step + 1, tensors: learning.tensors(), curve: curve.points)
      }
      if context.stop.isMade {
        throw StageError.stopped(stage: context.request.label, step: step + 1)
      }
      if progress.isDue(loss: value) {
        context.progress(
          Double(step + 1 - steps.lowerBound) / Double(max(1, steps.count)),
          "step \(step + 1)/\(recipe.steps) · \(progress.text)")
      }
    }
  }

  /// Early checkpoints, each a folder of its own.
  private func writeCheckpoints(
    of configuration: EncoderConfiguration, to folder: String
  ) throws {
    let state = TrainingState(context)
    for step in Set(recipe.checkpoints.map { recipe.checkpointStep($0) }).sorted() {
      guard let tensors = try state.kept(after: step) else { continue }
      let weights = try EncoderWeights(
        configuration: configuration, tensors: tensors, path: context.request.label)
      try CheckpointFolder.write(weights, to: "\(folder)/checkpoints/\(step)")
    }
  }

  /// The loss of a batch. In the head-only phase the encoder is a fixed function: no gradient, no
  /// dropout.
  private func loss(
    _ batch: [Int], _ data: FineTuningData, _ encoder: LearningEncoder, _ head: TaskHead,
    _ dropout: EncoderDropout?, _ checkpoints: GradientCheckpoints?
  ) throws -> Tensor {
    let utterances = batch.map { data.utterances[$0] }
    let isNarrow = recipe.precision == .bfloat16
    let forward = {
      try NarrowProducts.during(isNarrow) {
        let input = try data.input.batch(
          utterances, encoder: encoder.encoder, checkpoints: checkpoints)
        let projected = try encoder.encoder.project(input.frames, dropout: dropout)
        let states = try encoder.encoder.encode(
          projected, padding: input.padding, dropout: dropout, checkpoints: checkpoints)
        return (states[states.count - 1], input.padding)
      }
    }
    let (hidden, padding) =
      try parameters.phase == .joint ? forward() : Autograd.disabled { try forward() }
    let outputs = try head(hidden, frames: padding?.frames, dropout: dropout)
    return try parameters.target.loss(
      outputs, frames: utterances.map { data.input.frames($0) },
      numbers: batch.map { data.numbers[$0] })
  }
}

/// The training utterances of a fine-tuning, with their targets.
struct FineTuningData {
  let utterances: [Utterance]
  let inventory: OutputInventory
  /// Output numbers of each utterance.
  let numbers: [[Int]]
  let input: EncoderInput
  private let batchFrames: Int

  /// Takes the train split's utterances that say something of the target and are long enough for
  /// CTC to spell it (one frame a symbol, and a blank between equal ones).
  init(
    _ context: StageContext, _ parameters: FineTuneParameters, configuration: EncoderConfiguration
  ) throws {
    let target = parameters.target
    let input = try EncoderInput(context, configuration: configuration)
    let candidates = try context.corpus().select(parameters.selection).filter {
      $0.split == .train && target.values(of: $0) != nil && input.frames($0) > 0
    }
    let inventory = OutputInventory(target, training: candidates)
    var utterances: [Utterance] = []
    var numbers: [[Int]] = []
    for utterance in candidates {
      let wanted = inventory.numbers(of: target.values(of: utterance) ?? [])
      let repeats = zip(wanted, wanted.dropFirst()).filter { $0 == $1 }.count
      guard !wanted.isEmpty, target.isPooled || input.frames(utterance) >= wanted.count + repeats
      else { continue }
      utterances.append(utterance)
      numbers.append(wanted)
    }
    guard !utterances.isEmpty else {
      throw StageError.empty(
        stage: context.request.label, what: "training utterance with \(target.word)")
    }
    self.utterances = utterances
    self.numbers = numbers
    self.inventory = inventory
    self.input = input
    batchFrames = Int(parameters.recipe.batchSeconds * 16_000) / configuration.strideSamples
  }

  func batches(_ draws: Draws) -> LengthBuckets {
    LengthBuckets(
      lengths: utterances.map { input.frames($0) }, limit: .size(batchFrames), draws: draws,
      purpose: "order")
  }

  func names(_ batch: [Int]) -> [String] { batch.map { utterances[$0].id } }
}
