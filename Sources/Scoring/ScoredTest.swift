/// What a test showed, unit by unit: enough for the metrics of any choice of its units, and so for
/// intervals, and for differences between two methods on the same test.
package struct ScoredTest: Sendable, Hashable, Codable {
  /// What is drawn in a bootstrap, with what it adds to the metrics.
  package struct Unit: Sendable, Hashable, Codable {
    package var id: String
    /// Units of one group are drawn together; `nil` where each stands for itself.
    ///
    /// Trials of two speakers are grouped by the enrolled one: the subset bootstrap of Bolle, Ratha and Pankanti
    /// (1999, "Evaluating authentication systems using bootstrap confidence intervals"), which the field uses. All
    /// trials of the same speaker are drawn whole. Trials of two speakers have another on the side that is tested, whom
    /// several groups share, which makes intervals of false alarms too narrow (Poh, Martin and Bengio 2007; Li et al.
    /// 2009). How much depends on how speakers differ: in `Fixtures/simulate_trials.py`, with 15 and 40 speakers,
    /// the standard error of the equal error rate came out at 63 to 92 % of what other speakers give, and at 98 to
    /// 115 % with both sides drawn (the weight of a trial of two speakers is the product of their counts). It is
    /// accepted, and README says so, because a unit has one group: two would change the bits of evaluations, and the
    /// draws that all metrics have in common.
    package var group: String?
    package var parts: [Double]

    package init(_ id: String, group: String? = nil, parts: [Double]) {
      self.id = id
      self.group = group
      self.parts = parts
    }
  }

  /// How metrics follow from units.
  package enum Rule: String, Sendable, Codable {
    /// Metric m is the sum of parts 2·m divided by that of parts 2·m + 1.
    case ratios
    /// A unit is a trial, its score and 1 where it is a target: the equal error rate.
    case verification
    /// A unit is a query, with a score and 1 or 0 for each of its trials: the maximum term-weighted
    /// value with the costs of the QUESST campaigns.
    case terms
  }

  package var rule: Rule
  package var units: [Unit]

  package init(_ rule: Rule, _ units: [Unit]) {
    self.rule = rule
    self.units = units
  }

  /// What its metrics are functions of.
  package var measure: any Measure {
    switch rule {
    case .ratios:
      SumMeasure(units.map(\.parts)) { sums in
        let metrics = sums.count / 2
        guard (0..<metrics).allSatisfy({ sums[2 * $0 + 1] > 0 }) else { return nil }
        return (0..<metrics).map { sums[2 * $0] / sums[2 * $0 + 1] }
      }
    case .verification: EqualErrorRate(units)
    case .terms: QueryValue(units)
    }
  }

  /// The metrics, as shares; `nil` where one is not defined.
  package var values: [Double]? {
    measure.values([Int](repeating: 1, count: units.count))
  }

  /// The number of the group of each unit; `nil` where each stands for itself.
  package var groups: [Int]? {
    guard units.contains(where: { $0.group != nil }) else { return nil }
    var numbers: [String: Int] = [:]
    return units.map { unit in
      let name = unit.group ?? ""
      if let known = numbers[name] { return known }
      numbers[name] = numbers.count
      return numbers.count - 1
    }
  }

  /// 95 % intervals of the metrics, as shares; `nil` where there are not two units to draw from.
  package func intervals(resamples: Int = 1000, seed: UInt64 = 1) -> [Bootstrap.Interval]? {
    Bootstrap(resamples: resamples, seed: seed).intervals(of: measure, groups: groups)
  }
}

/// The equal error rate alone.
private struct EqualErrorRate: Measure {
  private let trials: Verification

  init(_ units: [ScoredTest.Unit]) {
    trials = Verification(
      scores: units.map { $0.parts[0] }, isTarget: units.map { $0.parts[1] > 0 })
  }

  var units: Int { trials.units }
  func values(_ weights: [Int]) -> [Double]? { trials.values(weights).map { [$0[0]] } }
}

/// The term-weighted value of queries, those without a target among them.
private struct QueryValue: Measure {
  private let detection: TermDetection
  let units: Int

  init(_ units: [ScoredTest.Unit]) {
    self.units = units.count
    let trials = units.enumerated().flatMap { number, unit in
      stride(from: 0, to: unit.parts.count, by: 2).map {
        (term: number, score: unit.parts[$0], isTarget: unit.parts[$0 + 1] > 0)
      }
    }
    let cost = ScoreTask.qbe.cost ?? .speakers
    detection = TermDetection(
      terms: trials.map(\.term), scores: trials.map(\.score), isTarget: trials.map(\.isTarget),
      beta: TermDetection.beta(cost))
  }

  func values(_ weights: [Int]) -> [Double]? {
    detection.values(detection.terms.map { weights[$0] })
  }
}

extension ScoredTest {
  /// Errors of token sequences: one metric, PER, CER or WER.
  package static func tokens(
    _ answers: [(unit: Unit, reference: [String], hypothesis: [String])]
  ) -> ScoredTest {
    var inventory = TokenInventory()
    return ScoredTest(
      .ratios,
      answers.map { answer in
        let errors = TokenErrors(
          reference: inventory.numbers(of: answer.reference),
          hypothesis: inventory.numbers(of: answer.hypothesis))
        var unit = answer.unit
        unit.parts = [Double(errors.errors), Double(errors.tokens)]
        return unit
      })
  }

  /// Errors of words, which white space parts in texts.
  package static func words(
    _ answers: [(unit: Unit, reference: String, hypothesis: String)]
  ) -> ScoredTest {
    tokens(
      answers.map { answer in
        let words = [answer.reference, answer.hypothesis].map { text in
          text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map {
            String(Substring($0))
          }
        }
        return (answer.unit, words[0], words[1])
      })
  }

  /// Types and values of slots in texts with tags: two metrics, slot-type F1 and slot-value CER.
  package static func slots(
    _ answers: [(unit: Unit, reference: String, hypothesis: String)]
  ) -> ScoredTest {
    ScoredTest(
      .ratios,
      answers.map { answer in
        let errors = SlotErrors(
          reference: FilledSlots(answer.reference, isHypothesis: false),
          hypothesis: FilledSlots(answer.hypothesis, isHypothesis: true))
        var unit = answer.unit
        unit.parts = [errors.typeF1, 1, Double(errors.errors), Double(errors.characters)]
        return unit
      })
  }
}
