import Testing

@testable import Scoring

@Suite struct BootstrapTests {
  private struct Answers: Decodable {
    struct Case: Decodable {
      var errors: [Double]
      var tokens: [Double]
      var groups: [Int]
      var resamples: Int
      var seed: UInt64
      var low: Double
      var high: Double
    }
    struct Trials: Decodable {
      var first: [String]
      var second: [String]
      var scores: [Double]
      var same: [Double]
      var resamples: Int
      var seed: UInt64
      var low: Double
      var high: Double
    }
    var numbers: [String]
    var cases: [Case]
    var trials: Trials
  }

  private func rates(_ errors: [Double], _ tokens: [Double]) -> SumMeasure {
    SumMeasure(zip(errors, tokens).map { [$0, $1] }) { $0[1] > 0 ? [$0[0] / $0[1]] : nil }
  }

  @Test func numbersAreThoseOfSplitMix64() throws {
    let answers: Answers = try Fixture.json("bootstrap.json")
    var numbers = SplitMix64(seed: 1_234_567)
    #expect(answers.numbers.map { UInt64($0) } == answers.numbers.map { _ in numbers.next() })
  }

  @Test func intervalsAreNumpys() throws {
    let answers: Answers = try Fixture.json("bootstrap.json")
    #expect(answers.cases.count == 3)
    for entry in answers.cases {
      let found = Bootstrap(resamples: entry.resamples, seed: entry.seed).intervals(
        of: rates(entry.errors, entry.tokens), groups: UnitGroups(entry.groups))
      let interval = try #require(found)[0]
      #expect(abs(interval.low - entry.low) < 1e-12)
      #expect(abs(interval.high - entry.high) < 1e-12)
    }
  }

  @Test func speakersOfBothSidesOfTrialsAreDrawn() throws {
    let answers: Answers = try Fixture.json("bootstrap.json")
    let trials = answers.trials
    let test = ScoredTest(
      .verification,
      trials.scores.indices.map {
        let (first, second) = (trials.first[$0], trials.second[$0])
        return ScoredTest.Unit(
          "\($0)", group: first, other: first == second ? nil : second,
          parts: [trials.scores[$0], trials.same[$0]])
      })
    let interval = try #require(test.intervals(resamples: trials.resamples, seed: trials.seed))[0]
    #expect(abs(interval.low - trials.low) < 1e-12)
    #expect(abs(interval.high - trials.high) < 1e-12)
    // Two methods on the trials are drawn so too.
    let paired = try PairedBootstrap(resamples: 300, seed: trials.seed).draws(of: [[test]])
    #expect(paired.units == Set(trials.first + trials.second).count)
  }

  @Test func groupsAreDrawnWhole() throws {
    // Within a speaker all is alike, so that speakers, not utterances, are what varies.
    let tokens = [Double](repeating: 10, count: 400)
    let groups = (0..<400).map { $0 / 100 }
    let errors = groups.map { [0.0, 2, 4, 6][$0] }
    let bootstrap = Bootstrap(resamples: 1000, seed: 1)
    let alone = try #require(bootstrap.intervals(of: rates(errors, tokens)))[0]
    let together = try #require(
      bootstrap.intervals(of: rates(errors, tokens), groups: UnitGroups(groups)))[0]
    #expect(alone.high - alone.low < 0.06)
    #expect(together.high - together.low > 0.3)
  }

  @Test func thereIsNoIntervalOfOneUnitAndNoneIsAskedForWithoutDraws() {
    #expect(Bootstrap(resamples: 1000, seed: 1).intervals(of: rates([1], [2])) == nil)
    #expect(
      Bootstrap(resamples: 1000, seed: 1).intervals(
        of: rates([1, 2], [2, 2]), groups: UnitGroups([0, 0]))
        == nil)
    #expect(Bootstrap(resamples: 0, seed: 1).intervals(of: rates([1, 2], [2, 2])) == nil)
    // No draw has a value.
    #expect(Bootstrap(resamples: 9, seed: 1).intervals(of: rates([1, 2], [0, 0])) == nil)
  }

  @Test func drawsWithoutAValueAreMadeAgain() throws {
    // One target among three trials: three draws in ten lack it.
    let measure = Verification(scores: [3, 2, 1], isTarget: [true, false, false])
    let found = Bootstrap(resamples: 200, seed: 1).intervals(of: measure)
    #expect(try #require(found)[0] == Bootstrap.Interval(low: 0, high: 0))
  }
}
