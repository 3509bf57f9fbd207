import Speech
import Torch

/// Linear CKA of pairs of feature sets, and its debiased form with it. The peer is
/// `Tests/Benchmarks/similarity.py`: linear CKA alone, in numpy.
struct SimilarityPairs {
  let pairs: Int
  let frames: Int
  let width: Int
  let threads: Int

  /// Median milliseconds of all pairs over three times.
  func milliseconds() throws -> Double {
    try TorchRuntime.setThreads(threads)
    let generator = try Generator(seed: 0)
    func features() throws -> Tensor {
      try .normal([frames, width], mean: 0, standardDeviation: 1, generator: generator)
    }
    let (reference, other) = (try features(), try features())
    let times = try (0..<3).map { _ in
      let start = ContinuousClock.now
      for _ in 0..<pairs {
        _ = try FeatureSimilarity.cka(reference: reference, features: other)
      }
      return (ContinuousClock.now - start) / .milliseconds(1)
    }
    return times.sorted()[1]
  }
}
