import Testing

@testable import Scoring

/// Against NIST's md-eval and pyannote.metrics.
@Suite struct DiarizationTests {
  private struct Case: Decodable {
    struct Seconds: Decodable {
      var collar: Double?
      var speech: Double
      var missed: Double
      var falseAlarms: Double
      var confused: Double
    }
    struct Turn: Decodable {
      var turn: SpeakerTurn

      init(from decoder: any Decoder) throws {
        var fields = try decoder.unkeyedContainer()
        turn = SpeakerTurn(
          speaker: try fields.decode(String.self), start: try fields.decode(Double.self),
          end: try fields.decode(Double.self))
      }
    }
    var reference: [Turn]
    var hypothesis: [Turn]
    var nist: [Seconds]
    var pyannote: Seconds
  }

  private func difference(_ found: DiarizationErrors, _ expected: Case.Seconds) -> Double {
    max(
      abs(found.speech - expected.speech), abs(found.missed - expected.missed),
      abs(found.falseAlarms - expected.falseAlarms), abs(found.confused - expected.confused))
  }

  @Test func secondsAreThoseOfMdEvalAndPyannote() throws {
    let cases: [Case] = try Fixture.json("diarization.json")
    #expect(cases.count == 48)
    for (index, entry) in cases.enumerated() {
      let reference = entry.reference.map(\.turn)
      let hypothesis = entry.hypothesis.map(\.turn)
      for nist in entry.nist {
        let collar = try #require(nist.collar)
        let found = DiarizationErrors(
          reference: reference, hypothesis: hypothesis, collar: collar)
        #expect(difference(found, nist) < 1e-8, "case \(index), collar \(collar): \(found)")
        if collar == 0 { #expect(difference(found, entry.pyannote) < 1e-9, "case \(index)") }
      }
    }
  }

  @Test func overlappingTurnsOfOneSpeakerAreOne() {
    let errors = DiarizationErrors(
      reference: [.init(speaker: "a", start: 0, end: 3), .init(speaker: "a", start: 2, end: 4)],
      hypothesis: [.init(speaker: "x", start: 1, end: 4), .init(speaker: "x", start: 1, end: 2)])
    #expect(errors.speech == 4)
    #expect(errors.missed == 1)
    #expect(errors.falseAlarms == 0)
    #expect(errors.confused == 0)
  }

  @Test func nothingHeardIsAllMissed() {
    let errors = DiarizationErrors(
      reference: [.init(speaker: "a", start: 0.5, end: 3)], hypothesis: [])
    #expect(errors.missed == 2.5)
    #expect(errors.speech == 2.5)
  }

  /// Every assignment tried.
  @Test func theHeaviestAssignmentIsFound() {
    func best(_ weights: [[Double]], _ row: Int = 0, _ taken: Set<Int> = []) -> Double {
      guard row < weights.count else { return 0 }
      let without = best(weights, row + 1, taken)
      return weights[row].indices.filter { !taken.contains($0) }.reduce(without) {
        max($0, weights[row][$1] + best(weights, row + 1, taken.union([$1])))
      }
    }
    var numbers = SplitMix64(seed: 3)
    for _ in 0..<200 {
      let (rows, columns) = (1 + numbers.next(below: 5), 1 + numbers.next(below: 5))
      let weights = (0..<rows).map { _ in
        (0..<columns).map { _ in Double(max(0, numbers.next(below: 30) - 10)) }
      }
      let chosen = Assignment.heaviest(weights)
      let used = chosen.compactMap(\.self)
      #expect(Set(used).count == used.count)
      #expect(used.count == min(rows, columns))
      let sum = zip(weights, chosen).reduce(0) { $0 + ($1.1.map { [row = $1.0] in row[$0] } ?? 0) }
      #expect(sum == best(weights))
    }
    #expect(Assignment.heaviest([]) == [])
    #expect(Assignment.heaviest([[], []]) == [nil, nil])
  }
}
