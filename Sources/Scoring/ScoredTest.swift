/// What a test showed, unit by unit: enough for the metrics of any choice of its units, and so for
/// intervals, and for differences between two methods on the same test.
package struct ScoredTest: Sendable, Hashable, Codable {
  /// What is drawn in a bootstrap, with what it adds to the metrics.
  package struct Unit: Sendable, Hashable, Codable {
    package var id: String
    /// Units of one group are drawn together; `nil` where each stands for itself.
    package var group: String?
    /// The other group that it depends on, as a trial of two speakers does on who is tested; `nil` where there is none.
    ///
    /// Groups are drawn, and such a unit counts the product of both counts: the two-way bootstrap of Owen (2007, "The
    /// pigeonhole bootstrap"). Drawing the enrolled speakers alone, as the subset bootstrap of Bolle, Ratha and Pankanti
    /// (1999) does, makes intervals too narrow (Poh, Martin and Bengio 2007): in `Fixtures/simulate_trials.py`, with 15
    /// and 40 speakers, the standard error of the equal error rate then came out at 63 to 92 % of what other speakers
    /// give, and at 98 to 115 % with both sides drawn.
    package var other: String?
    package var parts: [Double]

    package init(_ id: String, group: String? = nil, other: String? = nil, parts: [Double]) {
      self.id = id
      self.group = group
      self.other = other
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

  /// What is drawn together; `nil` where each unit stands for itself.
  package var groups: UnitGroups? {
    guard units.contains(where: { $0.group != nil }) else { return nil }
    let first = units.map { $0.group ?? "" }
    guard units.contains(where: { $0.other != nil }) else { return UnitGroups(names: first) }
    return UnitGroups(names: first, zip(units, first).map { $0.other ?? $1 })
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
