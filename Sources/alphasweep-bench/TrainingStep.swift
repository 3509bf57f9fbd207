import ArgumentParser
import Experiment
import Foundation
import Speech
import Torch

/// Training steps of HuBERT on noise: forward, backward, clipping, Adam. In a process of its own, so that
/// its memory is its own too. The peer is `Tests/Benchmarks/training_step.py`.
struct TrainingStep: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "step", abstract: "Times training steps; one JSON object.")

  /// Encoders of the quickstart's size and of the published Base.
  enum Size: String, CaseIterable, ExpressibleByArgument {
    case tiny, base

    var configuration: EncoderConfiguration {
      switch self {
      case .tiny:
        EncoderConfiguration(
          EncoderArchitecture(
            convolutionChannels: 64, width: 192, layers: 4, attentionHeads: 4,
            feedForwardWidth: 768, positionKernel: 128, positionGroups: 16, dropout: 0.1))
      case .base: .base(.hubert)
      }
    }
  }

  @Option(help: "Which encoder.") var size = Size.base
  @Option(help: "Utterances in a batch.") var batch = 4
  @Option(help: "Seconds of an utterance.") var seconds = 10
  @Option(help: "Threads to compute with.") var threads = 2
  @Option(help: "Steps that count, after two that do not.") var steps = 3
  @Option(help: "cpu, cuda or a card such as cuda:0.") var device = Device.cpu
  @Flag(help: "Products in bfloat16.") var bfloat16 = false
  @Flag(help: "Keep the inputs of layers only.") var gradientCheckpointing = false

  func run() throws {
    try TorchRuntime.setThreads(threads)
    let milliseconds = try DeviceScope.during(device.description) { try median() }
    let answer = Measured(
      milliseconds: milliseconds, peer: "libtorch \(TorchRuntime.version)",
      peakMegabytes: Self.peakMegabytes)
    print(String(decoding: try JSONEncoder().encode(answer), as: UTF8.self))
  }

  private func median() throws -> Double {
    let generator = try Generator(seed: 0)
    let weights = try EncoderWeights(random: size.configuration, generator: generator)
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
      let checkpoints =
        gradientCheckpointing ? GradientCheckpoints(narrowProducts: bfloat16) : nil
      let loss = try NarrowProducts.during(bfloat16) {
        let frames = try encoder.downsample(waveforms, checkpoints: checkpoints)
        let states = try encoder.encode(
          encoder.project(frames, dropout: dropout), dropout: dropout, checkpoints: checkpoints)
        return try states[states.count - 1].square().mean()
      }
      try loss.backward()
      try checkpoints?.backward()
      _ = try clipGradients(parameters.map(\.1), maximumNorm: 1)
      try optimiser.step()
      try optimiser.clearGradients()
      // A card works on while the program goes on: reading a number waits for it.
      guard try loss.item().isFinite else { throw ValidationError("the loss is not a number") }
      times.append((ContinuousClock.now - start) / .milliseconds(1))
    }
    return times.dropFirst(2).sorted()[steps / 2]
  }

  /// Of main memory, at most, up to now.
  private static var peakMegabytes: Double {
    var usage = rusage()
    getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage)
    return Double(usage.ru_maxrss) * 1024 / 1e6
  }
}

extension Device: ExpressibleByArgument {}
