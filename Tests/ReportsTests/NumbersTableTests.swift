import Foundation
import Testing

@testable import Experiment
@testable import Reports

/// Numbers of an experiment that were not written as a report.
@Suite struct NumbersTableTests {
  /// What `compare` says of a spec is what it says of the spec's report.
  @Test func aPlanHasTheIntervalsAndScoresOfItsReport() throws {
    var made = try MadeUpExperiment.small(seeds: [1, 2, 3])
    made.addTests()
    let folder = try TemporaryFolder()
    try ReportWriter(
      plan: made.plan, source: made.source, folder: folder.path, renderer: BlankFigures(),
      draws: 200
    ).write()
    var read = try NumbersTable(csv: folder.text("numbers.csv"), file: "numbers.csv")
    read.add(tests: try folder.text("tests.csv"), comparison: try folder.text("comparison.csv"))
    let own = try NumbersTable(plan: made.plan, source: made.source, draws: 200)
    #expect(own.cells == read.cells && own.cells.count > 15)
    #expect(own.intervals.count == own.cells.count && read.intervals.count == own.cells.count)
    for (cell, interval) in own.intervals {
      let other = try #require(read.intervals[cell])
      // Files have four decimals.
      #expect(abs(interval.low - other.low) < 1e-4 && abs(interval.high - other.high) < 1e-4)
    }
    #expect(own.scores.count > 3 && own.scores.keys == read.scores.keys)
    for (row, score) in own.scores {
      let other = try #require(read.scores[row])
      #expect(abs(score.mean - other.mean) < 1e-3 && score.count == other.count)
      #expect(abs((score.deviation ?? 0) - (other.deviation ?? 0)) < 1e-3)
    }
    // Side by side nothing differs, and both sides have their spreads.
    let pairs = NumbersComparison(own, read).pairs
    let metrics = pairs.filter { if case .metric = $0.subject { true } else { false } }
    #expect(metrics.count == own.cells.count)
    #expect(metrics.allSatisfy { $0.first.interval != nil && $0.first.deviation != nil })
  }

  @Test func withoutARecordOfUnitsThereAreMeansAndDeviationsAlone() throws {
    let made = try MadeUpExperiment.small(seeds: [1, 2])
    let own = try NumbersTable(plan: made.plan, source: made.source, draws: 50)
    #expect(own.intervals.isEmpty && own.cells.values.allSatisfy { $0.deviation != nil })
  }
}
