import Testing

@testable import Experiment
@testable import Reports

/// Every number leads to where it comes from.
@Suite struct OriginTests {
  @Test func aNumberOfThePageNamesItsStagesSeedBySeed() throws {
    var made = try MadeUpExperiment.small()
    for key in made.source.evaluations.keys {
      made.source.curves[key] = (0..<100).map {
        Attempt.Metric(name: "loss at 0.01 <b>", step: 25 * $0, value: 4 - 0.03 * Double($0))
      }
    }
    let results = try Results(plan: made.plan, source: made.source)
    let table = ComparisonTables(results: results, score: nil).comparison()
    let cell = try #require(made.plan.cells.first { $0.method.name == "stable-ft" && $0.seed == 1 })
    let key = try #require(cell.evaluations["phones-nl"])
    let origin = try #require(
      table.rows.compactMap { $0[1].origin }.first { $0.parts.contains { $0.key == key } })
    #expect(origin.lines.map { $0.prefix(8) } == ["seed 1: ", "seed 2: "])
    #expect(origin.lines[0].hasSuffix(", stage \(key.short)"))
    let page = try ReportOutline(results: results).document().page(figures: [:], problem: nil)
    #expect(page.contains("<a href=\"#\(origin.id)\" title=\"seed 1: "))
    let panel = try #require(
      page.components(separatedBy: "<aside").first { $0.contains(" id=\"\(origin.id)\"") })
    #expect(
      panel.contains("<h3>Stable-FT, fine-tuned on Dutch phonemes · Dutch phonemes, PER ↓</h3>"))
    #expect(panel.contains("Key <code>\(key.hex)</code>"))
    #expect(panel.contains("<code>alphasweep logs \(key.short)</code>"))
    #expect(
      panel.contains("<span>loss at 0.01 &lt;b&gt; 4.00 at step 0, loss at 0.01") == false
        && panel.contains("<span>loss at 0.01 &lt;b&gt; 4.00 at step 0, 1.03 at step 2475</span>"))
    // 50 points of 100, and the last.
    #expect(panel.components(separatedBy: "<polyline points=\"2.0,2.0 ").count == 3)
    #expect(panel.components(separatedBy: "<svg")[1].prefix { $0 != "/" }.count { $0 == "," } == 51)
  }

  /// Numbers that are made of others lead to those.
  @Test func meansLeadToTheirNumbersAndEveryLinkHasItsPanel() throws {
    var made = try MadeUpExperiment.small()
    made.addTests()
    for key in made.source.evaluations.keys {
      made.source.evaluations[key]?.layers = [0.2, 0.7, 0.1]
    }
    made.plan.published = .init(
      name: "paper", citation: "By somebody.",
      values: [
        PublishedValue(
          experiment: "table", model: "tiny", fineTunedOn: "phones", method: "stable-ft",
          metric: "PR PER", value: 60, source: "an image",
          measured: .metric("PER", tasks: ["phones-nl"]), fineTuned: "phones-nl"),
        PublishedValue(
          experiment: "table", model: "tiny", fineTunedOn: "phones", method: "stable-ft",
          metric: "SUPERB_S", value: 900, source: "an image", measured: .score,
          fineTuned: "phones-nl"),
      ])
    var results = try Results(plan: made.plan, source: made.source, draws: 100)
    let recipe = FineTuneRecipe(
      steps: 800, batchSeconds: 10, learningRate: 1e-4, headOnly: 0.1, warmUp: 0.1, hold: 0.4,
      clip: 1, dropout: 0.1, checkpoints: [], threads: 1)
    for index in results.rows.indices where results.rows[index].fineTuned != nil {
      // Any stage stands for the training.
      let stages = results.rows[index].stages["phones-nl"] ?? [:]
      results.rows[index].trainings = stages.mapValues { key in
        [
          TrainedPart(
            part: .init(stage: key, kind: .fineTune, recipe: recipe, point: .step(400)), record: nil
          )
        ]
      }
    }
    let document = ReportOutline(results: results).document()
    let page = try document.page(figures: [:], problem: nil)
    let links = page.components(separatedBy: "href=\"#from-").dropFirst().map { $0.prefix(16) }
    let panels = page.components(separatedBy: " id=\"from-").dropFirst().map { $0.prefix(16) }
    #expect(links.count > 100 && Set(links) == Set(panels))
    #expect(panels.count == Set(panels).count)
    // All numbers of all tables lead somewhere.
    #expect(
      Set(document.tables.map(\.name)).isSuperset(of: [
        "comparison", "alpha", "trade-off", "similarity", "tests", "paired", "against-log-mel",
        "published", "published-wide", "tasks", "held-out", "layers", "weight-distance", "training",
      ]), "\(document.tables.map(\.name))")
    for table in document.tables {
      for cell in table.rows.joined() where cell.origin == nil {
        switch cell.content {
        case .estimate, .tested, .number, .interval, .count, .listing, .beside:
          Issue.record("\(table.name): a number leads nowhere: \(cell)")
        case .text, .missing, .undefined, .none: break
        }
      }
    }
    // A difference leads to both rows.
    let paired = try #require(document.tables.first { $0.name == "paired" })
    #expect(paired.rows.allSatisfy { $0[3].origin?.shares.count == 2 && $0[6].origin != nil })
    let training = try #require(document.tables.first { $0.name == "training" })
    #expect(
      training.rows.allSatisfy { $0.dropFirst().allSatisfy { $0.origin?.parts.isEmpty == false } })
  }

  @Test func numbersHaveALineForEachEvaluation() throws {
    let made = try MadeUpExperiment.small()
    let results = try Results(plan: made.plan, source: made.source)
    let lines = NumbersFile(results: results).text.split(separator: "\r\n")
    let measured = results.rows.reduce(0) { sum, row in
      sum + row.evaluations.values.reduce(0) { $0 + $1.count }
    }
    #expect(lines.count == 1 + measured)
    for (key, record) in made.source.evaluations {
      let found = lines.filter { $0.hasSuffix("," + key.hex) }
      #expect(found.count == 1 && found[0].contains(",\(record.value),"))
    }
  }
}
