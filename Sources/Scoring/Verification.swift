/// Trials of one decision, such as whether two recordings are of one speaker: the more a score says
/// yes, the larger it is.
package struct Verification: Measure {
  /// What misses and false alarms cost, and how likely a target is.
  package struct Cost: Sendable, Hashable {
    package var prior: Double
    package var miss: Double
    package var falseAlarm: Double

    package init(prior: Double, miss: Double, falseAlarm: Double) {
      self.prior = prior
      self.miss = miss
      self.falseAlarm = falseAlarm
    }

    /// s3prl's `compute_minDCF`.
    package static let speakers = Cost(prior: 0.01, miss: 1, falseAlarm: 1)
  }

  /// Trials by falling score; `endsTie` where the next score is another.
  private struct Trial {
    var unit: Int
    var isTarget: Bool
    var endsTie: Bool
  }

  private let trials: [Trial]
  private let cost: Cost
  package let units: Int
  package let targets: Int

  package init(scores: [Double], isTarget: [Bool], cost: Cost = .speakers) {
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    trials = order.enumerated().map { place, unit in
      Trial(
        unit: unit, isTarget: isTarget[unit],
        endsTie: place + 1 == order.count || scores[order[place + 1]] != scores[unit])
    }
    self.cost = cost
    units = scores.count
    targets = isTarget.count { $0 }
  }

  /// The equal error rate and the minimum detection cost; `nil` unless both kinds of trials count.
  package func values(_ weights: [Int]) -> [Double]? {
    var all = (targets: 0, others: 0)
    for trial in trials {
      if trial.isTarget {
        all.targets += weights[trial.unit]
      } else {
        all.others += weights[trial.unit]
      }
    }
    guard all.targets > 0, all.others > 0 else { return nil }
    var equal: Double?
    var least = Double.infinity
    var last = (hits: 0, alarms: 0)
    var now = (hits: 0, alarms: 0)
    least = min(least, detectionCost(now, of: all))
    for trial in trials {
      if trial.isTarget {
        now.hits += weights[trial.unit]
      } else {
        now.alarms += weights[trial.unit]
      }
      guard trial.endsTie else { continue }
      if equal == nil { equal = Self.crossing(from: last, to: now, of: all) }
      least = min(least, detectionCost(now, of: all))
      last = now
    }
    let indifferent = min(cost.miss * cost.prior, cost.falseAlarm * (1 - cost.prior))
    return equal.map { [$0, least / indifferent] }
  }

  private func detectionCost(
    _ point: (hits: Int, alarms: Int), of all: (targets: Int, others: Int)
  ) -> Double {
    let misses = 1 - Double(point.hits) / Double(all.targets)
    let alarms = Double(point.alarms) / Double(all.others)
    return cost.miss * misses * cost.prior + cost.falseAlarm * alarms * (1 - cost.prior)
  }

  /// Where a straight piece of the ROC meets the line on which misses and false alarms are equally
  /// frequent, as a false alarm rate: s3prl's definition (the root of 1 − x − ROC(x),
  /// scikit-learn's `roc_curve` joined by straight lines). Tied scores are one piece. `nil` where
  /// the piece ends before.
  private static func crossing(
    from start: (hits: Int, alarms: Int), to end: (hits: Int, alarms: Int),
    of all: (targets: Int, others: Int)
  ) -> Double? {
    // Whole numbers, so that a crossing in a corner is one: hits/targets + alarms/others − 1.
    func excess(_ point: (hits: Int, alarms: Int)) -> Int {
      point.hits * all.others + point.alarms * all.targets - all.targets * all.others
    }
    let (before, after) = (excess(start), excess(end))
    guard after >= 0, after > before else { return nil }
    let share = Double(-before) / Double(after - before)
    return (Double(start.alarms) + share * Double(end.alarms - start.alarms)) / Double(all.others)
  }
}
