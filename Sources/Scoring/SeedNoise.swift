import Foundation

/// Draws of Student's t with one degree of freedom less than there are seeds: the same for all samples of as
/// many seeds, so that sums of samples, whose seeds are the same too, are drawn as one.
///
/// A normal number over the root of the mean square of as many others as there are degrees (the
/// definition), normal numbers by Box and Muller (1958) from `SplitMix64`.
struct SeedNoise: Sendable {
  /// Empty for one seed, of which no spread is known.
  let deviates: [Double]

  init(seeds: Int, draws: Int) {
    guard seeds > 1 else {
      deviates = []
      return
    }
    let degrees = seeds - 1
    var numbers = SplitMix64(seed: 0x5EED + UInt64(seeds))
    deviates = (0..<draws).map { _ in
      let normal = Self.normal(&numbers)
      var squares = 0.0
      for _ in 0..<degrees {
        let next = Self.normal(&numbers)
        squares += next * next
      }
      return normal / (squares / Double(degrees)).squareRoot()
    }
  }

  private static func normal(_ numbers: inout SplitMix64) -> Double {
    // Above 0 and at most 1, so that there is a logarithm.
    let radius = (-2 * log(uniform(&numbers))).squareRoot()
    return radius * cos(2 * Double.pi * uniform(&numbers))
  }

  private static func uniform(_ numbers: inout SplitMix64) -> Double {
    (Double(numbers.next() >> 11) + 1) * 0x1p-53
  }
}
