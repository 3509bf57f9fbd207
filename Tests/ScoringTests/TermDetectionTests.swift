import Testing

@testable import Scoring

@Suite struct TermDetectionTests {
  private struct Case: Decodable {
    var beta: Double
    var terms: [Int]
    var scores: [Double]
    var labels: [Int]
    var mtwv: Double
    var kaldi: Double
  }

  @Test func maximaAreThoseOfTheDefinitionAndOfKaldi() throws {
    let cases: [Case] = try Fixture.json("terms.json")
    #expect(cases.count == 30)
    for entry in cases {
      let measure = TermDetection(
        terms: entry.terms, scores: entry.scores, isTarget: entry.labels.map { $0 == 1 },
        beta: entry.beta)
      let value = try #require(measure.values([Int](repeating: 1, count: measure.units)))[0]
      #expect(abs(value - entry.mtwv) < 1e-12)
      #expect(abs(value - entry.kaldi) < 0.5001e-4)
      // A term drawn alone is worth what it is worth alone.
      for (unit, term) in measure.terms.enumerated() {
        let mine = entry.terms.indices.filter { entry.terms[$0] == term }
        let alone = TermDetection(
          terms: mine.map { _ in 0 }, scores: mine.map { entry.scores[$0] },
          isTarget: mine.map { entry.labels[$0] == 1 }, beta: entry.beta)
        let weights = (0..<measure.units).map { $0 == unit ? 2 : 0 }
        let difference =
          try #require(measure.maximum(weights)).value
          - (try #require(alone.maximum([1]))).value
        #expect(abs(difference) < 1e-12)
      }
    }
  }

  @Test func byHand() throws {
    // Term 0: targets at 0.9 and 0.3, others at 0.5 and 0.1. Term 1: a target at 0.6, others at 0.7
    // and 0.2. Term 2 has no target and does not count.
    let measure = TermDetection(
      terms: [0, 0, 0, 0, 1, 1, 1, 2], scores: [0.9, 0.5, 0.3, 0.1, 0.7, 0.6, 0.2, 1],
      isTarget: [true, false, true, false, false, true, false, false], beta: 0.5)
    #expect(measure.units == 2)
    #expect(measure.terms == [0, 1])
    // θ = 0.3: term 0 detects both and one of two others, 1 − 0.25; so does term 1 its one. The
    // mean is 0.75.
    let best = try #require(measure.maximum([1, 1]))
    #expect(best.value == 0.75)
    #expect(best.threshold == 0.3)
    // Term 1 alone: θ = 0.6, of one target all, of two others one.
    #expect(measure.maximum([0, 3])?.threshold == 0.6)
    #expect(measure.values([0, 0]) == nil)
  }

  @Test func detectingNothingIsWorthNothing() throws {
    let measure = TermDetection(
      terms: [0, 0], scores: [1, 2], isTarget: [true, false], beta: 12.49)
    let best = try #require(measure.maximum([1]))
    #expect(best.value == 0)
    #expect(best.threshold == .infinity)
  }

  @Test func queriesCostWhatTheQuesstCampaignsSay() throws {
    let cost = try #require(ScoreTask.qbe.cost)
    #expect(abs(TermDetection.beta(cost) - 12.49) < 1e-12)
  }
}
