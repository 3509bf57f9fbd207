import Experiment
import Foundation
import Reports

/// Two experiments' numbers as people and as programs read them.
struct CompareText {
  private let comparison: NumbersComparison
  private let a: String
  private let b: String
  /// What of a line names the number, then A, B, and what is between them.
  private static let widths = [22, 20, 20, 17]

  init(_ comparison: NumbersComparison, a: String, b: String) {
    (self.comparison, self.a, self.b) = (comparison, a, b)
  }

  // MARK: For people

  var text: String {
    var text = Words.wrapped("A: \(a)") + "\n" + Words.wrapped("B: \(b)") + "\n"
    if !comparison.pairs.isEmpty {
      text += "\n" + Self.line("", ["A", "B", "B − A"])
      var (row, group): (String?, String?)
      for pair in comparison.pairs {
        if group != Self.group(pair.row) {
          group = Self.group(pair.row)
          row = nil
          text += Words.wrapped(group ?? "") + "\n"
        }
        if row != pair.row.title {
          row = pair.row.title
          text += "  " + Words.wrapped(pair.row.title, width: 77, indent: 4) + "\n"
        }
        text += Self.lines(pair)
      }
    }
    text += only("A", comparison.onlyFirst) + only("B", comparison.onlySecond)
    return text + "\n" + Words.wrapped(summary) + "\n"
  }

  private var summary: String {
    let cells = comparison.pairs.filter { if case .metric = $0.subject { true } else { false } }
    let equal = cells.count { $0.difference == 0 }
    let counts =
      "\(Words.count(cells.count, "number")) in both, \(equal) of them equal; "
      + "\(comparison.onlyFirst.count) only in A, \(comparison.onlySecond.count) only in B."
    guard !cells.isEmpty else { return counts }
    return counts
      + " Mean ± standard deviation over seeds (how many), below it the 95 % interval where it is "
      + "known. B − A is over the seeds that both have, of scores of the means; better and worse are by its "
      + "sign alone."
  }

  /// The numbers, and below them what is known of how sure they are.
  private static func lines(_ pair: NumbersComparison.Pair) -> String {
    let decimals = pair.subject == .score ? 1 : 2
    let word = pair.secondIsBetter.map { $0 ? " better" : " worse" } ?? ""
    let numbers = [
      side(pair.first, decimals), side(pair.second, decimals),
      signed(pair.difference, decimals) + word,
    ]
    // Of equal numbers it says nothing.
    let isTelling =
      pair.deviation != 0 || pair.pairedSeeds < max(pair.first.count, pair.second.count)
    let deviation = pair.deviation.map { "± \(number($0, decimals)) (\(pair.pairedSeeds))" }
    let below = [
      interval(pair.first), interval(pair.second), isTelling ? deviation ?? "" : "",
    ]
    let name = Self.name(pair.subject) + (pair.higherIsBetter ? " ↑" : " ↓")
    return line(name, numbers) + (below.allSatisfy(\.isEmpty) ? "" : line("", below))
  }

  /// A long name has a line of its own.
  private static func line(_ name: String, _ numbers: [String]) -> String {
    let columns = zip(numbers, widths.dropFirst()).map { text, width in
      String(repeating: " ", count: max(1, width - text.count)) + text
    }.joined()
    let name = name.isEmpty ? "" : "    " + Words.wrapped(name, width: 75, indent: 6)
    let isLong = name.count > widths[0]
    let blanks = String(repeating: " ", count: isLong ? widths[0] : widths[0] - name.count)
    let rest = String((blanks + columns).reversed().drop { $0 == " " }.reversed())
    return name + (isLong ? "\n" : "") + rest + "\n"
  }

  private static func name(_ subject: NumbersComparison.Subject) -> String {
    switch subject {
    case .metric(let task, let metric): "\(task) \(metric)"
    case .mean(let tasks): "mean of \(tasks) tasks"
    case .score: "score"
    }
  }

  private static func group(_ row: NumbersTable.Row) -> String {
    if row.model.isEmpty { return "Without an encoder" }
    return row.fineTuned.isEmpty
      ? "\(row.model), not fine-tuned" : "\(row.model), fine-tuned on \(row.fineTuned)"
  }

  private func only(_ name: String, _ cells: [NumbersTable.Cell]) -> String {
    guard !cells.isEmpty else { return "" }
    return "\nOnly in \(name):\n"
      + cells.map { cell in
        "  "
          + Words.wrapped(
            "\(Self.group(cell.row)): \(cell.row.title), \(cell.task) \(cell.metric)", width: 77,
            indent: 4)
          + "\n"
      }.joined()
  }

  /// `31.00 ± 1.41 (2)`.
  private static func side(_ side: NumbersComparison.Side, _ decimals: Int) -> String {
    number(side.mean, decimals) + (side.deviation.map { " ± \(number($0, decimals))" } ?? "")
      + " (\(side.count))"
  }

  private static func interval(_ side: NumbersComparison.Side) -> String {
    side.interval.map { "\(number($0.low, 2))…\(number($0.high, 2))" } ?? ""
  }

  private static func number(_ value: Double, _ decimals: Int) -> String {
    String(format: "%.\(decimals)f", value).replacingOccurrences(of: "-", with: "−")
  }

  private static func signed(_ value: Double, _ decimals: Int) -> String {
    let text = String(format: "%+.\(decimals)f", value).replacingOccurrences(of: "-", with: "−")
    return text.allSatisfy { "+−0.".contains($0) } ? String(text.dropFirst()) : text
  }

  // MARK: For programs

  var json: Canonical {
    .map([
      "a": .string(a), "b": .string(b),
      "cells": .list(
        comparison.pairs.compactMap { pair in
          guard case .metric(let task, let metric) = pair.subject else { return nil }
          return .map(
            Self.members(pair).merging(["task": .string(task), "metric": .string(metric)]) { $1 })
        }),
      "means": .list(
        comparison.pairs.compactMap { pair in
          guard case .mean(let tasks) = pair.subject else { return nil }
          return .map(Self.members(pair).merging(["tasks": .integer(tasks)]) { $1 })
        }),
      "scores": .list(
        comparison.pairs.filter { $0.subject == .score }.map { .map(Self.members($0)) }),
      "onlyA": .list(comparison.onlyFirst.map { .map(Self.members($0)) }),
      "onlyB": .list(comparison.onlySecond.map { .map(Self.members($0)) }),
    ])
  }

  private static func members(_ row: NumbersTable.Row) -> [String: Canonical] {
    [
      "model": row.model.isEmpty ? .null : .string(row.model),
      "fineTuned": row.fineTuned.isEmpty ? .null : .string(row.fineTuned),
      "row": .string(row.title),
    ]
  }

  private static func members(_ cell: NumbersTable.Cell) -> [String: Canonical] {
    members(cell.row).merging(["task": .string(cell.task), "metric": .string(cell.metric)]) { $1 }
  }

  private static func members(_ pair: NumbersComparison.Pair) -> [String: Canonical] {
    func json(_ number: Double?) -> Canonical { number.map { Canonical(number: $0) } ?? .null }
    func side(_ side: NumbersComparison.Side) -> Canonical {
      .map([
        "mean": json(side.mean), "sd": json(side.deviation), "seeds": .integer(side.count),
        "low": json(side.interval?.low), "high": json(side.interval?.high),
      ])
    }
    return members(pair.row).merging([
      "a": side(pair.first), "b": side(pair.second), "difference": json(pair.difference),
      "differenceSd": json(pair.deviation), "pairedSeeds": .integer(pair.pairedSeeds),
      "better": pair.secondIsBetter.map { .string($0 ? "b" : "a") } ?? .null,
    ]) { $1 }
  }
}
