import Testing

@testable import Speech

/// Which recordings SUPERB's training draws, and which part of each.
@Suite struct TrainingDrawsTests {
  private struct Oracle: Decodable {
    var labels: [String]
    var weights: [Double]
  }

  @Test func weightsAreS3prlsAndDrawEveryClassEquallyOften() throws {
    let oracle: Oracle = try Fixture.json("heads/sampling.json")
    let balance = ClassBalance(oracle.labels)
    #expect(balance.weights == oracle.weights)
    var draws: [String: Int] = [:]
    for draw in 0..<4000 {
      let place = try #require(balance.place(of: (Double(draw) + 0.5) / 4000))
      draws[oracle.labels[place], default: 0] += 1
    }
    #expect(draws == ["yes": 1000, "no": 1000, "_unknown_": 1000, "_silence_": 1000])
    #expect(balance.place(of: 0) == 0 && balance.place(of: 1.0.nextDown) == 11)
    #expect(ClassBalance([String]()).place(of: 0.5) == nil)
  }

  @Test func everyStartOfACropIsEquallyLikely() {
    let crop = TrainingCrop(least: 2, longest: 4)
    #expect(crop.samples(of: 2, draw: 0) == nil)
    #expect(crop.samples(of: 3, draw: 0.9) == 0..<3)
    #expect(crop.samples(of: 4, draw: 0.9) == 0..<4)
    let starts = (0..<30).map { crop.samples(of: 6, draw: (Double($0) + 0.5) / 30) }
    for start in 0..<3 { #expect(starts.count { $0 == start..<start + 4 } == 10) }
    #expect(TrainingCrop.speakerVerification.samples(of: 32_000, draw: 0) == nil)
    #expect(TrainingCrop.speakerIdentification.samples(of: 128_001, draw: 0.99) == 1..<128_001)
  }
}
