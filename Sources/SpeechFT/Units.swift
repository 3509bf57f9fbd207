import Experiment
import Foundation
import Speech
import Torch

/// The discrete targets of HuBERT's masked prediction: one cluster number a frame of 20 ms.
///
/// Source: Hsu et al. 2021 (arXiv 2106.07447), section II-B: k-means on 39 MFCC in the first round,
/// on a hidden state of the model before in the second.
struct Units {
  /// clusters × dimensions, in the standardised space.
  let centres: Tensor
  /// One sequence an utterance, at 50 Hz.
  let sequences: [[Int32]]

  /// Clusters a seeded sample of frames, then numbers every frame of every utterance.
  /// `features` gives frames × dimensions of an utterance, at 50 Hz.
  init(
    _ parameters: PretrainParameters.Units, utterances: Int, draws: Draws,
    features: (Int) throws -> Tensor, progress: (Double, String) -> Void
  ) throws {
    var frames: [Tensor] = []
    for index in 0..<utterances {
      frames.append(try features(index))
      if index % 100 == 0 {
        progress(0.6 * Double(index) / Double(utterances), parameters.features)
      }
    }
    let scaling = try Scaling(sampling: frames, count: parameters.frames, draws: draws)
    progress(0.6, "k-means")
    let means = try KMeans.fit(
      scaling.sample, clusters: parameters.clusters, iterations: parameters.iterations,
      generator: draws.generator("k-means"))
    var sequences: [[Int32]] = []
    for (index, utterance) in frames.enumerated() {
      sequences.append(try means.assign(scaling.apply(utterance)).map(Int32.init))
      if index % 100 == 0 {
        progress(0.7 + 0.3 * Double(index) / Double(frames.count), "units")
      }
    }
    centres = means.centres
    self.sequences = sequences
  }

  /// Zero mean and unit variance in every dimension, measured on a seeded sample of frames.
  struct Scaling {
    /// The standardised sample: count × dimensions.
    let sample: Tensor
    private let mean: Tensor
    private let deviation: Tensor

    init(sampling frames: [Tensor], count: Int, draws: Draws) throws {
      let total = frames.reduce(0) { $0 + $1.shape[0] }
      var numbers = draws.numbers("k-means sample")
      let keep = Double(count) / Double(max(1, total))
      var parts: [Tensor] = []
      for utterance in frames {
        let rows = (0..<utterance.shape[0]).filter { _ in numbers.unit() < keep }
        guard !rows.isEmpty else { continue }
        parts.append(
          try utterance.indexSelect(dimension: 0, indices: Tensor(indices: rows)))
      }
      let raw = try Tensor.concatenated(parts, dimension: 0)
      mean = try raw.mean(dimensions: [0], keep: true)
      deviation = try raw.variance(dimensions: [0], unbiased: false, keep: true)
        .adding(1e-10).sqrt()
      sample = try raw.subtracting(mean).divided(by: deviation)
    }

    func apply(_ frames: Tensor) throws -> Tensor {
      try frames.subtracting(mean).divided(by: deviation)
    }
  }
}
