import Experiment
import Speech
import Torch

/// `alphasweep similarity`: two checkpoints, layer by layer, on the same frames of the same recordings,
/// by what the `compare` stage computes.
package struct ModelSimilarity {
  private let request: SimilarityLook

  package init(_ request: SimilarityLook) { self.request = request }

  /// - Throws: `LookError` for models whose layers or frames do not pair up, `CheckpointError`,
  ///   `AudioError`, `SimilarityError`.
  package func answer(report: (Double, String) -> Void) throws -> SimilarityAnswer {
    try DeviceScope.during(request.device.description) { try answerOnDevice(report: report) }
  }

  private func answerOnDevice(report: (Double, String) -> Void) throws -> SimilarityAnswer {
    try TorchRuntime.setThreads(request.threads)
    let files = try RecordingFiles.named(request.recordings)
    let reference = try CheckpointFolder.read(request.reference)
    let other = try CheckpointFolder.read(request.other)
    try checkPairing(reference.configuration, other.configuration)
    return try Autograd.disabled {
      let (samples, tooShort) = try sampled(
        files, HiddenStates(reference), HiddenStates(other), report)
      let layers = try samples.enumerated().map { layer, pair in
        report(0.9 + 0.1 * Double(layer) / Double(samples.count), "layer \(layer)")
        // Sums in float64 by BLAS's symmetric products: work for the CPU.
        let similarity = try DeviceScope.during(Device.cpu.description) {
          try FeatureSimilarity.compare(
            reference: pair.reference.inMainMemory(), features: pair.other.inMainMemory(),
            ridge: request.ridge)
        }
        return SimilarityRecord.Layer(
          layer: layer, linearCKA: similarity.linearCKA, debiasedCKA: similarity.debiasedCKA,
          r2: similarity.r2)
      }
      return SimilarityAnswer(
        reference: request.reference, other: request.other,
        recordings: files.count - tooShort.count, tooShort: tooShort,
        frames: samples.first?.reference.shape[0] ?? 0, layers: layers,
        weightDistance: reference.hasTensors(of: other) ? try .between(reference, other) : nil)
    }
  }

  private func checkPairing(
    _ reference: EncoderConfiguration, _ other: EncoderConfiguration
  ) throws(LookError) {
    func fail(_ problem: String) throws(LookError) {
      throw .unlike(reference: request.reference, other: request.other, problem: problem)
    }
    if reference.layers != other.layers {
      try fail("they have \(reference.layers) and \(other.layers) layers")
    }
    if reference.strideSamples != other.strideSamples {
      try fail(
        "their frames are \(reference.strideSamples) and \(other.strideSamples) samples apart")
    }
  }

  /// The drawn frames of both, by layer, each n × D.
  private func sampled(
    _ files: [String], _ reference: HiddenStates, _ other: HiddenStates,
    _ report: (Double, String) -> Void
  ) throws -> (layers: [(reference: Tensor, other: Tensor)], tooShort: [String]) {
    // Windows may differ by a few samples between architectures: frames that both have are compared.
    let lengths = try files.map { file in
      let count = try HiddenStates.samples(of: file).count
      return min(
        reference.configuration.frames(samples: count), other.configuration.frames(samples: count))
    }
    guard lengths.contains(where: { $0 > 0 }) else { throw LookError.allTooShort }
    let sample = FrameSample(
      lengths: lengths, count: request.frames, draws: Draws(seed: request.seed))
    var parts: [(reference: Tensor, other: Tensor)] = []
    for (number, file) in files.enumerated() where !sample.rows[number].isEmpty {
      report(0.9 * Double(number) / Double(files.count), file)
      let samples = try HiddenStates.samples(of: file)
      if let one = try sample.frames(of: number, in: reference(samples)),
        let two = try sample.frames(of: number, in: other(samples))
      {
        parts.append((one, two))
      }
    }
    let one = try Tensor.concatenated(parts.map(\.reference), dimension: 1)
    let two = try Tensor.concatenated(parts.map(\.other), dimension: 1)
    let layers = try (0..<one.shape[0]).map {
      (
        reference: try one.select(dimension: 0, index: $0),
        other: try two.select(dimension: 0, index: $0)
      )
    }
    return (layers, zip(files, lengths).filter { $0.1 == 0 }.map(\.0))
  }
}

extension EncoderWeights {
  /// Whether both have the same tensors of the same shapes.
  fileprivate func hasTensors(of other: EncoderWeights) -> Bool {
    let (ours, theirs) = (ordered, other.ordered)
    return ours.count == theirs.count
      && zip(ours, theirs).allSatisfy { $0.name == $1.name && $0.tensor.shape == $1.tensor.shape }
  }
}
