import Experiment
import Testing

@testable import Reports

/// Tasks of two metrics have two columns and count once.
@Suite struct MetricColumnTests {
  /// Slots: F1 50 of the first seed, 60 of the second; CER 30 and 20; the other tasks as they were.
  private func made(withSecond: Bool = true) throws -> MadeUpExperiment {
    var made = try MadeUpExperiment.small()
    made.plan.tasks[2] = TaskColumn(
      name: "voices", title: "Slots", metric: "slot-type F1", higherIsBetter: true, caveat: nil,
      secondMetric: .slotValueCER)
    for cell in made.plan.cells {
      guard let key = cell.evaluations["voices"], var record = made.source.evaluations[key] else {
        continue
      }
      record.metric = "slot-type F1"
      record.value = cell.seed == 1 ? 50 : 60
      record.others =
        withSecond
        ? [.init(metric: .slotValueCER, value: cell.seed == 1 ? 30 : 20, interval: nil)] : nil
      made.source.evaluations[key] = record
    }
    return made
  }

  @Test func bothMetricsHaveAColumnWhereTasksAreListed() throws {
    let made = try made()
    let results = try Results(plan: made.plan, source: made.source)
    let tables = ComparisonTables(results: results, score: nil)
    let heads = ["Slots, slot-type F1 ↑", "Slots, slot-value CER ↓"]
    for table in [tables.comparison(), tables.alpha()] {
      #expect(table.columns.map(\.title).filter { $0.hasPrefix("Slots") } == heads)
      #expect(
        table.csv.contains(
          "voices slot-type F1 mean,voices slot-type F1 sd,voices slot-type F1 n,"
            + "voices slot-value CER mean,"))
    }
    let row = try #require(tables.comparison().rows.first)
    #expect(row[3].text(in: tables.comparison().columns[3]) == "55.0 ± 7.1")
    #expect(row[4].text(in: tables.comparison().columns[4]) == "25.0 ± 7.1")
    #expect(row[4].origin?.lines.first?.hasPrefix("seed 1: 30.00, ") == true)
    let charts = Figures(results: results).alpha().map(\.name)
    #expect(charts.suffix(2) == ["alpha-voices", "alpha-voices-slot-value-CER"])
    #expect(
      TaskTable(results: results).table().rows[2][1].text(
        in: .init(title: "", fileTitle: "", kind: .text)) == "slot-type F1 and slot-value CER")
  }

  @Test func numbersHaveALineForEachMetric() throws {
    let made = try made()
    let results = try Results(plan: made.plan, source: made.source)
    let lines = NumbersFile(results: results).text.split(separator: "\r\n")
      .filter { $0.hasPrefix(",,log-mel,log-mel,,1,voices,") }
    #expect(lines.count == 2)
    #expect(lines[0].hasPrefix(",,log-mel,log-mel,,1,voices,slot-type F1,higher,50.0,"))
    #expect(lines[1].hasPrefix(",,log-mel,log-mel,,1,voices,slot-value CER,lower,30.0,,240,"))
  }

  @Test func aTaskCountsOnceByTheMeanOfItsMetrics() throws {
    let made = try made()
    let results = try Results(plan: made.plan, source: made.source)
    let (row, slots) = (results.rows[0], results.tasks[2])
    // (50 + 70) / 2 and (60 + 80) / 2.
    #expect(row.merit(slots).values.map(\.value) == [60, 70])
    for seed in row.seeds {
      let others = results.tasks.prefix(2).compactMap { row.merit($0)[seed] }
      let mean = (others.reduce(0, +) + (seed == 1 ? 60 : 70)) / 3
      #expect(abs((row.merit(over: results.tasks)[seed] ?? 0) - mean) < 1e-12)
    }
    let notes = ComparisonTables(results: results, score: nil).comparison().notes
    #expect(
      notes[2]
        == "Fine-tuned task and means: accuracy and slot-type F1, or 100 − PER and slot-value "
        + "CER for error rates, in percent, averaged over tasks with equal weight. A task of several "
        + "metrics counts once, by their mean.")
  }

  @Test func aScoreTakesTheMeanOverMetrics() throws {
    var made = try made()
    made.plan.tasks = [made.plan.tasks[2]]
    made.plan.score = ScoreRule(
      name: "s", floorRow: nil,
      parts: [
        [
          .init(tasks: ["voices"], metric: "slot-type F1", floor: 40, ceiling: 90),
          .init(tasks: ["voices"], metric: "slot-value CER", floor: 50, ceiling: 10),
        ]
      ])
    let results = try Results(plan: made.plan, source: made.source)
    let score = try #require(Score(results))
    // (0.2 + 0.5) / 2 and (0.4 + 0.75) / 2 of 1000.
    let values = score.estimate(results.rows[0]).values.map(\.value)
    #expect(abs(values[0] - 350) < 1e-9 && abs(values[1] - 575) < 1e-9)
    made.plan.score?.lacking = ["PR PER: no task of this spec is PR"]
    let lacking = try #require(Score(try Results(plan: made.plan, source: made.source)))
    #expect(lacking.estimate(results.rows[0]).count == 0)
    #expect(
      lacking.note == "Score (s): n/a, and never over a part: PR PER: no task of this spec is PR.")
  }

  @Test func aRecordWithoutTheSecondMetricCountsAsMissingWithTheReason() throws {
    let made = try made(withSecond: false)
    let results = try Results(plan: made.plan, source: made.source)
    let first = try #require(results.missing.first)
    #expect(
      first.reason
        == "'\(first.label)' (\(first.key)) measured slot-type F1 of voices alone, but the plan asks "
        + "for slot-value CER of voices too; another version made it: move its folder away and give "
        + "'alphasweep run' again")
    #expect(results.rows[0].estimate(results.tasks[2]).count == 0)
  }
}
