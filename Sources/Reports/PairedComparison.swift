import Experiment
import Foundation

/// The difference between two rows on the same seeds, in points on the scale where higher is better.
package struct PairedComparison {
  package let first: ResultRow
  package let second: ResultRow
  private let tasks: [TaskColumn]
  /// Differences of the mean over all tasks, seed by seed; only of seeds that both rows have.
  package let overall: Estimate
  /// Tasks whose mean difference is above zero, below it, and all that both rows have.
  package let wins: Int
  package let losses: Int
  package let comparable: Int

  package init(_ first: ResultRow, _ second: ResultRow, tasks: [TaskColumn]) {
    self.first = first
    self.second = second
    self.tasks = tasks
    overall = Self.difference(first, second, tasks)
    let means = tasks.compactMap { Self.difference(first, second, [$0]).mean }
    wins = means.count { $0 > 0 }
    losses = means.count { $0 < 0 }
    comparable = means.count
  }

  /// The differences over some of the tasks.
  package func difference(over tasks: [TaskColumn]) -> Estimate {
    Self.difference(first, second, tasks)
  }

  private static func difference(
    _ first: ResultRow, _ second: ResultRow, _ tasks: [TaskColumn]
  ) -> Estimate {
    let left = first.merit(over: tasks)
    let right = second.merit(over: tasks)
    var values: [UInt64: Double] = [:]
    for value in left.values {
      if let other = right[value.seed] { values[value.seed] = value.value - other }
    }
    return Estimate(values, planned: max(left.planned, right.planned))
  }

  /// Whether both rows come from the same stages, so that they must be equal.
  package var isIdentity: Bool {
    overall.count > 0 && overall.values.allSatisfy { $0.value == 0 } && wins == 0 && losses == 0
      && tasks.allSatisfy { first.estimate($0) == second.estimate($0) }
  }
}

/// What differences over seeds are worth: the rule, and its words.
package enum SeedEvidence: Hashable {
  case none
  /// One seed shows no spread.
  case single
  case mixed(count: Int)
  /// All of the same sign, which chance alone gives with probability 2^(1−n) (two-sided sign test).
  case agreeing(count: Int, chance: Double)

  package init(_ differences: Estimate) {
    let values = differences.values.map(\.value)
    if values.isEmpty {
      self = .none
    } else if values.count == 1 {
      self = .single
    } else if values.allSatisfy({ $0 > 0 }) || values.allSatisfy({ $0 < 0 }) {
      self = .agreeing(count: values.count, chance: pow(2, Double(1 - values.count)))
    } else {
      self = .mixed(count: values.count)
    }
  }

  /// The level below which a sign test counts as evidence.
  static let level = 0.05

  package var sentence: String {
    switch self {
    case .none: "There is nothing to pair yet."
    case .single: "With 1 seed no spread can be stated, so this orders nothing."
    case .mixed(let count):
      "The \(NumberText.count(count, "seed")) do not agree on the sign: no difference is shown."
    case .agreeing(let count, let chance) where chance > Self.level:
      "\(Self.all(count)) seeds agree on the sign, which chance alone gives in "
        + "\(Self.percent(chance)) % of cases: with \(count) seeds this is not evidence of a difference."
    case .agreeing(let count, let chance):
      "\(Self.all(count)) seeds agree on the sign (sign test, p = \(NumberText.fixed(chance, 3))): evidence of a "
        + "difference on these recordings with this encoder, not beyond them."
    }
  }

  private static func all(_ count: Int) -> String { count == 2 ? "Both" : "All \(count)" }

  private static func percent(_ share: Double) -> String {
    NumberText.plain((share * 1000).rounded() / 10)
  }
}
