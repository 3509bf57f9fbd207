import Experiment
import Testing

@testable import Reports

@Suite struct ClaimsTests {
  private func results(_ seeds: [UInt64]) throws -> Results {
    var made = try MadeUpExperiment.small(seeds: seeds)
    made.addTests()
    return try Results(plan: made.plan, source: made.source, draws: 400)
  }

  private func sentences(_ results: Results) throws -> [String] {
    MethodClaims(results: results).sentences(try #require(results.groups.first))
  }

  @Test func pairsOnlySeedsThatBothRowsHave() throws {
    var made = try MadeUpExperiment.small(seeds: [1, 2, 3])
    made.forget(label: "evaluate voices · Stable-FT · phones-nl · seed 2")
    let results = try Results(plan: made.plan, source: made.source)
    func row(_ title: String) throws -> ResultRow {
      try #require(results.rows.first { $0.method.title == title })
    }
    let pair = PairedComparison(
      try row("Speech-FT α 0.5"), try row("Stable-FT"), tasks: results.tasks)
    #expect(pair.overall.values.map(\.seed) == [1, 3])
    let own = pair.difference(over: results.tasks.filter { $0.name == "phones-nl" })
    #expect(own.count == 3)
    #expect(try #require(own.mean) < 0)
  }

  /// The same difference, interval and corrected p as in the table.
  @Test func sentencesQuoteTheTableOfPairedDifferences() throws {
    let results = try results([1, 2, 3])
    let family = PairedFamily(results)
    let stated = try sentences(results)
    // Speech-FT against four, Stable-FT against two.
    #expect(stated.count == 6)
    let group = try #require(results.groups.first)
    let lead = try #require(group.lead(results.tasks))
    let pretrained = try #require(group.pretrained)
    func told(_ tasks: [TaskColumn]) throws -> PairedFamily.Told {
      try #require(family.pair(lead.row, pretrained, over: tasks)?.told)
    }
    let overall = try told(results.tasks)
    let verdict = overall.isShown ? " exceeds Pre-trained" : " and Pre-trained are not told apart"
    #expect(
      stated.first
        == "Speech-FT α 0.5\(verdict) over all tasks: \(overall.shortWords); fine-tuned task "
        + "\(try told(group.own(results.tasks)).shortWords), the others "
        + "\(try told(group.others(results.tasks)).shortWords); over 3 seeds.")
    let table = try #require(TestTables(results: results).paired(family))
    let line = try #require(
      table.rows.first { row in
        row.prefix(3).map { $0.text(in: table.columns[0]) } == [
          "Speech-FT α 0.5", "Pre-trained", "Mean of all",
        ]
      })
    guard case .number(let value) = line[3].content, case .number(let p) = line[6].content else {
      Issue.record("no numbers")
      return
    }
    #expect(value == overall.value && p == overall.corrected)
    let answer = Answer(results: results, family: family).paragraph()
    let apart = overall.isShown ? "told apart" : "not told apart"
    #expect(
      answer.contains(
        " Speech-FT α 0.5 (chosen on the tests themselves) is in the mean of all tasks less Pre-trained "
          + "\(overall.words), \(apart); less Stable-FT "))
    #expect(
      answer.contains(" (Corrected for all \(family.count) comparisons of this report.)"))
    let limits = Limits(results: results).sentences()
    #expect(!(stated + limits + [answer]).contains { $0.contains("without a correction") })
    #expect(!(stated + limits + [answer]).contains { $0.contains("evidence") })
  }

  @Test func ofOneSeedTheReportSaysThatOnlyUnitsWereDrawn() throws {
    let results = try results([1])
    let stated = try sentences(results)
    #expect(
      stated.allSatisfy {
        $0.hasSuffix("; of one seed, so that only the tests' units were drawn.")
      },
      "\(stated)")
    let table = try #require(TestTables(results: results).paired())
    #expect(
      table.notes.contains(
        "1 seed: only units were drawn; what another seed would change is not in it."))
    #expect(table.rows.allSatisfy { $0[7].text(in: table.columns[7]) == "1" })
  }

  @Test func withoutRecordsOfUnitsNothingIsClaimed() throws {
    let made = try MadeUpExperiment.small()
    let results = try Results(plan: made.plan, source: made.source)
    let stated = try sentences(results)
    #expect(
      stated.first
        == "Speech-FT α 0.5 and Pre-trained are not compared: no record: an older version evaluated it and "
        + "kept nothing of its units, or seeds differ in them.")
    #expect(!Answer(results: results).paragraph().contains("Corrected"))
  }

  @Test func aRowAgainstItselfIsSaidToBeEqual() throws {
    let made = try MadeUpExperiment.small()
    let results = try Results(plan: made.plan, source: made.source)
    let row = try #require(results.rows.last)
    #expect(PairedComparison(row, row, tasks: results.tasks).isIdentity)
  }

  /// Against Stable-FT, once; its interpolations are left to the table.
  @Test func aTrainerOfSomebodysOwnIsComparedWithStableFineTuning() throws {
    func sentences(alpha: Double) throws -> [String] {
      var made = try MadeUpExperiment.small()
      for index in made.plan.cells.indices where made.plan.cells[index].method.name == "regular-ft"
      {
        made.plan.cells[index].method = MethodPoint(name: "mine", title: "mine", alpha: alpha)
      }
      made.addTests()
      let results = try Results(plan: made.plan, source: made.source, draws: 100)
      return try self.sentences(results).filter { $0.contains("mine") }
    }
    let stated = try sentences(alpha: 1)
    #expect(stated.count == 1)
    #expect(
      stated.first?.hasPrefix("mine and Stable-FT are not told apart over all tasks: −") == true,
      "\(stated)")
    #expect(try sentences(alpha: 0.5).isEmpty)
  }

  @Test func tasksOnWhichNoEncoderBeatsLogMelAreNamed() throws {
    let made = try MadeUpExperiment.small()
    let results = try Results(plan: made.plan, source: made.source)
    let byTask = LogMelClaims(results: results).byTask()
    #expect(byTask.count == 3)
    #expect(byTask[0].hasPrefix("Dutch phonemes: 5 of 5 encoder rows beat log-mel; the best, "))
    #expect(byTask[1].hasPrefix("Tone: no encoder row beats log-mel. The best, "))
    let byRow = LogMelClaims(results: results).byRow()
    #expect(byRow.first == "Pre-trained beats every log-mel row on 2 of 3 tasks; not on Tone.")
  }

  @Test func chanceLevelsNameTheRowsThatDoNotExceedThem() throws {
    let made = try MadeUpExperiment.small()
    let results = try Results(plan: made.plan, source: made.source)
    let limits = Limits(results: results).sentences()
    #expect(limits.contains("Tone: chance is 26.5 %; every row is above it."))
    #expect(
      limits.contains(
        "Voice <script>alert(1)</script> | a_b: chance is 8.1 %; not above it: log-mel, normalised."
      ))
    #expect(limits.contains("Tone: Channel & speaker_set are shared, 100% of them."))
  }
}
