/// What was scored, as a function of how often each of its units counts: the form in which a
/// bootstrap can ask for the same metrics again and again.
package protocol Measure: Sendable {
  /// Utterances, trials, queries, recordings: what is drawn in a bootstrap.
  var units: Int { get }
  /// The metrics with unit `u` counted `weights[u]` times, in an order of the measure's own; `nil`
  /// where one of them is not defined for such a choice.
  func values(_ weights: [Int]) -> [Double]?
}

/// Metrics that are functions of sums over units.
package struct SumMeasure: Measure {
  /// Of each unit, as many numbers for each.
  private let parts: [[Double]]
  private let metrics: @Sendable ([Double]) -> [Double]?

  package init(_ parts: [[Double]], metrics: @escaping @Sendable ([Double]) -> [Double]?) {
    self.parts = parts
    self.metrics = metrics
  }

  package var units: Int { parts.count }

  package func values(_ weights: [Int]) -> [Double]? {
    var sums = [Double](repeating: 0, count: parts.first?.count ?? 0)
    for (part, weight) in zip(parts, weights) where weight > 0 {
      for index in part.indices { sums[index] += Double(weight) * part[index] }
    }
    return metrics(sums)
  }
}
