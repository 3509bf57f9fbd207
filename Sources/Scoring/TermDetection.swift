/// Whether each document holds each of some terms: query by example, keyword search.
///
/// NIST's term-weighted value (2006 Spoken Term Detection Evaluation Plan; OpenKWS) is TWV(θ) = 1 −
/// mean over terms of (P_miss(θ) + β·P_fa(θ)), with β = (C_fa / C_miss) · (1 / P_target − 1). Terms
/// without a target trial are left out of the mean. P_fa is over the term's own trials that are no
/// targets: documents, as QUESST counts them, and not seconds. A trial is detected where its score
/// is θ or more; the maximum is over all θ, one above all scores included, for which the value is
/// 0.
package struct TermDetection: Measure {
  /// Trials by falling score of the terms that count.
  private struct Trial {
    var term: Int
    /// What detecting it adds to the term's value.
    var gain: Double
    var endsTie: Bool
  }

  private let trials: [Trial]
  /// Of trials in order, for the threshold.
  private let scores: [Double]
  /// The terms with a target trial.
  package let units: Int
  /// The units' numbers among all terms.
  package let terms: [Int]

  package static func beta(_ cost: Verification.Cost) -> Double {
    cost.falseAlarm / cost.miss * (1 / cost.prior - 1)
  }

  /// - Parameters:
  ///   - terms: The term of each trial, from 0.
  ///   - scores: Of each trial; the larger, the likelier is the term there.
  ///   - isTarget: Whether it is there.
  ///   - beta: What a false alarm rate of 1 costs, in miss rates.
  package init(terms: [Int], scores: [Double], isTarget: [Bool], beta: Double) {
    let count = (terms.max() ?? -1) + 1
    var targets = [Int](repeating: 0, count: count)
    var others = targets
    for (term, isTarget) in zip(terms, isTarget) {
      if isTarget { targets[term] += 1 } else { others[term] += 1 }
    }
    let counting = (0..<count).filter { targets[$0] > 0 }
    let unitOf = Dictionary(uniqueKeysWithValues: counting.enumerated().map { ($1, $0) })
    let order = scores.indices.filter { unitOf[terms[$0]] != nil }
      .sorted { scores[$0] > scores[$1] }
    let sorted = order.enumerated().map { place, trial in
      let term = terms[trial]
      return Trial(
        term: unitOf[term] ?? 0,
        gain: isTarget[trial] ? 1 / Double(targets[term]) : -beta / Double(others[term]),
        endsTie: place + 1 == order.count || scores[order[place + 1]] != scores[trial])
    }
    trials = Array(sorted.prefix(Self.worthTrying(sorted, terms: counting.count)))
    self.scores = order.prefix(trials.count).map { scores[$0] }
    self.terms = counting
    units = counting.count
  }

  /// How many trials, from the highest score on, may hold a threshold that beats detecting nothing:
  /// once the false alarms of every term cost as much as finding all of it gains, none after does.
  private static func worthTrying(_ trials: [Trial], terms: Int) -> Int {
    var cost = [Double](repeating: 0, count: terms)
    var left = terms
    for (place, trial) in trials.enumerated() where trial.gain < 0 {
      let before = cost[trial.term]
      cost[trial.term] -= trial.gain
      // A little more than 1, for it is a sum of rounded numbers.
      if before < 1.001, cost[trial.term] >= 1.001 { left -= 1 }
      if left == 0 { return place + 1 }
    }
    return trials.count
  }

  /// The maximum term-weighted value; `nil` where no term counts.
  package func values(_ weights: [Int]) -> [Double]? { maximum(weights).map { [$0.value] } }

  /// The maximum and the threshold that reaches it, the highest where several do; infinity where
  /// detecting nothing is best.
  package func maximum(_ weights: [Int]) -> (value: Double, threshold: Double)? {
    let count = weights.reduce(0, +)
    guard count > 0 else { return nil }
    var sum = 0.0
    var best = (value: 0.0, threshold: Double.infinity)
    for (place, trial) in trials.enumerated() {
      sum += Double(weights[trial.term]) * trial.gain
      if trial.endsTie, sum > best.value { best = (sum, scores[place]) }
    }
    return (best.value / Double(count), best.threshold)
  }
}
