import Experiment
import Torch

/// SpecAugment on the features that a head is given (Park et al. 2019, arXiv 1904.08779), as ESPnet and
/// s3prl apply it: time warping, then masks over features, then masks over time, filled with 0.
///
/// Ours where it differs: every utterance of a batch has draws of its own, within its own length.
struct SpecAugment {
  /// Where one utterance is warped and masked.
  struct Draw: Equatable {
    /// Frames before `center` are stretched to `warped` frames; `nil` where it is too short.
    var warp: (center: Int, warped: Int)?
    var timeMasks: [Range<Int>]
    var featureMasks: [Range<Int>]

    static func == (left: Self, right: Self) -> Bool {
      left.warp?.center == right.warp?.center && left.warp?.warped == right.warp?.warped
        && left.timeMasks == right.timeMasks && left.featureMasks == right.featureMasks
    }
  }

  let draws: [Draw]

  init(draws: [Draw]) { self.draws = draws }

  /// One draw for each utterance, of so many frames each and `width` features.
  init(
    _ parameters: AugmentParameters, frames: [Int], width: Int, numbers: inout SplitMix64
  ) {
    var source = numbers
    func mask(_ longest: Int, of count: Int) -> Range<Int> {
      let length = source.below(longest)
      let start = source.below(max(1, count - length))
      return start..<min(start + length, count)
    }
    draws = frames.map { count in
      let window = parameters.timeWarp
      var draw = Draw(warp: nil, timeMasks: [], featureMasks: [])
      if window > 0, count > 2 * window {
        let center = window + source.below(count - 2 * window)
        draw.warp = (center, center - window + source.below(2 * window) + 1)
      }
      draw.featureMasks = (0..<parameters.featureMasks).map { _ in
        mask(parameters.featureWidth, of: width)
      }
      draw.timeMasks = (0..<parameters.timeMasks).map { _ in mask(parameters.timeWidth, of: count) }
      return draw
    }
    numbers = source
  }

  /// B×T×D, differentiable; `frames` is T of each utterance.
  func callAsFunction(_ features: Tensor, frames: [Int]) throws -> Tensor {
    let (count, longest, width) = (features.shape[0], features.shape[1], features.shape[2])
    var result = features
    if draws.contains(where: { $0.warp != nil }) {
      let rows = zip(draws, frames).map { Self.weights($0, frames: $1, padded: longest) }
      result = try Tensor(rows.flatMap { $0 }, shape: [count, longest, longest]).matmul(result)
    }
    func mask(_ size: Int, _ masks: (Draw) -> [Range<Int>], _ shape: [Int]) throws -> Tensor {
      try Tensor(
        draws.flatMap { draw in
          (0..<size).map { index in masks(draw).contains { $0.contains(index) } ? Float(0) : 1 }
        }, shape: shape)
    }
    result = try result.multiplying(by: mask(width, \.featureMasks, [count, 1, width]))
    return try result.multiplying(by: mask(longest, \.timeMasks, [count, longest, 1]))
  }

  /// T×T: what each frame takes of the others; padding stays.
  private static func weights(_ draw: Draw, frames: Int, padded: Int) -> [Float] {
    var matrix = [Float](repeating: 0, count: padded * padded)
    for frame in (draw.warp == nil ? 0 : frames)..<padded { matrix[frame * padded + frame] = 1 }
    guard let warp = draw.warp else { return matrix }
    for (source, target) in [
      (0..<warp.center, 0..<warp.warped), (warp.center..<frames, warp.warped..<frames),
    ] {
      for (index, frame) in target.enumerated() {
        for (other, weight) in cubic(index, of: target.count, from: source.count) {
          matrix[frame * padded + source.lowerBound + other] += weight
        }
      }
    }
    return matrix
  }

  /// The weights of the four neighbours of an output frame: PyTorch's bicubic interpolation along one
  /// axis (cubic convolution with a = −0.75, centres aligned, borders repeated).
  private static func cubic(
    _ index: Int, of count: Int, from length: Int
  ) -> [(index: Int, weight: Float)] {
    let place = Double(length) / Double(count) * (Double(index) + 0.5) - 0.5
    let floor = place.rounded(.down)
    let a = -0.75
    return (-1...2).map { offset in
      let distance = abs(place - floor - Double(offset))
      let weight =
        distance <= 1
        ? ((a + 2) * distance - (a + 3)) * distance * distance + 1
        : ((a * distance - 5 * a) * distance + 8 * a) * distance - 4 * a
      return (min(max(Int(floor) + offset, 0), length - 1), Float(weight))
    }
  }
}
