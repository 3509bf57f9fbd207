import Artifacts
import Experiment
import Foundation
import Testing

@testable import Reports

@Suite struct ReportTests {
  /// The small experiment with two numbers of one row and one of another missing.
  private func partial() throws -> MadeUpExperiment {
    var made = try MadeUpExperiment.small()
    made.addTests()
    made.forget(label: "evaluate tones-zh · Stable-FT · phones-nl · seed 2")
    for seed in 1...2 {
      made.forget(label: "evaluate voices · L2-SP λ 0.1 · phones-nl · seed \(seed)")
    }
    return made
  }

  @Test(arguments: [
    "report.md", "comparison.csv", "comparison.tex", "alpha.csv", "alpha.tex", "similarity.csv",
    "similarity.tex", "held-out.csv", "trade-off.csv", "tests.csv", "paired.csv", "paired.tex",
  ])
  func equalsTheGoldenFile(_ name: String) throws {
    let folder = try TemporaryFolder()
    let made = try partial()
    try ReportWriter(
      plan: made.plan, source: made.source, folder: folder.path, renderer: BlankFigures(),
      draws: 400
    ).write()
    let found = try folder.text(name)
    #expect(try found == Golden.text(name, found: found))
  }

  @Test func saysWhichStagesAreMissing() throws {
    let made = try partial()
    let folder = try TemporaryFolder()
    let outcome = try ReportWriter(
      plan: made.plan, source: made.source, folder: folder.path, renderer: BlankFigures(),
      draws: 400
    ).write()
    #expect(outcome.missingCount == 3)
    #expect(outcome.figureProblem == nil)
    let text = try folder.text("report.md")
    #expect(
      text.contains(
        "> This report is partial: 3 numbers of 52 are missing. The stages are named at its end."))
    #expect(text.contains("- evaluate voices · L2-SP λ 0.1 · phones-nl · seed 1 ("))
  }

  @Test func reportsNothingAsNothing() throws {
    let made = try MadeUpExperiment.small()
    let folder = try TemporaryFolder()
    try ReportWriter(
      plan: made.plan, source: MeasurementsInMemory(), folder: folder.path,
      renderer: BlankFigures(), draws: 400
    ).write()
    let text = try folder.text("report.md")
    #expect(text.contains("Nothing has been measured yet."))
    #expect(!text.contains("| 0.0"))
    #expect(!text.contains("n/a |  |  |\n| Stable-FT | 0"))
  }

  @Test func equalNumbersGiveEqualBytes() throws {
    let made = try partial()
    let folders = [try TemporaryFolder(), try TemporaryFolder()]
    for folder in folders {
      try ReportWriter(
        plan: made.plan, source: made.source, folder: folder.path, renderer: BlankFigures(),
        draws: 400
      ).write()
    }
    let files = try folders.map { try $0.files() }
    #expect(files[0].count > 15)
    #expect(files[0] == files[1])
  }

  @Test func thePageEscapesTitlesAndNeedsNoOtherFile() throws {
    let made = try partial()
    let folder = try TemporaryFolder()
    try ReportWriter(
      plan: made.plan, source: made.source, folder: folder.path, renderer: BlankFigures(),
      draws: 400
    ).write()
    let page = try folder.text("report.html")
    #expect(!page.contains("<script"))
    #expect(page.contains("Voice &lt;script&gt;alert(1)&lt;/script&gt;"))
    #expect(page.contains("Channel &amp; speaker_set"))
    #expect(!page.contains("src="))
    #expect(!page.contains("<link"))
    #expect(page.contains("<svg id=\"alpha-phones-nl\" role=\"img\">"))
    #expect(!page.contains("{{"))
  }

  @Test func removesWhatAnEarlierReportLeftAndNothingElse() throws {
    let made = try MadeUpExperiment.small()
    let folder = try TemporaryFolder()
    let manager = FileManager.default
    try manager.createDirectory(
      atPath: folder.path + "/figures", withIntermediateDirectories: true)
    for name in ["figures/alpha-old.svg", "figures/mine.svg", "similarity-old.csv", "notes.csv"] {
      _ = manager.createFile(atPath: folder.path + "/" + name, contents: Data("x".utf8))
    }
    try ReportWriter(
      plan: made.plan, source: made.source, folder: folder.path, renderer: BlankFigures(),
      draws: 400
    ).write()
    let files = try folder.files()
    #expect(files["figures/alpha-old.svg"] == nil)
    #expect(files["similarity-old.csv"] == nil)
    #expect(files["figures/mine.svg"] != nil)
    #expect(files["notes.csv"] != nil)
  }

  @Test func writesNothingIntoAFolderThatIsAFile() throws {
    let made = try MadeUpExperiment.small()
    let folder = try TemporaryFolder()
    let blocked = folder.path + "/taken"
    _ = FileManager.default.createFile(atPath: blocked, contents: Data())
    #expect(throws: StorageError.self) {
      try ReportWriter(
        plan: made.plan, source: made.source, folder: blocked, renderer: BlankFigures(), draws: 400
      ).write()
    }
  }

  @Test func severalModelsAreNamedInTheirRows() throws {
    var made = try MadeUpExperiment.small()
    for var cell in made.plan.cells where cell.model != nil {
      cell.model = "other"
      made.plan.cells.append(cell)
    }
    let results = try Results(plan: made.plan, source: made.source)
    #expect(results.models == ["tiny", "other"])
    #expect(
      results.groups.map(\.title) == [
        "tiny, fine-tuned on Dutch phonemes", "other, fine-tuned on Dutch phonemes",
      ])
    #expect(results.groups.last?.rows.first.map(results.title) == "Regular fine-tuning (other)")
  }
}
