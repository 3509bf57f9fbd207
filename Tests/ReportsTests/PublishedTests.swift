import Experiment
import Testing

@testable import Reports

/// Published numbers beside ours, and scores with published anchors.
@Suite struct PublishedTests {
  private func value(
    _ method: String, _ metric: String, _ number: Double,
    _ measured: PublishedValue.Measured?, fineTuned: String? = "phones-nl"
  ) -> PublishedValue {
    PublishedValue(
      experiment: "table", model: "tiny", fineTunedOn: "phones", method: method, metric: metric,
      value: number, source: "an image", measured: measured, fineTuned: fineTuned)
  }

  private func made() throws -> MadeUpExperiment {
    var made = try MadeUpExperiment.small()
    let phones = PublishedValue.Measured.metric("PER", tasks: ["phones-nl"])
    made.plan.published = .init(
      name: "paper", citation: "By somebody.",
      values: [
        value("pre-trained", "PR PER", 70, phones), value("stable-ft", "PR PER", 60, phones),
        value("speech-ft α=0.25", "PR PER", 61.25, phones),
        value("speech-ft", "SUPERB_S", 900, .score),
        value("stable-ft", "SF slot-type F1", 88.54, nil),
        value("stable-ft", "PR PER", 50, phones, fineTuned: nil),
      ])
    return made
  }

  @Test func oursStandBesideThemWhereTheyAreAndTheirsAlone() throws {
    let made = try made()
    let results = try Results(plan: made.plan, source: made.source)
    let table = try #require(PublishedTable(results: results, score: Score(results)).table())
    let rows = table.rows.map { zip($0, table.columns).map { $0.text(in: $1) } }
    let pretrained = try #require(results.rows.first { $0.isPretrained })
    let mean = try #require(pretrained.estimate(results.tasks[0]).mean)
    #expect(
      rows[0] == [
        "pre-trained", "PR PER", "70.00", "Pre-trained", "70.4 ± 1.0",
        NumberText.signed(mean - 70, 2), "an image", "table",
      ])
    #expect(rows[1][3] == "Stable-FT" && rows[1][5].hasPrefix("+"))
    // α 0.25 was not made here, slots are not measured, and the last fine-tuning is not ours.
    for row in [rows[2], rows[4], rows[5]] { #expect(Array(row[3...5]) == ["", "", ""]) }
    // A setting that was not published may be any of ours.
    #expect(rows[3][3] == "Speech-FT α 0.5" && rows[3][4].hasPrefix("−"))
    #expect(table.notes[0] == "Published (paper): By somebody.")
    #expect(table.groups.map(\.title) == ["tiny, fine-tuned on phones"])
  }

  @Test func theWideTableSetsOursTheirsAndTheDifferenceIntoOneCell() throws {
    let made = try made()
    let results = try Results(plan: made.plan, source: made.source)
    let table = try #require(PublishedTable(results: results, score: Score(results)).wide())
    // The score last.
    #expect(
      table.columns.map(\.title) == [
        "Published method", "Row here", "PR PER", "SF slot-type F1", "SUPERB_S",
      ])
    let rows = table.rows.map { zip($0, table.columns).map { $0.text(in: $1) } }
    let pretrained = try #require(results.rows.first { $0.isPretrained })
    let mean = try #require(pretrained.estimate(results.tasks[0]).mean)
    #expect(
      rows[0] == [
        "pre-trained", "Pre-trained", "70.4 ± 1.0 / 70.00 / \(NumberText.signed(mean - 70, 2))", "",
        "",
      ])
    #expect(rows[1][1] == "Stable-FT" && rows[1][3] == "– / 88.54")
    #expect(rows[2] == ["speech-ft α=0.25", "", "– / 61.25", "", ""])
    #expect(rows[3][1] == "Speech-FT α 0.5" && rows[3][4].contains(" / 900.00 / −"))
    #expect(
      table.csv.hasPrefix(
        "fine-tuned on,published method,row,PR PER here,PR PER published,PR PER difference,"))
    let document = ReportOutline(results: results).document()
    #expect(document.tables.contains { $0.name == "published-wide" })
  }

  @Test func whatIsNotMeasuredYetIsShownAsSuch() throws {
    let made = try made()
    let results = try Results(plan: made.plan, source: MeasurementsInMemory())
    let table = try #require(PublishedTable(results: results, score: Score(results)).table())
    #expect(table.rows.map { $0[4].text(in: table.columns[4]) } == ["–", "–", "", "n/a", "", ""])
    #expect(table.rows.map { $0[2].text(in: table.columns[2]) }.first == "70.00")
    let plain = try MadeUpExperiment.small()
    let without = try Results(plan: plain.plan, source: plain.source)
    #expect(PublishedTable(results: without, score: nil).table() == nil)
  }
}
