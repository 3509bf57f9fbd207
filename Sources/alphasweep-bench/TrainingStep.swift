import Experiment
import Foundation
import Speech
import Torch

/// One training step of the quickstart's encoder: forward, backward, clipping, Adam. The peer is
/// `Tests/Benchmarks/training_step.py`: the same sizes, batch and threads in transformers.
struct TrainingStep {
  let batch: Int
  let seconds: Int
  let threads: Int
  let steps: Int

  /// Median milliseconds of a step.
  func milliseconds() throws -> Double {
    try TorchRuntime.setThreads(threads)
    TorchRuntime.flushDenormals()
    let generator = try Generator(seed: 0)
    let configuration = EncoderConfiguration(
      EncoderArchitecture(
        convolutionChannels: 64, width: 192, layers: 4, attentionHeads: 4, feedForwardWidth: 768,
        positionKernel: 128, positionGroups: 16, dropout: 0.1))
    let weights = try EncoderWeights(random: configuration, generator: generator)
    for (_, tensor) in weights.ordered { try tensor.setRequiresGradient(true) }
    let encoder = SpeechEncoder(weights)
    let parameters = weights.ordered.map { ($0.name, $0.tensor) }
    let optimiser = try Adam(parameters: parameters, learningRate: 1e-4)
    let waveforms = try Tensor.normal(
      [batch, seconds * 16_000], mean: 0, standardDeviation: 1, generator: generator)
    let dropout = EncoderDropout(probability: 0.1, generator: generator)
    var times: [Double] = []
    for _ in 0..<(steps + 2) {
      let start = ContinuousClock.now
      let projected = try encoder.project(encoder.downsample(waveforms), dropout: dropout)
      let states = try encoder.encode(projected, dropout: dropout)
      try states[states.count - 1].square().mean().backward()
      _ = try clipGradients(parameters.map(\.1), maximumNorm: 1)
      try optimiser.step()
      try optimiser.clearGradients()
      times.append((ContinuousClock.now - start) / .milliseconds(1))
    }
    let counted = times.dropFirst(2).sorted()
    return counted[counted.count / 2]
  }
}
