import Artifacts
import Experiment
import Foundation
import Speech
import Torch

/// The `pretrain` stage: HuBERT's masked prediction of units, from random weights or a teacher's.
///
/// Source: Hsu et al. 2021 (arXiv 2106.07447). Ours where it differs: a short warm-up of the
/// convolutions by regression on log-mel frames (`frontEndSteps`), and a weight for the loss on frames
/// that were not masked; both are parameters, and 0 is HuBERT's recipe.
package struct Pretraining {
  private let context: StageContext
  private let parameters: PretrainParameters
  private let draws: Draws

  package init(_ context: StageContext) throws {
    self.context = context
    parameters = try context.parameters()
    draws = try context.draws
  }

  /// Carries out the stage and writes `model/`, `units.safetensors`, `curve.jsonl` and `facts.json`.
  package func write(to folder: String) throws {
    try TorchRuntime.setThreads(parameters.threads)
    let data = try PretrainingData(context, parameters)
    context.progress(0, "units")
    let units = try self.units(data)
    let model = try PretrainingModel(
      weights: startingWeights(), clusters: parameters.units.clusters, draws: draws)
    var curve = Curve()
    var state = TrainingState(context)
    if parameters.frontEndSteps > 0, try state.load() == nil {
      try warmUpFrontEnd(model, data, &curve)
    }
    try context.stop.heard { try train(model, data, units, &state, &curve) }
    try CheckpointFolder.write(model.weights, to: folder + "/model")
    try Safetensors.write(
      tensors: model.predictor.map { (name: $0.0, tensor: try $0.1.detached()) }
        + [(name: "centres", tensor: units.centres)],
      metadata: [:], to: folder + "/units.safetensors")
    try curve.write(to: folder + "/curve.jsonl")
    try data.writeFacts(to: folder + "/facts.json", parameters: model.weights.count)
  }

  private func startingWeights() throws -> EncoderWeights {
    if parameters.start == "teacher" { return try context.weights("teacher").copied() }
    return try EncoderWeights(
      random: EncoderConfiguration(parameters.architecture), generator: draws.generator("weights"))
  }

  private func units(_ data: PretrainingData) throws -> Units {
    let teacher = try parameters.units.layer.map { layer in
      (encoder: SpeechEncoder(try context.weights("teacher")), layer: layer)
    }
    return try Autograd.disabled {
      try Units(
        parameters.units, utterances: data.utterances.count, draws: draws,
        features: { utterance in
          guard let teacher else { return try data.mfcc(utterance) }
          let waveform = try data.waveform(
            utterance, for: teacher.encoder.configuration)
          let projected = try teacher.encoder.project(
            teacher.encoder.downsample(waveform.unsqueezed(0)))
          return try teacher.encoder.encode(projected)[teacher.layer].squeezed(0)
        },
        progress: { fraction, detail in context.progress(0.05 * fraction, detail) })
    }
  }

  /// Teaches the convolutions and the projection to give log-mel frames through one linear map.
  private func warmUpFrontEnd(
    _ model: PretrainingModel, _ data: PretrainingData, _ curve: inout Curve
  ) throws {
    let bands = 80
    let map = try HeadWeights(tensors: [
      "weight": .normal(
        [bands, parameters.architecture.width], mean: 0, standardDeviation: 0.05,
        generator: draws.generator("front end")),
      "bias": .zeros([bands]),
    ])
    guard let weight = map["weight"], let bias = map["bias"] else { return }
    let frontEnd = model.learning.filter { $0.0.hasPrefix("feature_") }
    let optimiser = try Adam(
      parameters: frontEnd + map.ordered.map { ("map." + $0.0, $0.1) },
      learningRate: parameters.learningRate)
    var batches = data.batches(draws, purpose: "front-end order")
    var progress = TrainingProgress()
    for step in 0..<parameters.frontEndSteps {
      let batch = try data.crop(batches.next(), draws.numbers("front-end crop", step))
      let target = try data.logMel(of: batch)
      let projected = try model.encoder.project(model.encoder.downsample(batch.waveforms))
      let error = try Network.linear(projected, weight: weight, bias: bias).subtracting(target)
      let loss = try error.multiplying(by: error).mean()
      try loss.backward()
      _ = try clipGradients(optimiser.parameters.map(\.tensor), maximumNorm: parameters.clip)
      let share = Double(step) / Double(parameters.frontEndSteps)
      try optimiser.step(learningRate: parameters.learningRate * min(1, 10 * share + 0.1))
      try optimiser.clearGradients()
      let value = try loss.item()
      if step % 50 == 0 { curve.append("front-end loss", step: step, value) }
      if progress.isDue(loss: value) {
        context.progress(
          0.05 + 0.05 * share, "front end \(step)/\(parameters.frontEndSteps) · \(progress.text)")
      }
    }
  }

  private func train(
    _ model: PretrainingModel, _ data: PretrainingData, _ units: Units,
    _ state: inout TrainingState,
    _ curve: inout Curve
  ) throws {
    let optimiser = try Adam(
      parameters: model.learning, learningRate: parameters.learningRate,
      weightDecay: parameters.weightDecay, decoupled: true)
    var first = 0
    if let saved = try state.load() {
      try saved.restore {
        try model.restore($0)
        try optimiser.restore($0)
      }
      curve = Curve(saved.curve)
      first = saved.step
    }
    let schedule = LearningRateSchedule(warmUp: parameters.warmUp, hold: parameters.hold)
    var batches = data.batches(draws, purpose: "order")
    batches.skip(first)
    var progress = TrainingProgress()
    for step in first..<parameters.steps {
      let batch = try data.crop(batches.next(), draws.numbers("crop", step))
      let checkpoints = context.computing.checkpointsGradients ? GradientCheckpoints() : nil
      let result = try self.loss(model, batch, units, step, checkpoints)
      try result.loss.backward()
      try checkpoints?.backward()
      _ = try clipGradients(optimiser.parameters.map(\.tensor), maximumNorm: parameters.clip)
      try optimiser.step(
        learningRate: parameters.learningRate * schedule.factor(step: step, of: parameters.steps))
      try optimiser.clearGradients()
      let value = try result.loss.item()
      guard value.isFinite else {
        throw StageError.diverged(
          stage: context.request.label, step: step, utterances: batch.names)
      }
      if step % 50 == 0 || step == parameters.steps - 1 {
        curve.append("loss", step: step, value)
        curve.append("masked accuracy", step: step, try result.accuracy())
        context.metric("loss", step: step, value)
      }
      if progress.isDue(loss: value) {
        context.progress(
          0.1 + 0.9 * Double(step + 1) / Double(parameters.steps),
          "step \(step + 1)/\(parameters.steps) · \(progress.text)")
      }
      if state.isDue || context.stop.isMade {
        try state.save(
          step: step + 1, tensors: model.state + optimiser.state(), curve: curve.points)
      }
      if context.stop.isMade {
        throw StageError.stopped(stage: context.request.label, step: step + 1)
      }
    }
  }

  /// Cross-entropy over masked frames, plus the weighted one over the others.
  private func loss(
    _ model: PretrainingModel, _ batch: CroppedBatch, _ units: Units, _ step: Int,
    _ checkpoints: GradientCheckpoints?
  ) throws -> (loss: Tensor, accuracy: () throws -> Double) {
    let dropout = EncoderDropout(
      probability: parameters.architecture.dropout, generator: try draws.generator("dropout", step))
    let projected = try model.encoder.project(
      model.encoder.downsample(batch.waveforms, checkpoints: checkpoints), dropout: dropout)
    let (count, frames) = (projected.shape[0], projected.shape[1])
    var numbers = draws.numbers("mask", step)
    let mask = try SpanMask(
      batch: count, frames: frames, probability: parameters.maskProbability,
      length: parameters.maskLength, numbers: &numbers)
    let masked = try mask.apply(to: projected, embedding: model.maskEmbedding())
    let states = try model.encoder.encode(masked, dropout: dropout, checkpoints: checkpoints)
    guard let last = states.last else {
      throw StageError.unusable(stage: context.request.label, problem: "the encoder has no layers")
    }
    let logits = try model.logits(last.reshape([count * frames, last.shape[2]]))
    let targets = batch.targets(units.sequences, frames: frames)
    func loss(masked wanted: Bool) throws -> Tensor {
      let chosen = zip(targets, mask.flags).map { $0.1 == wanted ? Int64($0.0) : -100 }
      return try Network.crossEntropy(
        logits, targets: Tensor(chosen, shape: [chosen.count]), ignoreIndex: -100)
    }
    let accuracy = {
      let best = try logits.detached().argmax(dimension: 1).int64s()
      let hits = zip(zip(best, targets), mask.flags).filter { $0.1 && $0.0.0 == Int64($0.0.1) }
      return Double(hits.count) / Double(max(1, mask.flags.filter { $0 }.count))
    }
    var total =
      mask.flags.contains(true) ? try loss(masked: true) : try logits.mean().multiplying(by: 0)
    if parameters.unmaskedWeight > 0, mask.flags.contains(false) {
      total = try total.adding(loss(masked: false).multiplying(by: parameters.unmaskedWeight))
    }
    return (total, accuracy)
  }
}
