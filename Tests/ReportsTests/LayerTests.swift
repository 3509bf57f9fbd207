import Experiment
import Foundation
import Testing

@testable import Reports

/// Shares of layers, similarity against merit, and what rows cost.
@Suite struct LayerTests {
  /// Every encoder's heads read mostly the state with the number of their seed.
  private func made() throws -> MadeUpExperiment {
    var made = try MadeUpExperiment.small()
    for cell in made.plan.cells where cell.model != nil {
      for key in cell.evaluations.values {
        made.source.evaluations[key]?.layers = cell.seed == 1 ? [0.2, 0.7, 0.1] : [0.2, 0.1, 0.7]
      }
    }
    return made
  }

  @Test func sharesOfStatesAreMeansOverSeedsTaskByTask() throws {
    let made = try made()
    let results = try Results(plan: made.plan, source: made.source)
    let table = try #require(LayerTables(results: results).table())
    #expect(table.columns.map(\.title) == ["Method", "Task", "0", "1", "2"])
    // Pre-trained and four rows, three tasks each; log-mel has no layers.
    #expect(table.rows.count == 15)
    let first = zip(table.rows[0], table.columns).map { $0.text(in: $1) }
    #expect(first == ["Pre-trained", "Dutch phonemes", "0.200", "0.400 ± 0.424", "0.400 ± 0.424"])
    let without = try MadeUpExperiment.small()
    #expect(
      LayerTables(results: try Results(plan: without.plan, source: without.source)).table() == nil)
  }

  @Test func aTaskHasAMapWithARowForEachEncoder() throws {
    let made = try made()
    let results = try Results(plan: made.plan, source: made.source)
    let charts = LayerTables(results: results).charts()
    #expect(charts.map(\.name) == ["layers-phones-nl", "layers-tones-zh", "layers-voices"])
    #expect(charts[0].heat.count == 5)
    #expect(charts[0].heat[4].map { ($0 * 10).rounded() } == [2, 4, 4])
    #expect(charts[0].y.marks.first?.text == "Pre-trained")
    #expect(charts[0].y.marks.first?.position == 4)
    let script = GnuplotScript(chart: charts[0]).text
    let cells = script.split(separator: "\n").filter { $0.hasPrefix("set object rectangle") }
    #expect(cells.count == 15)
    // The greatest share is darkest, half of it the middle blue.
    #expect(cells[0].contains("center 0,0 size 1,1") && cells[0].contains("'#4e99cc'"))
    #expect(cells[1].contains("center 1,0 size 1,1") && cells[1].contains("'#002848'"))
    #expect(script.hasSuffix("\nplot NaN notitle\n"))
    #expect(charts[0].caption.hasSuffix("White is 0, the darkest 0.40."))
    #expect(!charts[0].isEmpty)
  }

  @Test func aMeasureHasAMapOfAllRowsByHiddenState() throws {
    let made = try made()
    let results = try Results(plan: made.plan, source: made.source)
    let charts = Figures(results: results).similarityMaps(SimilarityTables(results: results))
    #expect(charts.map(\.name) == ["linear-cka-map", "debiased-cka-map", "r2-map"])
    // The lowest row first: L2-SP below, the pre-trained one above.
    #expect(charts[0].heat.count == 5 && charts[0].heat[4] == [1, 1, 1])
    #expect(charts[0].y.marks.map(\.text).first == "Pre-trained")
    #expect(charts[0].y.marks.map(\.text).last == "L2-SP λ 0.1")
    let least = try #require(charts[0].heat.flatMap(\.self).min())
    let range = try #require(charts[0].heatRange)
    #expect(range.lowerBound <= least && range.lowerBound > least - 0.1 && range.upperBound == 1)
    #expect(charts[0].caption.hasSuffix("White is 0.4, the darkest 1."))
    let script = GnuplotScript(chart: charts[0]).text
    let cells = script.split(separator: "\n").filter { $0.hasPrefix("set object rectangle") }
    // The names take a third of the width, not all of it.
    #expect(
      script.contains("set lmargin at screen 0.2") || script.contains("set lmargin at screen 0.3"))
    // All 1 is the darkest, whatever the others are.
    #expect(cells.count == 15 && cells.suffix(3).allSatisfy { $0.contains("'#002848'") })
  }

  @Test func similarityStandsAgainstTheScoreOrTheMean() throws {
    let made = try made()
    let results = try Results(plan: made.plan, source: made.source)
    let tables = SimilarityTables(results: results)
    let figures = Figures(results: results)
    let scored = try #require(figures.similarityAgainstMerit(tables, Score(results)).first)
    #expect(scored.name == "similarity-score-phones-nl")
    #expect(
      scored.series.map(\.title) == [
        "Pre-trained", "Regular fine-tuning", "Stable-FT", "Speech-FT α 0.5", "L2-SP λ 0.1",
      ])
    #expect(scored.series[0].points[0].x == 1)
    let row = try #require(results.rows.first { $0.method.name == "stable-ft" })
    #expect(scored.series[2].points[0].y == Score(results)?.estimate(row).mean)
    let mean = try #require(figures.similarityAgainstMerit(tables, nil).first)
    #expect(mean.name == "similarity-mean-phones-nl")
    #expect(mean.series[2].points[0].y == row.merit(over: results.tasks).mean)
  }

  @Test func aRowCostsWhatItNeedsAndWhatNothingElseNeeds() throws {
    var plan = Plan(experiment: "cost", question: "?")
    plan.tasks = [
      TaskColumn(name: "t", title: "T", metric: "accuracy", higherIsBetter: true, caveat: nil)
    ]
    func add(_ kind: StageKind, _ name: String, _ inputs: [String: StageKey]) throws -> StageKey {
      try plan.add(
        Stage(
          kind, parameters: ["name": Canonical.string(name)],
          inputs: .init(
            uniqueKeysWithValues: inputs.sorted { $0.key < $1.key }.map { ($0, .stage($1)) }),
          label: name))
    }
    let corpus = try add(.corpus, "corpus", [:])
    var source = MeasurementsInMemory()
    var evaluations: [StageKey] = []
    for (name, alpha) in [("stable-ft", 1.0), ("speech-ft", 0.5)] {
      let features = try add(.features, "features \(name)", ["corpus": corpus])
      let key = try add(.evaluate, "evaluate \(name)", ["features": features])
      evaluations += [features, key]
      source.evaluations[key] = EvaluationRecord(
        task: "t", metric: "accuracy", value: 50, higherIsBetter: true, count: 1, units: 1,
        chance: nil, trainCount: 1, classes: 2)
      plan.cells.append(
        Cell(
          model: "m", method: MethodPoint(name: name, title: name, alpha: alpha), fineTuned: "t",
          seed: 1, evaluations: ["t": key], comparison: nil))
    }
    let costs = StageCosts(
      seconds: [corpus: 100, evaluations[0]: 7, evaluations[1]: 2, evaluations[2]: 5],
      bytes: [corpus: 3_000_000, evaluations[0]: 500_000])
    let results = try Results(plan: plan, source: source)
    let table = try CostTable(results: results, costs: costs).table()
    let rows = table.rows.map { zip($0, table.columns).map { $0.text(in: $1) } }
    #expect(
      rows == [
        ["stable-ft", "109.0", "9.0", "0", "0", "3.5", "0.5"],
        ["speech-ft", "105.0 +", "5.0 +", "0", "0", "3.0", "0.0"],
      ])
    // Clocks are no part of the report itself, whose bytes follow from its numbers.
    let folder = try TemporaryFolder()
    let outcome = try ReportWriter(
      plan: plan, source: source, folder: folder.path, renderer: BlankFigures(), costs: costs
    ).write()
    #expect(outcome.files.filter { $0.hasPrefix("cost") } == ["cost.csv", "cost.md", "cost.tex"])
    #expect(try !folder.text("report.md").contains("109.0"))
    // The page leads there.
    #expect(
      try folder.text("report.html").contains(
        " <a href=\"cost.md\">cost.md</a> <a href=\"cost.csv\">"))
    #expect(try folder.text("report.md").contains("[cost.md](cost.md), [cost.csv](cost.csv)"))
    #expect(try folder.text("cost.csv").contains("t,stable-ft,109.0000,9.0000,0,0,3.5000,0.5000"))
  }

  @Test func aNumberSaysWhichRatesWereTriedAndWhatDevSaid() throws {
    var made = try MadeUpExperiment.small()
    let cell = try #require(made.plan.cells.first { $0.method.name == "stable-ft" })
    let key = try #require(cell.evaluations["tones-zh"])
    made.source.evaluations[key]?.learningRate = 0.01
    made.source.evaluations[key]?.rates = [
      .init(learningRate: 0.001, dev: 61.25), .init(learningRate: 0.01, dev: 63),
      .init(learningRate: 1, dev: nil),
    ]
    made.source.evaluations[key]?.step = 400
    let results = try Results(plan: made.plan, source: made.source)
    let row = try #require(results.rows.first { $0.method.name == "stable-ft" })
    let line = try #require(row.origin(of: results.columns[1], title: "")).lines[0]
    #expect(
      line.contains(
        ", head's learning rate 0.01, tried on dev 0.001: 61.25, 0.01: 63.00, 1: no number, head after "
          + "step 400, stage \(key.short)"))
  }
}
