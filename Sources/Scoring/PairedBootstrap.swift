/// Several systems on one test, whose units are drawn anew for all of them at once: intervals of each,
/// and of differences between them, in which what makes a unit hard for all cancels out.
///
/// A system's metric is the mean over its tests, one for each seed, and seeds are drawn anew too, the
/// same for all systems of as many: what one seed of three shows alone is no difference. Units are drawn as
/// in `Bootstrap`.
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
    let groupOf = first.groups ?? Array(first.units.indices)
    let count = (groupOf.max() ?? -1) + 1
    guard count > 1 else { throw .tooFewUnits(count) }
    let metrics: any DrawnMetrics = RatioSums(systems, groupOf, count) ?? Measures(systems, groupOf)
    let once = Dictionary(
      systems.map { ($0.count, $0.map { _ in 1 }) }, uniquingKeysWith: { first, _ in first })
    guard let observed = metrics.values([Int](repeating: 1, count: count), seeds: once) else {
      throw .undefined
    }
    var draws = observed.map { _ in [Double]() }
    for index in draws.indices { draws[index].reserveCapacity(resamples) }
    var numbers = SplitMix64(seed: seed ?? first.unitsSeed)
    var undefined = 0
    var drawn = [Int](repeating: 0, count: count)
    var seeds = SeedDraws(systems.map(\.count))
    var picks = seeds.next()
    while draws[0].count < resamples {
      for index in drawn.indices { drawn[index] = 0 }
      for _ in 0..<count { drawn[numbers.next(below: count)] += 1 }
      guard let values = metrics.values(drawn, seeds: picks) else {
        undefined += 1
        guard undefined <= 10 * resamples else { throw .undefined }
        continue
      }
      for (index, value) in values.enumerated() { draws[index].append(value) }
      picks = seeds.next()
    }
    return PairedDraws(
      units: count, metrics: observed.count / systems.count, observed: observed, draws: draws)
  }
}

/// Which seeds count in each draw, by how many there are: the same in every test, so that a seed is drawn
/// for all tasks at once.
private struct SeedDraws {
  private var numbers: [Int: SplitMix64]

  init(_ counts: [Int]) {
    numbers = Dictionary(
      counts.map { ($0, SplitMix64(seed: 0x5EED + UInt64($0))) },
      uniquingKeysWith: { first, _ in first })
  }

  /// How often each of so many seeds counts.
  mutating func next() -> [Int: [Int]] {
    var picks: [Int: [Int]] = [:]
    for count in numbers.keys {
      var drawn = [Int](repeating: 0, count: count)
      if count == 1 {
        drawn[0] = 1
      } else {
        for _ in 0..<count { drawn[numbers[count]?.next(below: count) ?? 0] += 1 }
      }
      picks[count] = drawn
    }
    return picks
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

  fileprivate init(units: Int, metrics: Int, observed: [Double], draws: [[Double]]) {
    self.units = units
    self.metrics = metrics
    self.observed = observed
    self.draws = draws
  }

  /// A metric of a system, as a share: the mean over its tests, and its draws.
  package func sample(_ system: Int, metric: Int) -> Sample {
    Sample(
      value: observed[system * metrics + metric], draws: draws[system * metrics + metric])
  }

  /// A number with what it is in each draw: samples of the same draws may be added.
  package struct Sample: Sendable {
    package var value: Double
    package var draws: [Double]

    package init(value: Double, draws: [Double]) {
      self.value = value
      self.draws = draws
    }

    /// A sum, draw by draw.
    package func adding(_ other: Sample, times weight: Double) -> Sample {
      Sample(
        value: value + weight * other.value,
        draws: zip(draws, other.draws).map { $0 + weight * $1 })
    }

    /// 95 % of the draws lie within.
    package var interval: Bootstrap.Interval {
      let sorted = draws.sorted()
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
      let below = draws.count { $0 <= nothing }
      let above = draws.count { $0 >= -nothing }
      return min(1, 2 * Double(1 + min(below, above)) / Double(1 + draws.count))
    }
  }
}

extension ScoredTest {
  /// Its units by name, so that the order in which a test was answered means nothing.
  fileprivate var ordered: ScoredTest {
    ScoredTest(rule, units.sorted { ($0.id, $0.group ?? "") < ($1.id, $1.group ?? "") })
  }

  /// Whether it asks the same of the same units, in whatever order.
  package func hasUnits(of other: ScoredTest) -> Bool {
    // In one order most often: sorting is for the others.
    asksTheSame(other) || ordered.asksTheSame(other.ordered)
  }

  fileprivate func asksTheSame(_ other: ScoredTest) -> Bool {
    rule == other.rule && units.count == other.units.count
      && zip(units, other.units).allSatisfy {
        $0.id == $1.id && $0.group == $1.group && $0.parts.count == $1.parts.count
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

/// Metrics of systems as functions of how often each group of units and each seed was drawn.
private protocol DrawnMetrics {
  /// By system, then by metric; `nil` where one is not defined. `seeds` are by how many a system has.
  func values(_ drawn: [Int], seeds: [Int: [Int]]) -> [Double]?
}

/// Ratios of sums, where all systems divide by the same: one pass over the groups for all of them.
private struct RatioSums: DrawnMetrics {
  private let metrics: Int
  private let width: Int
  /// Of each system, how many tests it has.
  private let counts: [Int]
  /// By group: what is divided by, metric by metric, then what is divided, by system, test and metric.
  private let sums: [Double]

  init?(_ systems: [[ScoredTest]], _ groupOf: [Int], _ count: Int) {
    let tests = systems.flatMap(\.self)
    guard let first = tests.first, first.rule == .ratios,
      let parts = first.units.first?.parts.count,
      parts > 1
    else { return nil }
    let metrics = parts / 2
    let divisors = first.divisors
    guard tests.allSatisfy({ $0.divisors == divisors }) else { return nil }
    let width = metrics * (1 + tests.count)
    var sums = [Double](repeating: 0, count: count * width)
    for (unit, group) in groupOf.enumerated() {
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

  func values(_ drawn: [Int], seeds: [Int: [Int]]) -> [Double]? {
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
      let weights = seeds[count] ?? []
      for metric in 0..<metrics {
        let sum = weights.indices.reduce(0) { sum, number in
          sum + Double(weights[number]) * totals[metrics * (1 + test + number) + metric]
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
  private let groupOf: [Int]

  init(_ systems: [[ScoredTest]], _ groupOf: [Int]) {
    self.systems = systems.map { $0.map(\.measure) }
    self.groupOf = groupOf
  }

  func values(_ drawn: [Int], seeds: [Int: [Int]]) -> [Double]? {
    let weights = groupOf.map { drawn[$0] }
    var result: [Double] = []
    for tests in systems {
      var sums: [Double] = []
      let picks = seeds[tests.count] ?? []
      for (test, times) in zip(tests, picks) where times > 0 {
        guard let values = test.values(weights) else { return nil }
        let weighted = values.map { Double(times) * $0 }
        sums = sums.isEmpty ? weighted : zip(sums, weighted).map(+)
      }
      result += sums.map { $0 / Double(tests.count) }
    }
    return result
  }
}
