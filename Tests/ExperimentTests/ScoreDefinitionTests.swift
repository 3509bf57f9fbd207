import Foundation
import Testing

@testable import Experiment

/// Scores with published anchors, and published numbers beside an experiment's.
@Suite struct ScoreDefinitionTests {
  private static let experiments = URL(fileURLWithPath: #filePath)
    .appendingPathComponent("../../../experiments").standardized.path

  private func text(_ name: String) throws -> String {
    try String(contentsOfFile: "\(Self.experiments)/\(name)", encoding: .utf8)
  }

  private func published() throws -> PublishedResults {
    try PublishedResults(
      csv: text("published/speech-ft.csv"), name: "speech-ft", file: "speech-ft.csv")
  }

  private func score(_ name: String) throws -> ScoreDefinition {
    try ScoreDefinition(yaml: text("scores/\(name).yaml"), file: "scores/\(name).yaml")
  }

  @Test func theFormulaGivesThePublishedScoresOfItsRows() throws {
    let (lines, score) = (
      try published().lines.filter { $0.experiment == "superb-s" }, try score("superb-s")
    )
    var checked = 0
    for published in lines where published.metric == score.title {
      let row = lines.filter { $0.model == published.model && $0.method == published.method }
      let value = score.value { task, metric in
        row.first { $0.metric == "\(task) \(metric)" }?.value
      }
      #expect(abs(try #require(value) - published.value) < 0.01, "\(published)")
      checked += 1
    }
    #expect(checked == 6)
    // Nothing is scored without all of it.
    #expect(score.value { task, _ in task == "SF" ? nil : 50 } == nil)
    #expect(try self.score("superb-full").value { _, _ in 50 } == nil)
  }

  @Test func publishedNumbersAreReadWithWhoseTheyAre() throws {
    let found = try published()
    #expect(found.citation.contains("arXiv 2502.12672"))
    #expect(found.lines.count == 76)
    #expect(
      found.lines[0]
        == .init(
          experiment: "superb-s", model: "hubert-base", fineTunedOn: "asr-tedlium",
          method: "pre-trained", metric: "PR PER", value: 5.17, source: "authors' image"))
    #expect(found.experiments.first == "superb-s" && found.experiments.count == 6)
  }

  @Test func badLinesOfPublishedNumbersAreNamed() throws {
    let head = PublishedResults.columns.joined(separator: ",")
    let error = #expect(throws: SpecError.self) {
      try PublishedResults(
        csv: "# by us\n\(head)\na,b,c,d,e,x,g\na,b\n", name: "p", file: "p.csv")
    }
    #expect(
      error?.description == """
        p.csv:3:1: 'value' must be a number, not 'x'
        p.csv:4:1: 2 fields; a line has 7
        """)
    let headless = #expect(throws: SpecError.self) {
      try PublishedResults(csv: "a,b\n", name: "p", file: "p.csv")
    }
    #expect(headless?.description == "p.csv:1:1: the head must be '\(head)'")
    let empty = #expect(throws: SpecError.self) {
      try PublishedResults(csv: "", name: "p", file: "p.csv")
    }
    #expect(empty?.description == "p.csv:1:1: the file is empty; its head is '\(head)'")
  }

  @Test func badScoresAreNamed() throws {
    let error = #expect(throws: SpecError.self) {
      try ScoreDefinition(
        yaml: """
          score: s
          title: S
          source: here
          tasks:
            PR:
              PER: { floor: { is: 5, from: x }, ceiling: { is: 5, from: y } }
              CER: { floor: { is: 5 }, ceiling: 7 }
          """, file: "s.yaml")
    }
    #expect(
      error?.description == """
        s.yaml:6:10: 'floor' and 'ceiling' are the same; between them nothing can be scored
        s.yaml:7:19: 'floor' lacks 'from'; add it
        s.yaml:7:39: 'ceiling' must be a mapping, not '7'
        """)
  }

  @Test func csvFieldsMayHoldCommasQuotesAndLineEnds() {
    let lines = CSVText.lines("a,\"b,\"\"c\"\"\nd\",\r\n\r\n\"\",e\nlast")
    #expect(lines.map(\.fields) == [["a", "b,\"c\"\nd", ""], ["", "e"], ["last"]])
    #expect(lines.map(\.number) == [1, 4, 5])
  }

  @Test func methodsArePublishedWithOrWithoutTheirSetting() {
    func value(_ method: String) -> PublishedValue {
      PublishedValue(
        experiment: "e", model: "m", fineTunedOn: "t", method: method, metric: "PR PER", value: 1,
        source: "s")
    }
    let speech = MethodPoint(name: "speech-ft", title: "Speech-FT α 0.25", alpha: 0.25)
    let early = MethodPoint(name: "early-checkpoint", title: "Early checkpoint 20%")
    #expect(value("speech-ft α=0.25").isOf(speech) && value("speech-ft").isOf(speech))
    #expect(!value("speech-ft α=0.5").isOf(speech) && !value("stable-ft").isOf(speech))
    #expect(value("early-checkpoint 20%").isOf(early) && !value("early-checkpoint 5%").isOf(early))
  }
}
