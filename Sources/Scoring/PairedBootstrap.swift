/// Several systems on one test, whose units are drawn anew for all of them at once: intervals of each,
/// and of differences between them, in which what makes a unit hard for all cancels out.
///
/// A system's metric is the mean over its tests, one for each seed, and every draw of the units is one for
/// all seeds. What another choice of seeds would change is added to the draws by `SeedNoise`. Units are
/// drawn as in `Bootstrap`.
package struct PairedBootstrap: Sendable {
  private let resamples: Int
  private let seed: UInt64?

  /// - Parameters:
  ///   - resamples: How often units are drawn, at least once.
  ///   - seed: Of the draws; `nil` takes one from the names of the units, so that equal units are drawn
  ///     equally in two tests, and different ones independently.
  package init(resamples: Int, seed: UInt64? = nil) {
    self.resamples = max(1, resamples)
    self.seed = seed
  }

  /// Draws for systems of one test or more.
  ///
  /// - Throws: `PairedError` where the tests are not of the same units, or give nothing to draw from.
  package func draws(of systems: [[ScoredTest]]) throws(PairedError) -> PairedDraws {
    let systems = systems.map { $0.map(\.ordered) }
    let all = systems.flatMap(\.self)
    guard let first = all.first, !systems.contains(where: \.isEmpty) else { throw .noTest }
    guard all.allSatisfy(first.asksTheSame) else { throw .differentUnits }
    let groups = first.groups ?? UnitGroups(units: first.units.count)
    let count = groups.count
    guard count > 1 else { throw .tooFewUnits(count) }
    let metrics: any DrawnMetrics = RatioSums(systems, groups) ?? Measures(systems, groups)
    guard let observed = metrics.values([Int](repeating: 1, count: count)) else { throw .undefined }
    var draws = observed.map { _ in [Double]() }
    for index in draws.indices { draws[index].reserveCapacity(resamples) }
    var numbers = SplitMix64(seed: seed ?? first.unitsSeed)
    var undefined = 0
    var drawn = [Int](repeating: 0, count: count)
    while draws[0].count < resamples {
      for index in drawn.indices { drawn[index] = 0 }
      for _ in 0..<count { drawn[numbers.next(below: count)] += 1 }
      guard let values = metrics.values(drawn) else {
        undefined += 1
        guard undefined <= 10 * resamples else { throw .undefined }
        continue
      }
      for (index, value) in values.enumerated() { draws[index].append(value) }
    }
    let noise = Dictionary(
      systems.map { ($0.count, SeedNoise(seeds: $0.count, draws: resamples)) },
      uniquingKeysWith: { first, _ in first })
    return PairedDraws(
      units: count, metrics: observed.count / systems.count, observed: observed, draws: draws,
      seeds: systems.map { $0.map { $0.values ?? [] } },
      noise: systems.map { noise[$0.count] ?? SeedNoise(seeds: 1, draws: 0) })
  }
}

/// Why tests cannot be drawn from together.
package enum PairedError: Error, Sendable, Equatable {
  case noTest
  case differentUnits
  case tooFewUnits(Int)
  /// A metric that hardly any draw has.
  case undefined
}

/// What was drawn, system by system.
package struct PairedDraws: Sendable {
  /// What was drawn from: units, or groups of them.
  package let units: Int
  /// Of each system.
  package let metrics: Int
  /// By system, then by metric.
  fileprivate let observed: [Double]
  fileprivate let draws: [[Double]]
  /// By system, then by seed, then by metric: what each seed's test gives.
  fileprivate let seeds: [[[Double]]]
  /// By system.
  fileprivate let noise: [SeedNoise]

  /// A metric of a system, as a share: the mean over its tests, its draws, and what each test gives.
  package func sample(_ system: Int, metric: Int) -> PairedSample {
    PairedSample(
      value: observed[system * metrics + metric], draws: draws[system * metrics + metric],
      seeds: seeds[system].compactMap { metric < $0.count ? $0[metric] : nil },
      noise: noise[system])
  }
}

extension ScoredTest {
  /// Its units by name, so that the order in which a test was answered means nothing.
  fileprivate var ordered: ScoredTest {
    ScoredTest(
      rule,
      units.sorted {
        ($0.id, $0.group ?? "", $0.other ?? "") < ($1.id, $1.group ?? "", $1.other ?? "")
      })
  }

  /// Whether it asks the same of the same units, in whatever order.
  package func hasUnits(of other: ScoredTest) -> Bool {
    // In one order most often: sorting is for the others.
    asksTheSame(other) || ordered.asksTheSame(other.ordered)
  }

  fileprivate func asksTheSame(_ other: ScoredTest) -> Bool {
    rule == other.rule && units.count == other.units.count
      && zip(units, other.units).allSatisfy {
        $0.id == $1.id && $0.group == $1.group && $0.other == $1.other
          && $0.parts.count == $1.parts.count
      }
  }

  /// What its sums are divided by, unit by unit.
  fileprivate var divisors: [[Double]] {
    units.map { unit in
      stride(from: 1, to: unit.parts.count, by: 2).map { unit.parts[$0] }
    }
  }

  /// FNV-1a of the names.
  fileprivate var unitsSeed: UInt64 {
    var hash: UInt64 = 0xCBF2_9CE4_8422_2325
    for unit in units {
      for byte in unit.id.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
      hash = hash &* 0x100_0000_01B3
    }
    return hash
  }
}

/// Metrics of systems, in the mean over their tests, as functions of how often each group of units was drawn.
private protocol DrawnMetrics {
  /// By system, then by metric; `nil` where one is not defined.
  func values(_ drawn: [Int]) -> [Double]?
}

/// Ratios of sums, where all systems divide by the same: one pass over the groups for all of them.
private struct RatioSums: DrawnMetrics {
  private let metrics: Int
  private let width: Int
  /// Of each system, how many tests it has.
  private let counts: [Int]
  /// By group: what is divided by, metric by metric, then what is divided, by system, test and metric.
  private let sums: [Double]

  init?(_ systems: [[ScoredTest]], _ groups: UnitGroups) {
    let tests = systems.flatMap(\.self)
    guard let first = tests.first, first.rule == .ratios,
      let parts = first.units.first?.parts.count,
      parts > 1, !groups.hasTwoSides
    else { return nil }
    let metrics = parts / 2
    let divisors = first.divisors
    guard tests.allSatisfy({ $0.divisors == divisors }) else { return nil }
    let width = metrics * (1 + tests.count)
    var sums = [Double](repeating: 0, count: groups.count * width)
    for (unit, group) in groups.first.enumerated() {
      for metric in 0..<metrics {
        sums[group * width + metric] += first.units[unit].parts[2 * metric + 1]
        for (number, test) in tests.enumerated() {
          sums[group * width + metrics * (1 + number) + metric] +=
            test.units[unit].parts[2 * metric]
        }
      }
    }
    (self.metrics, self.width, self.sums) = (metrics, width, sums)
    counts = systems.map(\.count)
  }

  func values(_ drawn: [Int]) -> [Double]? {
    var totals = [Double](repeating: 0, count: width)
    sums.withUnsafeBufferPointer { sums in
      totals.withUnsafeMutableBufferPointer { totals in
        for (group, weight) in drawn.enumerated() where weight > 0 {
          let (start, weight) = (group * width, Double(weight))
          for index in 0..<width { totals[index] += weight * sums[start + index] }
        }
      }
    }
    guard totals.prefix(metrics).allSatisfy({ $0 > 0 }) else { return nil }
    var result: [Double] = []
    var test = 0
    for count in counts {
      for metric in 0..<metrics {
        let sum = (0..<count).reduce(0) { sum, number in
          sum + totals[metrics * (1 + test + number) + metric]
        }
        result.append(sum / Double(count) / totals[metric])
      }
      test += count
    }
    return result
  }
}

/// Metrics of any kind.
private struct Measures: DrawnMetrics {
  private let systems: [[any Measure]]
  private let groups: UnitGroups

  init(_ systems: [[ScoredTest]], _ groups: UnitGroups) {
    self.systems = systems.map { $0.map(\.measure) }
    self.groups = groups
  }

  func values(_ drawn: [Int]) -> [Double]? {
    let weights = groups.weights(drawn)
    var result: [Double] = []
    for tests in systems {
      var sums: [Double] = []
      for test in tests {
        guard let values = test.values(weights) else { return nil }
        sums = sums.isEmpty ? values : zip(sums, values).map(+)
      }
      result += sums.map { $0 / Double(tests.count) }
    }
    return result
  }
}
