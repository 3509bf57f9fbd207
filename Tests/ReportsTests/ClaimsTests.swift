import Experiment
import Testing

@testable import Reports

@Suite struct ClaimsTests {
  private func sentences(_ seeds: [UInt64]) throws -> [String] {
    let made = try MadeUpExperiment.small(seeds: seeds)
    let results = try Results(plan: made.plan, source: made.source)
    return MethodClaims(results: results).sentences(try #require(results.groups.first))
  }

  @Test func twoAgreeingSeedsAreNoEvidence() {
    let evidence = SeedEvidence(Estimate([1: 0.4, 2: 2], planned: 2))
    #expect(evidence == .agreeing(count: 2, chance: 0.5))
    #expect(
      evidence.sentence
        == "Both seeds agree on the sign, which chance alone gives in 50 % of cases: with 2 seeds this is "
        + "not evidence of a difference.")
  }

  @Test func evidenceTakesSixSeeds() {
    func evidence(_ count: Int) -> String {
      let values = (1...count).map { (UInt64($0), -1 - Double($0)) }
      return SeedEvidence(Estimate(Dictionary(uniqueKeysWithValues: values), planned: count))
        .sentence
    }
    #expect(evidence(5).hasSuffix("with 5 seeds this is not evidence of a difference."))
    #expect(
      evidence(6)
        == "All 6 seeds agree on the sign (sign test, p = 0.031): evidence of a difference on these "
        + "recordings with this encoder, not beyond them.")
  }

  @Test func seedsThatDisagreeShowNoDifference() {
    #expect(
      SeedEvidence(Estimate([1: -0.1, 2: 2], planned: 2)).sentence
        == "The 2 seeds do not agree on the sign: no difference is shown.")
    #expect(SeedEvidence(Estimate([1: 0, 2: 2], planned: 2)) == .mixed(count: 2))
    #expect(
      SeedEvidence(Estimate([1: 1], planned: 2)).sentence
        == "With 1 seed no spread can be stated, so this orders nothing.")
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
    #expect(pair.wins == 2)
    #expect(pair.losses == 1)
    let own = pair.difference(over: results.tasks.filter { $0.name == "phones-nl" })
    #expect(own.count == 3)
    #expect(try #require(own.mean) < 0)
  }

  @Test func sentencesNameNumbersPairsAndIntervals() throws {
    let stated = try sentences([1, 2])
    #expect(stated.count == 6)
    #expect(
      stated.first
        == "Speech-FT α 0.5 exceeds Pre-trained on 3 of 3 tasks (mean +2.4 points, paired over 2 "
        + "seeds, 95 % interval −3.6…+8.4; fine-tuned task +5.5 (−2.3…+13.4), the others +0.8 "
        + "(−4.3…+6.0)). Both seeds agree on the sign, which chance alone gives in 50 % of cases: with 2 seeds this is not evidence of a difference."
    )
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
      let results = try Results(plan: made.plan, source: made.source)
      return MethodClaims(results: results).sentences(try #require(results.groups.first))
        .filter { $0.contains("mine") }
    }
    let stated = try sentences(alpha: 1)
    #expect(stated.count == 1)
    #expect(
      stated.first?.hasPrefix("mine falls below Stable-FT on 2 of 3 tasks (") == true, "\(stated)")
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
