import Testing

@testable import Speech

/// Labels from turns and turns from outputs against s3prl's dataset and its make_rttm.py.
@Suite struct DiarizationTurnsTests {
  private struct Oracle: Decodable {
    struct Turn: Decodable {
      var speaker: String
      var start: Double
      var end: Double
    }
    struct Case: Decodable {
      var shift: Int
      var size: Int
      var pieces: [[Int]]
      var labels: [[Float]]
    }
    struct Written: Decodable {
      var threshold: Float
      var median: Int
      var shift: Int
      var turns: [[Double]]
    }
    var turns: [Turn]
    var seconds: Double
    var cases: [Case]
    var logits: [Float]
    var rttms: [Written]
  }

  private func oracle() throws -> Oracle { try Fixture.json("heads/diarization.json") }

  /// One turn covers a whole piece, begins before it and ends after: s3prl leaves it out there.
  @Test func labelsAreS3prls() throws {
    let oracle = try oracle()
    let turns = oracle.turns.map {
      DiarizationTurns.Known(speaker: $0.speaker, start: $0.start, end: $0.end)
    }
    for expected in oracle.cases {
      let frames = DiarizationTurns.frames(seconds: oracle.seconds, shift: expected.shift)
      let pieces = DiarizationTurns.pieces(frames: frames, longest: expected.size)
      #expect(pieces == expected.pieces.map { $0[0]..<$0[1] })
      for (piece, labels) in zip(pieces, expected.labels) {
        let found = try DiarizationTurns.labels(
          turns, frames: piece, speakers: 2, shift: expected.shift)
        #expect(found == labels, "\(piece) of \(expected.size)")
      }
    }
    // In the fourth second speaks abe, the first column, from before it until after it.
    let whole = oracle.cases[2].labels[3]
    #expect(stride(from: 0, to: whole.count, by: 2).allSatisfy { whole[$0] == 0 })
    #expect(whole.contains(1))
  }

  @Test func turnsAreThoseThatS3prlWrites() throws {
    let oracle = try oracle()
    for expected in oracle.rttms {
      let found = try DiarizationTurns.decoded(
        oracle.logits, speakers: 2, threshold: expected.threshold, median: expected.median,
        shift: expected.shift)
      #expect(
        found.map { [Double($0.speaker), $0.start, $0.duration] } == expected.turns
          && expected.turns.count > 5, "median of \(expected.median)")
    }
  }

  @Test func whatFitsNoHeadIsRefused() throws {
    let turns = ["a", "c", "b"].map {
      DiarizationTurns.Known(speaker: $0, start: 0, end: 1)
    }
    let many = #expect(throws: HeadError.self) {
      _ = try DiarizationTurns.labels(turns, frames: 0..<10, speakers: 2, shift: 320)
    }
    #expect(
      many?.description
        == "turns of 3 speakers (a, b, c), but the head has 2 outputs: take recordings with fewer, "
        + "or more outputs")
    let even = #expect(throws: HeadError.self) {
      _ = try DiarizationTurns.decoded(
        [0, 0], speakers: 2, threshold: 0.5, median: 10, shift: 320)
    }
    #expect(even?.description == "a median over 10 frames: choose an odd number")
  }
}
