import Testing

@testable import Scoring

/// Against s3prl's own functions.
@Suite struct SuperbMetricsTests {
  private struct Answers: Decodable {
    struct Rates: Decodable {
      var wer: Double
      var cer: Double
    }
    struct Text: Decodable {
      var reference: String
      var hypothesis: String
      var wer: Double
      var cer: Double
    }
    struct Slots: Decodable {
      struct Score: Decodable {
        var f1: Double
        var cer: Double?
      }
      struct Utterance: Decodable {
        var reference: String
        var hypothesis: String
        var f1: Double
        var cer: Double?
      }
      var all: Score
      var each: [Utterance]
    }
    struct Trials: Decodable {
      var labels: [Int]
      var scores: [Double]
      var eer: Double
      var minDCF: Double
    }
    var rates: Rates
    var texts: [Text]
    var slots: Slots
    var verification: [Trials]
  }

  private let answers: Answers

  init() throws { answers = try Fixture.json("s3prl.json") }

  @Test func wordAndCharacterErrorRatesAreS3prls() {
    var words = TokenErrors()
    var characters = TokenErrors()
    var inventory = TokenInventory()
    for text in answers.texts {
      let spoken = TokenErrors(
        reference: inventory.words(of: text.reference),
        hypothesis: inventory.words(of: text.hypothesis))
      let spelt = TokenErrors(
        reference: TokenInventory.characters(of: text.reference),
        hypothesis: TokenInventory.characters(of: text.hypothesis))
      #expect(spoken.rate == text.wer)
      #expect(spelt.rate == text.cer)
      words += spoken
      characters += spelt
    }
    #expect(answers.texts.count == 61)
    #expect(words.rate == answers.rates.wer)
    #expect(characters.rate == answers.rates.cer)
    #expect(TokenErrors().rate == nil)
  }

  @Test func slotsAreCountedAsS3prlCountsThem() {
    var (f1, errors, characters) = (0.0, 0, 0)
    for utterance in answers.slots.each {
      let found = SlotErrors(
        reference: FilledSlots(utterance.reference, isHypothesis: false),
        hypothesis: FilledSlots(utterance.hypothesis, isHypothesis: true))
      let says = "\(utterance.reference) | \(utterance.hypothesis)"
      #expect(abs(found.typeF1 - utterance.f1) < 1e-12, "\(says)")
      if let cer = utterance.cer {
        #expect(Double(found.errors) / Double(found.characters) == cer, "\(says)")
      } else {
        #expect(found.characters == 0, "\(says)")
      }
      f1 += found.typeF1
      errors += found.errors
      characters += found.characters
    }
    #expect(answers.slots.each.count == 431)
    #expect(abs(f1 / Double(answers.slots.each.count) - answers.slots.all.f1) < 1e-12)
    #expect(Double(errors) / Double(characters) == answers.slots.all.cer)
  }

  @Test func tagsAreMarks() {
    let tagged = FilledSlots("play <artist>Sting</artist>, <b> 2 < 3", isHypothesis: true)
    #expect(tagged == FilledSlots("play B-artist Sting E-artist , B-b 2 < 3", isHypothesis: true))
    #expect(tagged.names == ["artist"])
    let names = FilledSlots("<été_1.a>x</été_1.a> <a b>y</a b> <>z</>", isHypothesis: false)
    #expect(names.names == ["été_1.a"])
  }

  @Test func equalErrorRatesAndDetectionCostsAreS3prls() throws {
    #expect(answers.verification.count == 31)
    for trials in answers.verification {
      let measure = Verification(scores: trials.scores, isTarget: trials.labels.map { $0 == 1 })
      let ones = [Int](repeating: 1, count: trials.scores.count)
      let values = try #require(measure.values(ones))
      // Its search for the root ends within 2e-12.
      #expect(abs(values[0] - trials.eer) < 1e-9)
      #expect(abs(values[1] - trials.minDCF) < 1e-12)
      // Counting a trial twice is having it twice.
      let weights = trials.scores.indices.map { $0 % 3 }
      let twice = trials.scores.indices.flatMap { [Int](repeating: $0, count: weights[$0]) }
      let copied = Verification(
        scores: twice.map { trials.scores[$0] }, isTarget: twice.map { trials.labels[$0] == 1 })
      #expect(
        measure.values(weights) == copied.values([Int](repeating: 1, count: twice.count)))
    }
  }

  @Test func anEqualErrorRateNeedsBothKindsOfTrials() {
    #expect(Verification(scores: [1, 2], isTarget: [true, true]).values([1, 1]) == nil)
    #expect(Verification(scores: [1, 2], isTarget: [false, false]).values([1, 1]) == nil)
    #expect(Verification(scores: [1, 2], isTarget: [false, true]).values([1, 0]) == nil)
    #expect(Verification(scores: [], isTarget: []).values([]) == nil)
  }
}
