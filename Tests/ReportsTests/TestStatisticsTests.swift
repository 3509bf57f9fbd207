import Experiment
import OrderedCollections
import Scoring
import Testing

@testable import Reports

/// Intervals, paired differences and marks, from tests whose answers are known.
@Suite struct TestStatisticsTests {
  /// Rows of one task: each is right on the utterances that `right` says, all seeds alike, but for so many times the seed
  /// of the first that are wrong besides.
  private func results(
    _ right: [(String, (Int) -> Bool)], utterances: Int = 400, group: ((Int) -> String)? = nil,
    without: String? = nil, renamed: String? = nil, seeds: [UInt64] = [1, 2],
    unlike: Int = 0
  ) throws -> Results {
    var plan = Plan(experiment: "marks", question: "Which?")
    plan.tasks = [
      TaskColumn(
        name: "t", title: "Task", metric: "accuracy", higherIsBetter: true, caveat: nil)
    ]
    var source = MeasurementsInMemory()
    for (name, isRight) in right {
      for seed in seeds {
        let key = try plan.add(
          Stage(
            .evaluate, parameters: ["label": Canonical.string("\(name) \(seed)")], inputs: [:],
            label: "\(name) \(seed)"))
        let test = ScoredTest(
          .ratios,
          (0..<utterances).map { index in
            ScoredTest.Unit(
              (name == renamed ? "x" : "u") + "\(1000 + index)", group: group.map { $0(index) },
              parts: [isRight(index) && index >= Int(seed) * unlike ? 1 : 0, 1])
          })
        var record = EvaluationRecord(
          task: "t", metric: "accuracy", value: 100 * (test.values?[0] ?? 0), higherIsBetter: true,
          count: utterances, units: utterances, chance: nil, trainCount: 1, classes: 2)
        record.drawn = group == nil ? "utterances" : "speaker"
        source.evaluations[key] = record
        if name != without { source.tests[key] = test }
        let isPretrained = name == "pre-trained"
        plan.cells.append(
          Cell(
            model: "m",
            method: MethodPoint(
              name: name, title: name.capitalized, alpha: name == "stable-ft" ? 1 : nil),
            fineTuned: isPretrained ? nil : "t", seed: seed, evaluations: ["t": key],
            comparison: nil))
      }
    }
    return try Results(plan: plan, source: source, draws: 2000)
  }

  private func marks(_ results: Results) -> [ReportTable.Mark] {
    ComparisonTables(results: results, score: nil).comparison().rows.map { $0[1].mark }
  }

  @Test func onlyWhatIsBetterByMoreThanNoiseIsBold() throws {
    // 80, 60 and 59 % of the same 400.
    let clear = try results([
      ("pre-trained", { $0 < 320 }), ("stable-ft", { $0 < 240 }), ("speech-ft", { $0 < 236 }),
    ])
    #expect(marks(clear) == [.best, .none, .none])
    // The first two have other utterances wrong and about as many.
    let close = try results([
      ("pre-trained", { $0 % 5 != 0 }), ("stable-ft", { $0 % 5 != 1 || $0 < 10 }),
      ("speech-ft", { $0 < 240 }),
    ])
    #expect(marks(close) == [.tied, .tied, .none])
    let notes = ComparisonTables(results: close, score: nil).comparison().notes
    #expect(notes[0].hasPrefix("Bold: better than every other number of the column; of the fine-"))
    #expect(notes[0].contains("Italics: the best mean, and what is not told apart from it."))
    #expect(!notes[1].contains("without a mark"))
  }

  @Test func intervalsEndWhereTheScaleDoes() throws {
    // 95 and 90 %: two seeds have Student's t of one degree of freedom.
    let far = try results([("pre-trained", { _ in true })], unlike: 20)
    let row = try #require(far.rows.first)
    let free = try #require(far.tests.sample(row, far.columns[0])?.interval)
    #expect(free.low > 0 && free.high > 100)
    let interval = try #require(far.tests.interval(row, far.columns[0]))
    #expect(interval.low == free.low && interval.high == 100)
    let errors = TaskMetric(name: "PER", higherIsBetter: false)
    let column = MetricColumn(task: far.columns[0].task, metric: errors, number: 0)
    #expect(
      Bootstrap.Interval(low: -3, high: 130).within(column.limits)
        == Bootstrap.Interval(low: 0, high: 130))
  }

  @Test func twoUnitsAreNotTold() throws {
    let few = try results(
      [("pre-trained", { _ in true }), ("stable-ft", { _ in false })], group: { _ in "one" })
    #expect(marks(few) == [.tied, .tied])
    let table = try #require(TestTables(results: few).paired())
    #expect(table.rows[0][3].text(in: table.columns[3]) == "too few units")
    #expect(TestTables(results: few).intervals().markdown.contains("| Stable-Ft | 0.00 ± 0.00 |"))
  }

  @Test func withoutARecordOfUnitsNothingIsMarkedAndNothingSaid() throws {
    let old = try results(
      [("pre-trained", { $0 < 320 }), ("stable-ft", { $0 < 100 }), ("speech-ft", { $0 < 90 })],
      without: "speech-ft")
    #expect(marks(old) == [.none, .none, .none])
    let table = ComparisonTables(results: old, score: nil).comparison()
    // The task's column, and the mean of the fine-tuned task within its group.
    #expect(
      table.notes[1]
        == "2 columns without a mark: not all evaluations have a record of the same units "
        + "(older versions wrote none).")
    let paired = try #require(TestTables(results: old).paired())
    #expect(
      paired.rows.map { $0[3].text(in: paired.columns[3]) } == ["−55.00", "no record", "no record"])
    let intervals = TestTables(results: old).intervals()
    #expect(intervals.notes.last?.hasPrefix("Without an interval: older evaluations") == true)
  }

  @Test func testsOfOtherUnitsAreNotCompared() throws {
    let other = try results(
      [("pre-trained", { $0 < 320 }), ("stable-ft", { $0 < 100 })], renamed: "stable-ft")
    #expect(marks(other) == [.none, .none])
    let table = try #require(TestTables(results: other).paired())
    #expect(table.rows[0][3].text(in: table.columns[3]) == "other units")
    #expect(table.rows[0].suffix(4).allSatisfy { $0.text(in: table.columns[4]) == "" })
    #expect(
      table.notes.last == "other units: the two were not tested on the same, so nothing is said.")
    // Each has its own interval all the same.
    #expect(TestTables(results: other).intervals().csv.contains("80.0000,0.0000,2,"))
  }

  @Test func pairsAreOfPretrainedAndOfStableAndCorrectedTogether() throws {
    let found = try results([
      ("pre-trained", { $0 < 300 }), ("stable-ft", { $0 < 280 }),
      ("speech-ft", { $0 < 300 || $0 > 390 }), ("l2-sp", { ($0 * 7) % 400 < 300 }),
    ])
    let table = try #require(TestTables(results: found).paired())
    let names = table.rows.map { row in
      (0...1).map { row[$0].text(in: table.columns[$0]) }.joined(separator: " − ")
    }
    #expect(
      names == [
        "Stable-Ft − Pre-Trained", "Speech-Ft − Pre-Trained", "L2-Sp − Pre-Trained",
        "Speech-Ft − Stable-Ft", "Speech-Ft − L2-Sp",
      ])
    #expect(table.notes[0].contains("corrected by Holm for the 5 comparisons of this table"))
    #expect(table.fold?.isOpen == true, "few are seen at once")
    func numbers(_ column: Int) -> [Double] {
      table.rows.compactMap {
        if case .number(let value) = $0[column].content { value } else { nil }
      }
    }
    #expect(zip(numbers(3), [-5, 2.25, 0, 7.25, 2.25]).allSatisfy { abs($0 - $1) < 1e-9 })
    #expect(numbers(6) == Holm.corrected(numbers(5)))
    // 20 utterances all on one side; a difference of nothing.
    #expect(numbers(5)[0] == 2 / 2001.0 && numbers(5)[2] > 0.8)
    // The paired interval: 20 of 400 binomially, 5 ± 2.1 points.
    guard case .interval(let low, let high) = table.rows[0][4].content else {
      Issue.record("no interval")
      return
    }
    #expect(low < -6.8 && low > -7.6 && high > -3.2 && high < -2.6)
  }

  @Test func intervalsAreOverTheUnitsThatTheEvaluationDrew() throws {
    // Four speakers, of whom one is always wrong: what varies is speakers.
    let speakers = try results(
      [("pre-trained", { $0 % 4 != 0 })], group: { "s\($0 % 4)" }, seeds: [1])
    let table = TestTables(results: speakers).intervals()
    guard case .tested(_, let interval?, units: 4) = table.rows[0][1].content else {
      Issue.record("no interval over 4 units")
      return
    }
    #expect(interval.low == 25 && interval.high == 100)
    #expect(table.notes[1] == "Drawn: Task: 4 values of “speaker”.")
    let utterances = try results([("pre-trained", { $0 % 4 != 0 })], seeds: [1])
    let row = utterances.rows[0]
    let sample = try #require(utterances.tests.sample(row, utterances.columns[0]))
    // 75 ± 1.96 · √(0.75 · 0.25 / 400).
    #expect(abs(sample.interval.low - 70.76) < 0.6 && abs(sample.interval.high - 79.24) < 0.6)
    #expect(utterances.tests.units(row, utterances.tasks[0]) == 400)
  }
}
