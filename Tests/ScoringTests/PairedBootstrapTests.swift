import Testing

@testable import Scoring

/// Paired bootstraps against numpy, and Holm's correction against statsmodels.
@Suite struct PairedBootstrapTests {
  private struct Answers: Decodable {
    struct Case: Decodable {
      var systems: [[[Double]]]
      var tokens: [Double]
      var groups: [Int]
      var resamples: Int
      var seed: UInt64
      var observed: Double
      var interval: [Double]
      var own: [Double]
      var p: Double
    }
    struct Limit: Decodable {
      var rates: [[Double]]
      var p: Double
      var interval: [Double]
      var own: [Double]
    }
    struct Units: Decodable {
      var values: [[Double]]
      var p: Double
      var interval: [Double]
    }
    struct Family: Decodable {
      var given: [Double]
      var corrected: [Double]
    }
    var cases: [Case]
    var limits: [Limit]
    var units: Units
    var holm: [Family]
  }

  private func test(
    _ errors: [Double], _ tokens: [Double], groups: [Int]? = nil, rule: ScoredTest.Rule = .ratios
  ) -> ScoredTest {
    ScoredTest(
      rule,
      errors.indices.map { index in
        // Names in the order of their numbers.
        ScoredTest.Unit(
          "u\(1000 + index)", group: groups.map { "g\($0[index])" },
          parts: [errors[index], tokens[index]])
      })
  }

  private func difference(_ draws: PairedDraws) -> PairedSample {
    draws.sample(0, metric: 0).adding(draws.sample(1, metric: 0), times: -1)
  }

  @Test func differencesAndTheirIntervalsAreNumpys() throws {
    let answers: Answers = try Fixture.json("paired.json")
    #expect(answers.cases.count == 4)
    for entry in answers.cases {
      let systems = entry.systems.map { $0.map { test($0, entry.tokens, groups: entry.groups) } }
      let draws = try PairedBootstrap(resamples: entry.resamples, seed: entry.seed)
        .draws(of: systems)
      #expect(draws.units == (entry.groups.max() ?? 0) + 1)
      let found = difference(draws)
      #expect(abs(found.value - entry.observed) < 1e-12)
      #expect(abs(found.interval.low - entry.interval[0]) < 1e-12)
      #expect(abs(found.interval.high - entry.interval[1]) < 1e-12)
      #expect(abs(found.p - entry.p) < 1e-12)
      let own = draws.sample(0, metric: 0).interval
      #expect(abs(own.low - entry.own[0]) < 1e-12 && abs(own.high - entry.own[1]) < 1e-12)
    }
  }

  /// Units that are all alike leave the t test over seeds, here of three and of five.
  @Test func whereOnlySeedsVaryItIsScipysTTest() throws {
    let answers: Answers = try Fixture.json("paired.json")
    for entry in answers.limits {
      let systems = entry.rates.map { rates in
        rates.map { rate in
          test([Double](repeating: rate, count: 8), [Double](repeating: 1, count: 8))
        }
      }
      let draws = try PairedBootstrap(resamples: 20_000, seed: 1).draws(of: systems)
      let own = draws.sample(0, metric: 0).interval
      let ownWidth = entry.own[1] - entry.own[0]
      #expect(abs(own.low - entry.own[0]) < 0.03 * ownWidth)
      #expect(abs(own.high - entry.own[1]) < 0.03 * ownWidth)
      let found = difference(draws)
      // Four standard errors of twice a share of so many draws.
      let error = 2 * (entry.p / 2 * (1 - entry.p / 2) / 20_000).squareRoot()
      #expect(abs(found.p - entry.p) < 4 * error, "\(found.p) for \(entry.p)")
      let width = entry.interval[1] - entry.interval[0]
      #expect(abs(found.interval.low - entry.interval[0]) < 0.03 * width)
      #expect(abs(found.interval.high - entry.interval[1]) < 0.03 * width)
    }
  }

  /// One seed: units alone, and of 400 the normal approximation is near.
  @Test func oneSeedLeavesTheUnitsAlone() throws {
    let answers: Answers = try Fixture.json("paired.json")
    let ones = [Double](repeating: 1, count: 400)
    let systems = answers.units.values.map { [test($0, ones)] }
    let found = difference(try PairedBootstrap(resamples: 10_000, seed: 1).draws(of: systems))
    #expect(found.seeds.count == 1)
    #expect(abs(found.p - answers.units.p) < 0.01, "\(found.p) for \(answers.units.p)")
    #expect(abs(found.interval.low - answers.units.interval[0]) < 0.001)
    #expect(abs(found.interval.high - answers.units.interval[1]) < 0.001)
  }

  /// Two methods that do not differ, three seeds each: how often a difference is told at 5 %. With seeds
  /// drawn with replacement it was every fourth time where seeds vary more than units.
  @Test(arguments: [(name: "large", seeds: 0.2), ("small", 0.02), ("none", 0)])
  func whatDoesNotDifferIsRarelyTold(noise: (name: String, seeds: Double)) throws {
    var numbers = SplitMix64(seed: 77)
    func normal() -> Double {
      // Twelve uniform numbers, less their mean.
      (0..<12).reduce(-6) { sum, _ in sum + Double(numbers.next() >> 11) * 0x1p-53 }
    }
    let (experiments, units) = (400, 30)
    let ones = [Double](repeating: 1, count: units)
    var told = 0
    for experiment in 0..<experiments {
      let hard = (0..<units).map { _ in 0.1 * normal() }
      let systems = (0..<2).map { _ in
        (0..<3).map { _ in
          let shift = noise.seeds * normal()
          return test(hard.map { 1 + $0 + shift + 0.1 * normal() }, ones)
        }
      }
      let sample = difference(
        try PairedBootstrap(resamples: 149, seed: UInt64(experiment)).draws(of: systems))
      if sample.p < 0.05 { told += 1 }
    }
    // At most 7 %, and two standard errors of so many experiments.
    let most = 0.07 * Double(experiments)
    #expect(Double(told) <= most + 2 * (most * 0.93).squareRoot(), "\(told) of \(experiments)")
    // It can tell something.
    if noise.seeds > 0.1 { #expect(told > 5) }
  }

  @Test func correctedValuesAreStatsmodels() throws {
    let answers: Answers = try Fixture.json("paired.json")
    #expect(answers.holm.count == 4)
    for family in answers.holm {
      let found = Holm.corrected(family.given)
      #expect(zip(found, family.corrected).allSatisfy { abs($0 - $1) < 1e-12 }, "\(found)")
    }
    #expect(Holm.corrected([]) == [])
  }

  @Test func oneTestHasTheIntervalOfABootstrap() throws {
    let answers: Answers = try Fixture.json("paired.json")
    let entry = answers.cases[0]
    let alone = test(entry.systems[0][0], entry.tokens, groups: entry.groups)
    let draws = try PairedBootstrap(resamples: 400, seed: 9).draws(of: [[alone]])
    let interval = try #require(alone.intervals(resamples: 400, seed: 9))[0]
    #expect(abs(draws.sample(0, metric: 0).interval.low - interval.low) < 1e-12)
    #expect(abs(draws.sample(0, metric: 0).interval.high - interval.high) < 1e-12)
  }

  @Test func testsThatDivideByOtherSumsAreMeasuredOneByOne() throws {
    // The second says that unit 0 had more tokens: no shared divisor, the same answer by another way.
    let errors = [[1.0, 0, 2, 1], [1, 1, 0, 1]]
    let tests = errors.map { test($0, [3, 2, 4, 2]) }
    let other = test(errors[1], [4, 2, 4, 2])
    let shared = try PairedBootstrap(resamples: 50, seed: 2).draws(of: [[tests[0]], [tests[1]]])
    let apart = try PairedBootstrap(resamples: 50, seed: 2).draws(of: [[tests[0]], [other]])
    #expect(shared.sample(0, metric: 0).draws == apart.sample(0, metric: 0).draws)
    #expect(abs(apart.sample(1, metric: 0).value - 3.0 / 12) < 1e-15)
    let trials = (0..<6).map { [Double($0) / 10, $0 % 2 == 0 ? 1.0 : 0] }
    let verification = test(trials.map { $0[0] }, trials.map { $0[1] }, rule: .verification)
    let drawn = try PairedBootstrap(resamples: 20, seed: 2).draws(of: [[verification]])
    #expect(drawn.sample(0, metric: 0).value == verification.values?[0])
    #expect(drawn.sample(0, metric: 0).draws.count == 20)
  }

  @Test func theOrderOfAnswersMeansNothingAndTheSeedFollowsFromTheUnits() throws {
    let (errors, tokens) = ([1.0, 0, 2, 1, 3], [3.0, 2, 4, 2, 5])
    let one = test(errors, tokens)
    let turned = ScoredTest(.ratios, one.units.reversed())
    let draws = try [one, turned].map {
      try PairedBootstrap(resamples: 30).draws(of: [[$0]]).sample(0, metric: 0).draws
    }
    #expect(draws[0] == draws[1])
    let renamed = ScoredTest(
      .ratios, one.units.map { ScoredTest.Unit($0.id + "x", parts: $0.parts) })
    let other = try PairedBootstrap(resamples: 30).draws(of: [[renamed]]).sample(0, metric: 0)
    #expect(other.draws != draws[0] && other.value == one.values?[0])
  }

  @Test func equalSystemsDifferByNothingWithCertainty() throws {
    let one = test([1, 0, 2], [3, 2, 4])
    let sample = difference(
      try PairedBootstrap(resamples: 99, seed: 1).draws(of: [[one], [one]]))
    #expect(sample.value == 0 && sample.p == 1)
    #expect(sample.interval == Bootstrap.Interval(low: 0, high: 0))
  }

  @Test func whatCannotBePairedSaysWhy() throws {
    let bootstrap = PairedBootstrap(resamples: 9, seed: 1)
    let one = test([1, 0, 2], [3, 2, 4])
    #expect(throws: PairedError.differentUnits) {
      try bootstrap.draws(of: [[one], [test([1, 0], [3, 2])]])
    }
    #expect(throws: PairedError.differentUnits) {
      try bootstrap.draws(of: [[one], [test([1, 0, 2], [3, 2, 4], groups: [0, 1, 2])]])
    }
    #expect(throws: PairedError.tooFewUnits(1)) {
      try bootstrap.draws(of: [[test([1, 0], [3, 2], groups: [0, 0])]])
    }
    #expect(throws: PairedError.noTest) { try bootstrap.draws(of: [[one], []]) }
    #expect(throws: PairedError.undefined) {
      try bootstrap.draws(of: [[test([0, 0], [0, 0])]])
    }
  }
}
