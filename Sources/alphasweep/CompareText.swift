import Experiment
import Foundation
import Reports

/// Two experiments' numbers as people and as programs read them.
struct CompareText {
  private let comparison: NumbersComparison
  private let a: String
  private let b: String
  /// What of a line names the metric; the rest is three numbers of ten characters.
  private static let room = 49

  init(_ comparison: NumbersComparison, a: String, b: String) {
    (self.comparison, self.a, self.b) = (comparison, a, b)
  }

  var text: String {
    var text = Words.wrapped("A: \(a)") + "\n" + Words.wrapped("B: \(b)") + "\n"
    if !comparison.pairs.isEmpty {
      text += "\n" + Self.line("", ["A", "B", "B − A"])
      var (row, group): (String?, String?)
      for pair in comparison.pairs {
        if group != Self.group(pair.cell) {
          group = Self.group(pair.cell)
          row = nil
          text += Words.wrapped(group ?? "") + "\n"
        }
        if row != pair.cell.row {
          row = pair.cell.row
          text += "  " + Words.wrapped(pair.cell.row, width: 77, indent: 4) + "\n"
        }
        text += Self.line(
          "\(pair.cell.task) \(pair.cell.metric)",
          [Self.number(pair.first.mean), Self.number(pair.second.mean), signed(pair.difference)])
      }
    }
    text += only("A", comparison.onlyFirst) + only("B", comparison.onlySecond)
    return text + "\n" + Words.wrapped(summary) + "\n"
  }

  private var summary: String {
    let equal = comparison.pairs.count { $0.difference == 0 }
    return "\(Words.count(comparison.pairs.count, "number")) in both, \(equal) of them equal; "
      + "\(comparison.onlyFirst.count) only in A, \(comparison.onlySecond.count) only in B."
  }

  /// A long name has a line of its own.
  private static func line(_ name: String, _ numbers: [String]) -> String {
    let columns = numbers.map { String(repeating: " ", count: max(1, 10 - $0.count)) + $0 }.joined()
    let name = "    " + Words.wrapped(name, width: 75, indent: 6)
    let isLong = name.count > room
    let blanks = String(repeating: " ", count: isLong ? room : room - name.count)
    return name + (isLong ? "\n" : "") + blanks + columns + "\n"
  }

  private static func group(_ cell: NumbersTable.Cell) -> String {
    if cell.model.isEmpty { return "Without an encoder" }
    return cell.fineTuned.isEmpty
      ? "\(cell.model), not fine-tuned" : "\(cell.model), fine-tuned on \(cell.fineTuned)"
  }

  private func only(_ name: String, _ cells: [NumbersTable.Cell]) -> String {
    guard !cells.isEmpty else { return "" }
    return "\nOnly in \(name):\n"
      + cells.map { cell in
        "  "
          + Words.wrapped(
            "\(Self.group(cell)): \(cell.row), \(cell.task) \(cell.metric)", width: 77, indent: 4)
          + "\n"
      }.joined()
  }

  private static func number(_ value: Double?) -> String {
    value.map { String(format: "%.2f", $0) } ?? "–"
  }

  private func signed(_ value: Double) -> String {
    let text = String(format: "%+.2f", value).replacingOccurrences(of: "-", with: "−")
    return ["+0.00", "−0.00"].contains(text) ? "0.00" : text
  }

  var json: Canonical {
    func cell(_ cell: NumbersTable.Cell) -> [String: Canonical] {
      [
        "model": cell.model.isEmpty ? .null : .string(cell.model),
        "fineTuned": cell.fineTuned.isEmpty ? .null : .string(cell.fineTuned),
        "row": .string(cell.row), "task": .string(cell.task), "metric": .string(cell.metric),
      ]
    }
    func estimate(_ estimate: Estimate) -> Canonical {
      .map([
        "mean": estimate.mean.map { Canonical(number: $0) } ?? .null,
        "sd": estimate.deviation.map { Canonical(number: $0) } ?? .null,
        "seeds": .integer(estimate.count),
      ])
    }
    return .map([
      "a": .string(a), "b": .string(b),
      "cells": .list(
        comparison.pairs.map { pair in
          var members = cell(pair.cell)
          members["a"] = estimate(pair.first)
          members["b"] = estimate(pair.second)
          members["difference"] = Canonical(number: pair.difference)
          return .map(members)
        }),
      "onlyA": .list(comparison.onlyFirst.map { .map(cell($0)) }),
      "onlyB": .list(comparison.onlySecond.map { .map(cell($0)) }),
    ])
  }
}
