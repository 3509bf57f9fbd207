/// A number with what it is in each draw of the units, and what each seed alone gives: samples of the same
/// draws and seeds may be added, as differences and means over tasks are.
///
/// Its spread has two sources. Another test of as many units: by the draws, a bootstrap. Other seeds: they are
/// too few to draw from. Three drawn with replacement spread by √(2/3) of what they should, and where all
/// differences agree in sign, which chance alone gives in a quarter of cases, no draw has another sign. So
/// the mean over n seeds with standard deviation s has Student's t of n − 1 degrees of freedom times
/// s/√n, as the Guide to the Expression of Uncertainty in Measurement propagates the mean of a few
/// repeated observations by Monte Carlo (JCGM 101:2008, 6.4.9), and each draw of the units gets one draw of it.
/// s is of the sample's own values (of the differences between two systems, seed by seed), so that what
/// a seed does to both cancels out. Where units vary little this is the t test over seeds, where seeds vary
/// little the bootstrap over units. It errs on the cautious side, as Behrens's and Fisher's solution does
/// (Robinson 1976, "Properties of the Behrens-Fisher solution"): what varies with units and seeds at once
/// counts in both.
package struct PairedSample: Sendable {
  package private(set) var value: Double
  /// The mean over seeds in each draw of the units.
  package private(set) var draws: [Double]
  /// What each seed gives on the whole test; of one seed no spread is known.
  package private(set) var seeds: [Double]
  private let noise: SeedNoise

  init(value: Double, draws: [Double], seeds: [Double], noise: SeedNoise) {
    (self.value, self.draws, self.seeds, self.noise) = (value, draws, seeds, noise)
  }

  /// A sum, draw by draw and seed by seed.
  ///
  /// - Parameters:
  ///   - other: Of the same seeds in the same order.
  ///   - weight: What it is multiplied by.
  /// - Returns: The sum, of the same draws and seeds.
  package func adding(_ other: PairedSample, times weight: Double) -> PairedSample {
    precondition(seeds.count == other.seeds.count, "samples of different seeds are added")
    return PairedSample(
      value: value + weight * other.value,
      draws: zip(draws, other.draws).map { $0 + weight * $1 },
      seeds: zip(seeds, other.seeds).map { $0 + weight * $1 }, noise: noise)
  }

  /// The same number on another scale.
  package func times(_ factor: Double) -> PairedSample {
    PairedSample(
      value: factor * value, draws: draws.map { factor * $0 }, seeds: seeds.map { factor * $0 },
      noise: noise)
  }

  /// Standard error of the mean over seeds; 0 for one seed.
  private var seedError: Double {
    guard seeds.count > 1 else { return 0 }
    let mean = seeds.reduce(0, +) / Double(seeds.count)
    let squares = seeds.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    return (squares / Double(seeds.count - 1) / Double(seeds.count)).squareRoot()
  }

  /// Draws of units and seeds.
  private var spread: [Double] {
    let error = seedError
    return error > 0 ? zip(draws, noise.deviates).map { $0 + error * $1 } : draws
  }

  /// 95 % of the draws lie within.
  package var interval: Bootstrap.Interval {
    let sorted = spread.sorted()
    return Bootstrap.Interval(
      low: Bootstrap.percentile(sorted, (1 - Bootstrap.level) / 2),
      high: Bootstrap.percentile(sorted, (1 + Bootstrap.level) / 2))
  }

  /// Of a difference: how likely draws would lie so far on either side of 0, were it none. Twice the
  /// share of draws on the other side, with the observed one counted among them (Davison and Hinkley
  /// 1997), so that it is never 0; at most 1.
  package var p: Double {
    // What sums round by is no difference.
    let nothing = 1e-9
    let spread = spread
    let below = spread.count { $0 <= nothing }
    let above = spread.count { $0 >= -nothing }
    return min(1, 2 * Double(1 + min(below, above)) / Double(1 + spread.count))
  }
}
