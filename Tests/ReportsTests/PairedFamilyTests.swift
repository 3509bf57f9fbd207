import Experiment
import Scoring
import Testing

@testable import Reports

/// Which differences a report tests, and what they are made of.
@Suite struct PairedFamilyTests {
  private func results(_ made: MadeUpExperiment, draws: Int = 300) throws -> Results {
    var made = made
    made.addTests()
    return try Results(plan: made.plan, source: made.source, draws: draws)
  }

  private func subjects(_ family: PairedFamily, _ first: String, _ second: String) -> [String] {
    family.pairs.filter { $0.first.method.title == first && $0.second.method.title == second }
      .map(\.subject.title)
  }

  @Test func speechFTIsComparedWithEveryOtherMethodInMetricsMeansAndScore() throws {
    let family = PairedFamily(try results(.small(seeds: [1, 2, 3])))
    let all = [
      "Dutch phonemes, PER", "Tone, accuracy",
      "Voice <script>alert(1)</script> | a_b, accuracy", "Mean of the others", "Mean of all",
      "Score (superb-s form)",
    ]
    for other in ["Pre-trained", "Stable-FT", "L2-SP λ 0.1", "Regular fine-tuning"] {
      #expect(subjects(family, "Speech-FT α 0.5", other) == all, "\(other)")
    }
    #expect(subjects(family, "Stable-FT", "Regular fine-tuning") == all)
    // Four rows less the pre-trained one, Speech-FT less three, Stable-FT less regular fine-tuning.
    #expect(family.pairs.count == 8 * 6 && family.count == 48)
  }

  @Test func theWholeFamilyIsCorrectedTogether() throws {
    let family = PairedFamily(try results(.small(seeds: [1, 2, 3])))
    let told = family.pairs.compactMap(\.told)
    #expect(told.map(\.corrected) == Holm.corrected(told.map(\.p)))
    #expect(told.contains { $0.corrected > $0.p })
  }

  @Test func meansAndScoresAreTheDifferencesOfTheRows() throws {
    let results = try results(.small(seeds: [1, 2, 3]))
    let family = PairedFamily(results)
    let score = try #require(Score(results))
    let pairs = family.pairs.filter {
      $0.first.method.name == "speech-ft" && $0.second.method.name == "l2-sp"
    }
    func told(_ title: String) throws -> Double {
      try #require(pairs.first { $0.subject.title == title }?.told?.value)
    }
    let (first, second) = (pairs[0].first, pairs[0].second)
    func apart(_ value: (ResultRow) -> Estimate) throws -> Double {
      try #require(value(first).mean) - #require(value(second).mean)
    }
    #expect(abs(try told("Mean of all") - apart { $0.merit(over: results.tasks) }) < 1e-9)
    #expect(abs(try told("Mean of the others") - apart { $0.merit(over: $0.otherTasks) }) < 1e-9)
    #expect(abs(try told("Score (superb-s form)") - apart { score.estimate($0) }) < 1e-9)
    // An error rate: above 0 the first is better.
    #expect(abs(try told("Dutch phonemes, PER") + apart { $0.estimate(results.tasks[0]) }) < 1e-9)
  }

  @Test func differencesAreOfTheSeedsThatBothRowsHave() throws {
    var made = try MadeUpExperiment.small(seeds: [1, 2, 3])
    made.addTests()
    made.forget(label: "evaluate tones-zh · Stable-FT · phones-nl · seed 2")
    let results = try Results(plan: made.plan, source: made.source, draws: 100)
    let family = PairedFamily(results)
    let group = try #require(results.groups.first)
    let (lead, stable) = (
      try #require(group.lead(results.tasks)?.row),
      try #require(group.rows.first { $0.method.name == "stable-ft" })
    )
    let tones = [results.tasks[1]]
    let told = try #require(family.pair(lead, stable, over: tones)?.told)
    let paired = PairedComparison(lead, stable, tasks: tones).overall
    #expect(told.seeds == 2 && paired.count == 2)
    #expect(abs(told.value - (try #require(paired.mean))) < 1e-9)
    #expect(family.pair(lead, stable, over: [results.tasks[0]])?.told?.seeds == 3)
    #expect(family.pair(lead, stable, over: results.tasks)?.told?.seeds == 2)
  }

  /// The page shows many differences when asked, the clearest first; other files have them in the order of the rows.
  @Test func manyDifferencesAreFoldedUnderALineThatCountsThem() throws {
    // Enough that 48 times the smallest p is below 0.05.
    let results = try results(.small(seeds: [1, 2, 3]), draws: 3000)
    let family = PairedFamily(results)
    let table = try #require(TestTables(results: results).paired(family))
    let fold = try #require(table.fold)
    let shown = family.pairs.count { ($0.told?.corrected ?? 1) < 0.05 }
    #expect(shown > 1 && shown < 48 && !fold.isOpen)
    let line =
      "48 comparisons: \(shown) differences stand after Holm's correction (p below 0.05). The smallest p comes first."
    #expect(fold.summary == line)
    func numbers(_ rows: [[ReportTable.Cell]], _ column: Int) -> [Double] {
      rows.compactMap { if case .number(let value) = $0[column].content { value } else { nil } }
    }
    let rows = fold.groups.flatMap(\.rows)
    #expect(numbers(rows, 6).count == 48 && numbers(rows, 6) == numbers(rows, 6).sorted())
    #expect(numbers(table.rows, 6) == family.pairs.compactMap { $0.told?.corrected })
    #expect(numbers(rows, 3).sorted() == numbers(table.rows, 3).sorted())
    let document = ReportDocument(
      title: "t", question: "q",
      sections: [.init(id: "tests", title: "Tests", blocks: [.table(table)])])
    let page = try document.page(figures: [:], problem: nil)
    let parts = page.components(separatedBy: "<details>\n<summary>")
    #expect(parts.count == 2 && page.components(separatedBy: "</details>").count == 2)
    #expect(parts[1].hasPrefix(line.replacing("'", with: "&#39;")) || parts[1].hasPrefix(line))
    // Where numbers come from is not folded up with them.
    let inside = try #require(parts[1].components(separatedBy: "</details>").first)
    #expect(inside.components(separatedBy: "<tr><th scope=\"row\">").count == 49)
    #expect(!inside.contains("<aside") && page.contains("<aside"))
    #expect(table.csv.components(separatedBy: "\r\n").count == 50)
  }

  @Test func whatDevChoseStandsForItsMethod() throws {
    var made = try MadeUpExperiment.small()
    made.plan.choices = [RowChoice(method: "l2-sp")]
    for index in made.plan.cells.indices where made.plan.cells[index].fineTuned != nil {
      let isOther = made.plan.cells[index].method.name == "regular-ft"
      if isOther { made.plan.cells[index].method = MethodPoint(name: "l2-sp", title: "L2-SP λ 1") }
      for (task, key) in made.plan.cells[index].evaluations {
        let dev = isOther ? 40.0 : 60
        made.source.evaluations[key]?.dev = .init(
          value: task == "phones-nl" ? 100 - dev : dev, count: 9)
      }
    }
    let chosen = PairedFamily(try results(made))
    #expect(!subjects(chosen, "Speech-FT α 0.5", "L2-SP λ 0.1").isEmpty)
    #expect(subjects(chosen, "Speech-FT α 0.5", "L2-SP λ 1").isEmpty)
    // Each row is held against the pre-trained one all the same.
    #expect(!subjects(chosen, "L2-SP λ 1", "Pre-trained").isEmpty)
    made.plan.choices = []
    let all = PairedFamily(try results(made))
    #expect(!subjects(all, "Speech-FT α 0.5", "L2-SP λ 1").isEmpty)
  }

  @Test func ofManyPointsOfACurveTheBestStandsForSpeechFT() throws {
    var made = try MadeUpExperiment.small()
    let cells = made.plan.cells.filter { $0.method.name == "speech-ft" }
    // Four more points, worse than the first: they are Stable-FT's numbers.
    let worse = made.plan.cells.filter { $0.method.name == "regular-ft" }
    for alpha in [0.6, 0.7, 0.8, 0.9] {
      for cell in worse {
        var point = cell
        point.method = MethodPoint(
          name: "speech-ft", title: "Speech-FT α \(alpha)", alpha: alpha)
        made.plan.cells.append(point)
      }
    }
    #expect(!cells.isEmpty)
    let family = PairedFamily(try results(made))
    #expect(!subjects(family, "Speech-FT α 0.5", "L2-SP λ 0.1").isEmpty)
    #expect(subjects(family, "Speech-FT α 0.6", "L2-SP λ 0.1").isEmpty)
    #expect(!subjects(family, "Speech-FT α 0.6", "Stable-FT").isEmpty)
  }
}
