/// Intervals by drawing the units anew, with replacement (Efron 1979): of each metric, the 2.5th
/// and the 97.5th percentile of its values over all draws.
///
/// Where units belong together, as the utterances of one speaker do, whole groups are drawn. Trials of two speakers
/// depend on both: speakers are drawn, and such a trial counts the product of their counts.
package struct Bootstrap: Sendable {
  package struct Interval: Sendable, Hashable {
    package var low: Double
    package var high: Double

    package init(low: Double, high: Double) {
      self.low = low
      self.high = high
    }

    /// As much of it as lies within.
    package func within(_ limits: ClosedRange<Double>) -> Interval {
      Interval(low: max(low, limits.lowerBound), high: min(high, limits.upperBound))
    }
  }

  package static let level = 0.95

  private let resamples: Int
  private let seed: UInt64

  package init(resamples: Int, seed: UInt64) {
    self.resamples = resamples
    self.seed = seed
  }

  /// Draws as often as was asked for.
  ///
  /// - Parameters:
  ///   - measure: What is measured again for each draw.
  ///   - groups: What is drawn; `nil` where each unit stands for itself.
  /// - Returns: The interval of each metric; `nil` where there are not two units to draw from, or
  ///   where hardly any draw has a value.
  package func intervals(of measure: some Measure, groups: UnitGroups? = nil) -> [Interval]? {
    guard resamples > 0 else { return nil }
    let groups = groups ?? UnitGroups(units: measure.units)
    let count = groups.count
    guard count > 1 else { return nil }
    var numbers = SplitMix64(seed: seed)
    var values: [[Double]] = []
    var undefined = 0
    while values.count < resamples {
      var drawn = [Int](repeating: 0, count: count)
      for _ in 0..<count { drawn[numbers.next(below: count)] += 1 }
      if let value = measure.values(groups.weights(drawn)) {
        values.append(value)
      } else {
        // Without a target trial, say. Such draws are made again, while they are not the rule.
        undefined += 1
        guard undefined <= 10 * resamples else { return nil }
      }
    }
    return (values.first ?? []).indices.map { metric in
      let sorted = values.map { $0[metric] }.sorted()
      return Interval(
        low: Self.percentile(sorted, (1 - Self.level) / 2),
        high: Self.percentile(sorted, (1 + Self.level) / 2))
    }
  }

  /// Between the neighbours in order, linearly, as numpy does by default.
  static func percentile(_ sorted: [Double], _ share: Double) -> Double {
    let place = share * Double(sorted.count - 1)
    let below = Int(place)
    guard below + 1 < sorted.count else { return sorted[sorted.count - 1] }
    return sorted[below] + (place - Double(below)) * (sorted[below + 1] - sorted[below])
  }
}

/// Steele, Lea and Flood's generator (2014, "Fast splittable pseudorandom number generators"): the
/// same numbers everywhere.
struct SplitMix64 {
  private var state: UInt64

  init(seed: UInt64) { state = seed }

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var mixed = state
    mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
    mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
    return mixed ^ (mixed >> 31)
  }

  /// A whole number from 0 below `bound`. None is likelier than another by more than 2⁻⁶⁴, so
  /// nothing is drawn twice to make them equal.
  mutating func next(below bound: Int) -> Int {
    Int(next().multipliedFullWidth(by: UInt64(bound)).high)
  }
}
