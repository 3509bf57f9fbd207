import Torch

/// Mean and standard deviation (n − 1) of each feature over many frames, gathered utterance by
/// utterance: s3prl's quesst14_dtw standardises by those of all queries and documents together.
package struct FeatureScale {
  private var count = 0.0
  /// Float64, [D]: the mean so far, and the sum of squared differences from it.
  private var moments: (mean: Tensor, squares: Tensor)?

  package init() {}

  /// Adds frames [T, D], by the sums of two sets (Chan et al. 1979).
  package mutating func add(_ frames: Tensor) throws {
    guard frames.shape[0] > 0 else { return }
    let (added, wide) = (Double(frames.shape[0]), try frames.to(.float64))
    let mean = try wide.mean(dimensions: [0])
    let squares = try wide.variance(dimensions: [0], unbiased: false).multiplying(by: added)
    guard let old = moments else {
      (count, moments) = (added, (mean, squares))
      return
    }
    let (all, step) = (count + added, try mean - old.mean)
    let between = try step.square().multiplying(by: count * added / all)
    moments = (
      try old.mean + step.multiplying(by: added / all), try old.squares + squares + between
    )
    count = all
  }

  /// Frames [T, D] less the mean, divided by the deviation (at least 1e-9), float32.
  ///
  /// - Throws: `HeadError.mismatch` where fewer than two frames were added.
  package func standardised(_ frames: Tensor) throws -> Tensor {
    guard let moments, count > 1 else {
      throw HeadError.mismatch("a standard deviation needs two frames, but there are \(Int(count))")
    }
    let deviation = try moments.squares.divided(by: count - 1).sqrt().clamp(min: 1e-9)
    return try frames.to(.float32).subtracting(moments.mean.to(.float32))
      .divided(by: deviation.to(.float32))
  }
}
