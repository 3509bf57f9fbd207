import Foundation

/// How numbers are written for people: always with a point, whatever the locale.
package enum NumberText {
  /// A fixed number of decimals; what rounds to zero has no sign.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    let text = String(format: "%.\(decimals)f", value)
    let isZero = text.allSatisfy { "-0.".contains($0) }
    return isZero && text.hasPrefix("-") ? String(text.dropFirst()) : text
  }

  /// As `fixed`, with a typographic minus.
  package static func minus(_ value: Double, _ decimals: Int) -> String {
    fixed(value, decimals).replacingOccurrences(of: "-", with: "−")
  }

  /// A difference: `+1.2`, `−0.4`, `0.0`.
  package static func signed(_ value: Double, _ decimals: Int = 1) -> String {
    let text = minus(value, decimals)
    let isZero = text.allSatisfy { "0.".contains($0) }
    return isZero || text.hasPrefix("−") ? text : "+" + text
  }

  /// Differences in points, all with as many decimals as tell them apart: two where one decimal would
  /// show nothing but zero, or one number for different ones.
  package static func points(_ values: [Double]) -> [String] {
    let short = values.map { signed($0, 1) }
    let isTold =
      Set(short).count == Set(values).count
      && !zip(short, values).contains { $0 == "0.0" && $1 != 0 }
    return isTold ? short : values.map { signed($0, 2) }
  }

  /// Three decimals; only exactly 1 reads `1.000`, what would round to it gets more digits.
  package static func similarity(_ value: Double) -> String {
    for decimals in 3...6 {
      let text = minus(value, decimals)
      if value == 1 || Double(text) != 1 { return text }
    }
    return "≈ 1"
  }

  /// Three significant digits, at least one decimal; exactly 0 reads `0`.
  package static func distance(_ value: Double) -> String {
    guard value != 0, value.isFinite else { return "0" }
    let magnitude = Int(Foundation.log10(abs(value)).rounded(.down))
    return minus(value, min(8, max(1, 2 - magnitude)))
  }

  /// α, λ and the like: the shortest text that reads back.
  package static func plain(_ value: Double) -> String {
    value == value.rounded() && abs(value) < 1e15 ? String(Int(value)) : "\(value)"
  }

  /// `1 seed`, `2 seeds`.
  package static func count(_ number: Int, _ noun: String) -> String {
    number == 1 ? "1 \(noun)" : "\(number) \(noun)s"
  }

  /// `a`, `a and b`, `a, b and c`.
  package static func list(_ words: [String]) -> String {
    guard let last = words.last, words.count > 1 else { return words.first ?? "" }
    return words.dropLast().joined(separator: ", ") + " and " + last
  }
}

/// What a quantity is, which decides how it is written.
package enum Quantity: Sendable, Hashable {
  /// Percent or points: two decimals where the spread is below 0.1, else one.
  case percent
  /// A score about 1000 wide: one decimal.
  case score
  /// CKA and R².
  case similarity
  /// ‖θ−θ₀‖₂.
  case distance
  /// Points with a sign: two decimals.
  case difference
  /// As published: two decimals.
  case exact
  /// Three decimals; what is less reads so.
  case probability

  private func text(_ value: Double, _ decimals: Int) -> String {
    switch self {
    case .percent, .score: NumberText.minus(value, decimals)
    case .similarity: NumberText.similarity(value)
    case .distance: NumberText.distance(value)
    case .difference: NumberText.signed(value, 2)
    case .exact: NumberText.minus(value, 2)
    case .probability: value < 0.001 ? "< 0.001" : NumberText.fixed(value, 3)
    }
  }

  /// One number by itself.
  func text(_ value: Double) -> String { text(value, 1) }

  /// The ends of an interval, with as many decimals as tell them apart.
  func text(_ low: Double, _ high: Double) -> String {
    let decimals = high - low < 0.2 ? 2 : 1
    return text(low, decimals) + "…" + text(high, decimals)
  }

  /// The decimals of a spread are those of its mean; one that would read 0.000 is left out where
  /// all seeds share most of what they measure.
  private func spreadText(_ spread: Double, mean: String, _ decimals: Int) -> String {
    switch self {
    case .percent, .score, .difference, .exact, .probability:
      return " ± " + NumberText.fixed(spread, decimals)
    case .similarity, .distance:
      let places = mean.firstIndex(of: ".").map { mean.distance(from: $0, to: mean.endIndex) - 1 }
      let text = NumberText.fixed(spread, places ?? 3)
      return text.allSatisfy { "0.".contains($0) } ? "" : " ± " + text
    }
  }

  /// `63.2 ± 0.4`, or `63.2` where one value has no spread; `nil` without values.
  package func text(_ estimate: Estimate) -> String? {
    guard let mean = estimate.mean else { return nil }
    let spread = estimate.deviation
    let isNarrow = self == .percent && (spread.map { $0 < 0.1 } ?? false)
    let decimals = isNarrow ? 2 : 1
    let words = text(mean, decimals)
    return words + (spread.map { spreadText($0, mean: words, decimals) } ?? "")
  }

  /// Decimals in CSV files.
  var fileDecimals: Int {
    switch self {
    case .percent, .score, .difference, .exact: 4
    case .similarity, .distance, .probability: 6
    }
  }
}
