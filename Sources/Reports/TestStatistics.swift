import Experiment
import Scoring

/// What the units of the tests tell: the interval of every mean, and which rows are told apart.
///
/// The units of a test are drawn once for all rows that have them, and the mean over seeds is taken in
/// every draw. Tests of equal units are drawn equally, others independently, so that means over tasks
/// can be drawn too. What other seeds would change is taken from the differences of the seeds that
/// both rows have (`PairedSample`).
package struct TestStatistics {
  /// A row's number in a column, as the units have it.
  enum Tested {
    /// Some evaluation has no record of its units: an older version made it.
    case unknown
    /// So few units that nothing can be drawn.
    case few(Int)
    /// Numbers of the draws among all, and of the row in them.
    case drawn(Int, Int)
  }

  /// How two rows differ.
  enum Difference {
    /// They have the same stages.
    case none
    case unknown
    case otherUnits
    case fewUnits
    /// They have no seed in common.
    case otherSeeds
    /// In points, over the seeds that both have; above 0 the first is better.
    case told(PairedSample)
  }

  /// What a column of a table is made of: metrics with weights, on the scale where more is better.
  struct Mixture {
    var parts: [(column: MetricColumn, weight: Double)]

    init(_ column: MetricColumn) { parts = [(column, 1)] }

    /// The mean over tasks of the mean over their metrics.
    init(meanOf tasks: [TaskColumn]) {
      parts = tasks.flatMap { task in
        task.columns.map { ($0, 1 / Double(tasks.count * task.columns.count)) }
      }
    }

    /// Anchors are held fixed.
    init(_ score: Score) {
      parts = score.anchors.map { anchor in
        (anchor.column, 1000 * anchor.weight / abs(anchor.ceiling - anchor.floor))
      }
    }
  }

  /// Seeds of one row on one task; rows of the same stages are one.
  private struct System: Hashable {
    var task: String
    var stages: [StageKey]
  }

  /// Enough that a few hundred comparisons can be told apart after correction.
  package static let usualDraws = 10_000

  /// How often the units of each test were drawn.
  let resamples: Int
  private var systems: [System: Tested] = [:]
  private var draws: [PairedDraws] = []

  /// Reads the tests of all rows and draws from them.
  ///
  /// - Throws: What the source throws beside `MeasurementError`.
  init(
    _ rows: [ResultRow], tasks: [TaskColumn], source: some MeasurementSource, resamples: Int?
  ) throws {
    self.resamples = resamples ?? 0
    guard let resamples else { return }
    let shared = Self.shared(rows, tasks)
    for task in tasks {
      var tests: [(system: System, tests: [ScoredTest])] = []
      // Rows share stages, and sets of seeds share more.
      var known: [StageKey: ScoredTest?] = [:]
      for row in rows {
        let own = Self.seeds(row, task)
        for seeds in shared where seeds.isSubset(of: own) {
          guard let system = Self.system(row, task, seeds), systems[system] == nil else { continue }
          for key in system.stages where known[key] == nil {
            known.updateValue(try Self.test(key, source, task), forKey: key)
          }
          let read = system.stages.compactMap { known[$0] ?? nil }
          systems[system] = .unknown
          if read.count == system.stages.count { tests.append((system, read)) }
        }
      }
      draw(tests, PairedBootstrap(resamples: resamples))
    }
  }

  /// The sets of seeds that some row has of some task, and what any of them have in common: most often one,
  /// and more where numbers are missing.
  private static func shared(_ rows: [ResultRow], _ tasks: [TaskColumn]) -> Set<Set<UInt64>> {
    let own = Set(rows.flatMap { row in tasks.map { seeds(row, $0) } })
    var found = own
    while true {
      let next = found.union(own.flatMap { one in found.map(one.intersection) })
      if next.count == found.count { return found.subtracting([[]]) }
      found = next
    }
  }

  private static func test(
    _ key: StageKey, _ source: some MeasurementSource, _ task: TaskColumn
  ) throws -> ScoredTest? {
    do {
      guard let test = try source.scored(for: key) else { return nil }
      return test.values?.count == task.columns.count ? test : nil
    } catch is MeasurementError {
      return nil
    }
  }

  /// Those whose evaluation of a task is there.
  private static func seeds(_ row: ResultRow, _ task: TaskColumn) -> Set<UInt64> {
    Set(
      row.seeds.filter {
        row.evaluations[task.name]?[$0] != nil && row.stages[task.name]?[$0] != nil
      })
  }

  private static func system(
    _ row: ResultRow, _ task: TaskColumn, _ seeds: Set<UInt64>
  ) -> System? {
    let stages = seeds.sorted().compactMap { row.stages[task.name]?[$0] }
    return stages.isEmpty ? nil : System(task: task.name, stages: stages)
  }

  private static func system(_ row: ResultRow, _ task: TaskColumn) -> System? {
    system(row, task, seeds(row, task))
  }

  /// Draws for all systems that have the same units, one after the other.
  private mutating func draw(
    _ tests: [(system: System, tests: [ScoredTest])], _ bootstrap: PairedBootstrap
  ) {
    var left = tests
    while let first = left.first {
      // Most often all.
      var (same, others): ([(system: System, tests: [ScoredTest])], [(System, [ScoredTest])]) =
        ([], [])
      for entry in left {
        if entry.tests.allSatisfy({ $0.hasUnits(of: first.tests[0]) }) {
          same.append(entry)
        } else if entry.system != first.system {
          others.append(entry)
        }
      }
      left = others.map { (system: $0.0, tests: $0.1) }
      do {
        let drawn = try bootstrap.draws(of: same.map(\.tests))
        for (number, entry) in same.enumerated() {
          systems[entry.system] = .drawn(draws.count, number)
        }
        draws.append(drawn)
      } catch PairedError.tooFewUnits(let count) {
        for entry in same { systems[entry.system] = .few(count) }
      } catch {
        // Seeds of other units, or a metric that few draws have: nothing is told of them.
      }
    }
  }

  // MARK: Rows

  private func tested(
    _ row: ResultRow, _ task: TaskColumn, _ seeds: Set<UInt64>? = nil
  ) -> Tested {
    Self.system(row, task, seeds ?? Self.seeds(row, task)).flatMap { systems[$0] } ?? .unknown
  }

  /// A metric's mean over seeds in percent, with its draws; `nil` where it cannot be drawn.
  func sample(_ row: ResultRow, _ column: MetricColumn) -> PairedSample? {
    guard case .drawn(let number, let system) = tested(row, column.task) else { return nil }
    return draws[number].sample(system, metric: column.number).times(100)
  }

  /// 95 % interval of a metric's mean over seeds in percent, as far as its scale goes; `nil` where it cannot be drawn.
  func interval(_ row: ResultRow, _ column: MetricColumn) -> Bootstrap.Interval? {
    sample(row, column)?.interval.within(column.limits)
  }

  /// What was drawn from; `nil` where nothing is known.
  func units(_ row: ResultRow, _ task: TaskColumn) -> Int? {
    switch tested(row, task) {
    case .unknown: nil
    case .few(let count): count
    case .drawn(let number, _): draws[number].units
    }
  }

  /// Whether rows are the same evaluations.
  func areSame(_ first: ResultRow, _ second: ResultRow, in mixture: Mixture) -> Bool {
    mixture.parts.allSatisfy { part in
      let task = part.column.task
      guard let one = Self.system(first, task), let other = Self.system(second, task) else {
        return false
      }
      return one == other
    }
  }

  /// How far the first is above the second, over the seeds that both have of all that is mixed.
  func difference(_ first: ResultRow, _ second: ResultRow, in mixture: Mixture) -> Difference {
    if areSame(first, second, in: mixture) { return .none }
    let own = mixture.parts.flatMap { part in
      [first, second].map { Self.seeds($0, part.column.task) }
    }
    let seeds = own.dropFirst().reduce(own.first ?? []) { $0.intersection($1) }
    guard !seeds.isEmpty else { return .otherSeeds }
    var sum: PairedSample?
    for part in mixture.parts {
      let task = part.column.task
      switch (tested(first, task, seeds), tested(second, task, seeds)) {
      case (.unknown, _), (_, .unknown): return .unknown
      case (.few, _), (_, .few): return .fewUnits
      case (.drawn(let number, let system), .drawn(let other, let against)):
        guard number == other else { return .otherUnits }
        let weight = (part.column.metric.higherIsBetter ? 100 : -100) * part.weight
        let metric = part.column.number
        let mine = draws[number].sample(system, metric: metric)
        let apart = mine.adding(draws[number].sample(against, metric: metric), times: -1)
        sum = sum.map { $0.adding(apart, times: weight) } ?? apart.times(weight)
      }
    }
    return sum.map { .told($0) } ?? .unknown
  }
}
