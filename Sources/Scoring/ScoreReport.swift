/// The metrics of a task, their intervals, and what they were counted from.
package struct ScoreReport: Sendable, Equatable {
  package struct Metric: Sendable, Equatable {
    package var name: String
    /// In percent where `isPercent`.
    package var value: Double
    package var isPercent: Bool
    package var interval: Bootstrap.Interval?
  }

  package struct Count: Sendable, Equatable {
    package var name: String
    package var value: Double
  }

  package enum Unit: String, Sendable {
    case utterances, trials, queries, recordings, speakers

    package func words(_ count: Int) -> String {
      guard count == 1 else { return "\(count) \(rawValue)" }
      return self == .queries ? "1 query" : "1 \(rawValue.dropLast())"
    }
  }

  package var task: ScoreTask
  package var metrics: [Metric]
  package var counts: [Count]
  /// What was drawn, and how many of it there are.
  package var unit: Unit
  package var units: Int
  package var resamples: Int
  package var seed: Int
}

/// A measure with names for what it measures.
struct NamedMeasure<Value: Measure> {
  var measure: Value
  /// In the order of the measure's values.
  var metrics: [(name: String, isPercent: Bool)]
  var counts: [(name: String, value: Double)]
  /// What the measure's units are.
  var unit: ScoreReport.Unit
  /// Why the metrics are not defined, should they not be.
  var undefined: String

  /// - Parameters:
  ///   - task: What is scored.
  ///   - options: How often units are drawn.
  ///   - speakers: The speaker of each unit; `nil` where units stand for themselves.
  ///   - others: Of units between two speakers the other one; `nil` where there are none.
  ///   - file: The reference's name.
  /// - Returns: The metrics with their intervals.
  /// - Throws: `ScoreError` where a metric is not defined.
  func report(
    _ task: ScoreTask, _ options: ScoreOptions, speakers: [String]?, others: [String]? = nil,
    file: String
  ) throws(ScoreError) -> ScoreReport {
    guard let values = measure.values([Int](repeating: 1, count: measure.units)) else {
      throw ScoreError([.init(file, nil, undefined)])
    }
    let names = speakers.map { Set($0 + (others ?? [])).sorted() }
    let number = names.map { Dictionary(uniqueKeysWithValues: $0.enumerated().map { ($1, $0) }) }
    func numbers(_ side: [String]) -> [Int] { side.compactMap { number?[$0] } }
    let bootstrap = Bootstrap(resamples: options.resamples, seed: UInt64(options.seed.magnitude))
    let intervals = bootstrap.intervals(
      of: measure, groups: speakers.map { UnitGroups(numbers($0), others.map(numbers)) })
    return ScoreReport(
      task: task,
      metrics: metrics.indices.map { index in
        let scale = metrics[index].isPercent ? 100.0 : 1
        return ScoreReport.Metric(
          name: metrics[index].name, value: scale * values[index],
          isPercent: metrics[index].isPercent,
          interval: intervals.map {
            Bootstrap.Interval(low: scale * $0[index].low, high: scale * $0[index].high)
          })
      },
      counts: counts.map { ScoreReport.Count(name: $0.name, value: $0.value) },
      unit: names == nil ? unit : .speakers, units: names?.count ?? measure.units,
      resamples: options.resamples, seed: options.seed)
  }
}
