import Experiment
import Testing

@testable import Reports

@Suite struct ScoreTests {
  private func row(_ results: Results, _ title: String) throws -> ResultRow {
    try #require(results.rows.first { $0.method.title == title })
  }

  /// 1000 · mean of (x − floor) / (ceiling − floor), worked out here from the records themselves.
  @Test func isTheMeanShareOfTheWayFromFloorToCeiling() throws {
    let made = try MadeUpExperiment.small()
    let results = try Results(plan: made.plan, source: made.source)
    let score = try #require(Score(results))
    let stable = try row(results, "Stable-FT")
    let floor = try row(results, "log-mel")
    var expected: [UInt64: Double] = [:]
    for seed in [UInt64(1), 2] {
      var sum = 0.0
      for (task, ceiling) in [("phones-nl", 0.0), ("tones-zh", 100), ("voices", 100)] {
        let base = try #require(floor.evaluations[task]?[1]?.value)
        let other = try #require(floor.evaluations[task]?[2]?.value)
        let mean = (base + other) / 2
        let value = try #require(stable.evaluations[task]?[seed]?.value)
        sum += (value - mean) / (ceiling - mean)
      }
      expected[seed] = 1000 * sum / 3
    }
    let estimate = score.estimate(stable)
    for (seed, value) in expected {
      #expect(abs(try #require(estimate[seed]) - value) < 1e-9)
    }
    #expect(abs(try #require(score.estimate(floor).mean)) < 1e-9)
  }

  @Test func lessErrorIsAHigherScore() throws {
    let made = try MadeUpExperiment.small()
    let results = try Results(plan: made.plan, source: made.source)
    let phones = try #require(Score(results)?.anchors.first)
    #expect(phones.ceiling == 0)
    #expect((60 - phones.floor) / (phones.ceiling - phones.floor) > 0)
  }

  @Test func aSeedThatLacksATaskHasNoScore() throws {
    var made = try MadeUpExperiment.small()
    made.forget(label: "evaluate tones-zh · Stable-FT · phones-nl · seed 2")
    let results = try Results(plan: made.plan, source: made.source)
    let score = try #require(Score(results))
    let estimate = score.estimate(try row(results, "Stable-FT"))
    #expect(estimate.values.map(\.seed) == [1])
    #expect(!estimate.isComplete)
  }

  @Test func withoutAFloorNothingIsScored() throws {
    var made = try MadeUpExperiment.small()
    for seed in 1...2 { made.forget(label: "evaluate voices · log-mel · none · seed \(seed)") }
    let results = try Results(plan: made.plan, source: made.source)
    let score = try #require(Score(results))
    #expect(!score.isDefined)
    #expect(score.estimate(try row(results, "Stable-FT")).count == 0)
    let table = ComparisonTables(results: results, score: score).comparison()
    #expect(table.markdown.contains("| n/a |"))
    #expect(
      table.notes.last
        == "Score: n/a, because an anchor is missing for Voice <script>alert(1)</script> | a_b "
        + "(floor: the row “log-mel”).")
  }
}
