import Foundation
import Testing

@testable import Scoring

/// What an evaluation keeps of a test, against `Scorer`, which is held against sclite, s3prl and numpy.
@Suite struct ScoredTestTests {
  private typealias Side = (String, String, String, String)

  private let sides: [Side] = [
    ("1", "an", "play <artist>sting</artist> now", "play <artist>sing</artist> no"),
    ("2", "an", "a <time>five</time>", "a five"),
    ("3", "bo", "call <name>bo</name>", "call <name>bob</name> <time>it</time>"),
    ("4", "bo", "<name>al</name> <time>six</time>", "<name>al</name> <time>six</time>"),
  ]

  private func report(_ task: ScoreTask) throws -> ScoreReport {
    func file(_ text: (Side) -> String) throws -> ScoreFile {
      ScoreFile(
        name: "file",
        text: try sides.map { side in
          let object = ["id": side.0, "speaker": side.1, "text": text(side)]
          return String(decoding: try JSONEncoder().encode(object), as: UTF8.self)
        }.joined(separator: "\n"))
    }
    return try Scorer(
      task, reference: file { $0.2 }, hypothesis: file { $0.3 }
    ).report()
  }

  private func expect(_ test: ScoredTest, is report: ScoreReport) throws {
    let (values, intervals) = (try #require(test.values), try #require(test.intervals()))
    for (index, metric) in report.metrics.enumerated() {
      #expect(abs(100 * values[index] - metric.value) < 1e-12)
      #expect(abs(100 * intervals[index].low - (metric.interval?.low ?? -1)) < 1e-9)
      #expect(abs(100 * intervals[index].high - (metric.interval?.high ?? -1)) < 1e-9)
    }
  }

  private func unit(_ index: Int) -> ScoredTest.Unit {
    ScoredTest.Unit(sides[index].0, group: sides[index].1, parts: [])
  }

  @Test func wordsAreScoredAsFilesOfThemAre() throws {
    let test = ScoredTest.words(sides.indices.map { (unit($0), sides[$0].2, sides[$0].3) })
    try expect(test, is: report(.wer))
  }

  @Test func slotsAreScoredAsFilesOfThemAre() throws {
    let test = ScoredTest.slots(sides.indices.map { (unit($0), sides[$0].2, sides[$0].3) })
    try expect(test, is: report(.sf))
  }

  @Test func charactersAreScoredAsFilesOfThemAre() throws {
    let test = ScoredTest.tokens(
      sides.indices.map {
        (unit($0), sides[$0].2.map(String.init), sides[$0].3.map(String.init))
      })
    try expect(test, is: report(.cer))
  }

  @Test func trialsGiveTheEqualErrorRateOfTheirFile() throws {
    let trials: [(String, String, Double, Bool)] = [
      ("a", "b", 0.9, true), ("a", "c", 0.4, false), ("b", "c", 0.6, false), ("b", "d", 0.5, true),
      ("c", "d", 0.2, false), ("c", "e", 0.7, true), ("d", "e", 0.1, false),
    ]
    let lines = trials.map { "\($0.0) \($0.1) \($0.2)" }.joined(separator: "\n")
    let labels = trials.map { "\($0.3 ? 1 : 0) \($0.0) \($0.1)" }.joined(separator: "\n")
    let report = try Scorer(
      .asv, reference: ScoreFile(name: "labels", text: labels),
      hypothesis: ScoreFile(name: "scores", text: lines)
    ).report()
    let test = ScoredTest(
      .verification,
      trials.map { ScoredTest.Unit("\($0.0) \($0.1)", parts: [$0.2, $0.3 ? 1 : 0]) })
    #expect(abs(100 * (test.values?[0] ?? -1) - report.metrics[0].value) < 1e-12)
    let interval = try #require(test.intervals()).first
    #expect(abs(100 * (interval?.low ?? -1) - (report.metrics[0].interval?.low ?? -2)) < 1e-9)
  }

  @Test func queriesGiveTheTermWeightedValueOfTheirFile() throws {
    // Of the third nothing is to be found: it counts for nothing, here and in the file.
    let queries: [[(Double, Bool)]] = [
      [(0.9, true), (0.1, false), (0.3, false)], [(0.2, true), (0.8, false), (0.1, true)],
      [(0.5, false), (0.4, false), (0.3, false)],
    ]
    var (labels, scores) = ("", "")
    for (query, trials) in queries.enumerated() {
      for (document, trial) in trials.enumerated() {
        labels += "\(trial.1 ? 1 : 0) q\(query) d\(document)\n"
        scores += "q\(query) d\(document) \(trial.0)\n"
      }
    }
    let report = try Scorer(
      .qbe, reference: ScoreFile(name: "labels", text: labels),
      hypothesis: ScoreFile(name: "scores", text: scores)
    ).report()
    let test = ScoredTest(
      .terms,
      queries.enumerated().map { query, trials in
        ScoredTest.Unit("q\(query)", parts: trials.flatMap { [$0.0, $0.1 ? 1 : 0] })
      })
    #expect(report.metrics[0].value > 0)
    #expect(abs((test.values?[0] ?? -1) - report.metrics[0].value) < 1e-12)
  }

  @Test func itIsReadBackAsItWasWritten() throws {
    let test = ScoredTest.slots(sides.indices.map { (unit($0), sides[$0].2, sides[$0].3) })
    let bytes = try JSONEncoder().encode(test)
    #expect(try JSONDecoder().decode(ScoredTest.self, from: bytes) == test)
  }
}
