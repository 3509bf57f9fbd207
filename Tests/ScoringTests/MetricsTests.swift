import Testing

@testable import Scoring

@Suite struct MetricsTests {
  private struct Scored: Decodable {
    struct Counts: Decodable {
      var substitutions: Int
      var deletions: Int
      var insertions: Int
    }
    var reference: [String]
    var hypothesis: [String]
    var sclite: Counts
  }

  @Test func errorsAreThoseThatScliteCounts() throws {
    let utterances: [Scored] = try Fixture.json("scores.json")
    #expect(utterances.count == 94)
    var errors = 0
    var inventory = TokenInventory()
    for utterance in utterances {
      let found = TokenErrors(
        reference: inventory.numbers(of: utterance.reference),
        hypothesis: inventory.numbers(of: utterance.hypothesis))
      let expected = utterance.sclite
      #expect(found.errors == expected.substitutions + expected.deletions + expected.insertions)
      // Whatever the alignment, insertions less deletions is the difference in length.
      #expect(
        found.insertions - found.deletions
          == utterance.hypothesis.count - utterance.reference.count)
      errors += found.errors
    }
    #expect(errors > 300)
    let numbers = utterances.map {
      (inventory.numbers(of: $0.reference), inventory.numbers(of: $0.hypothesis))
    }
    let tokens = utterances.reduce(0) { $0 + $1.reference.count }
    let rate = Metrics.tokenErrorRate(numbers.map { (reference: $0.0, hypothesis: $0.1) })
    #expect(rate == Double(errors) / Double(tokens))
  }

  @Test func kindsOfErrorsAreToldApart() {
    let distance = EditDistance(reference: Array("kitten"), hypothesis: Array("sittings"))
    #expect(distance.substitutions == 2)
    #expect(distance.deletions == 0)
    #expect(distance.insertions == 2)
    #expect(EditDistance(reference: Array("abc"), hypothesis: []).deletions == 3)
  }

  @Test func errorRatesAreAveragedOverTokensAndNotOverUtterances() {
    let rate = Metrics.tokenErrorRate([
      (reference: ["a"], hypothesis: ["b"]),
      (reference: ["a", "b", "c"], hypothesis: ["a", "b", "c"]),
    ])
    #expect(rate == 0.25)
    #expect(Metrics.tokenErrorRate([(reference: ["a"], hypothesis: ["b", "c", "d"])]) == 3)
    #expect(Metrics.tokenErrorRate([(reference: [String](), hypothesis: [])]) == 0)
    #expect(Metrics.tokenErrorRate([(reference: [], hypothesis: ["a"])]) == .infinity)
  }

  @Test func accuracyIsTheShareOfEqualPairs() {
    #expect(Metrics.accuracy([(1, 1), (2, 3), (4, 4), (5, 5)].map { ($0.0, $0.1) }) == 0.75)
    #expect(Metrics.accuracy([(reference: Int, hypothesis: Int)]()) == 0)
  }

  @Test func chanceNamesTheMostFrequentTrainingClass() {
    let test = ["a", "b", "b", "b"]
    #expect(Metrics.majorityAccuracy(training: ["a", "a", "b"], test: test) == 0.25)
    #expect(Metrics.majorityAccuracy(training: ["b", "a"], test: test) == 0.25)
    #expect(Metrics.majorityAccuracy(training: [], test: test) == 0)
  }
}
