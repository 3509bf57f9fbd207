import Experiment
import Testing

@testable import Reports

/// Every number leads to where it comes from.
@Suite struct OriginTests {
  @Test func aNumberOfThePageNamesItsStagesSeedBySeed() throws {
    let made = try MadeUpExperiment.small()
    let results = try Results(plan: made.plan, source: made.source)
    let table = ComparisonTables(results: results, score: nil).comparison()
    let cell = try #require(made.plan.cells.first { $0.method.name == "stable-ft" && $0.seed == 1 })
    let key = try #require(cell.evaluations["phones-nl"])
    let row = try #require(table.rows.first { $0[1].origins.contains { $0.contains(key.short) } })
    #expect(row[1].origins.map { $0.prefix(8) } == ["seed 1: ", "seed 2: "])
    #expect(row[1].origins[0].hasSuffix(", stage \(key.short)"))
    let page = try ReportOutline(results: results).document().page(figures: [:], problem: nil)
    #expect(page.contains(" title=\"seed 1: ") && page.contains("stage \(key.short)\n"))
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
