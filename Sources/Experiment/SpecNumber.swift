/// Numbers as people write them in specs: `600`, `10_000`, `1e-3`, `20%`.
enum SpecNumber {
  static func integer(_ text: String) -> Int? {
    let digits = text.hasPrefix("-") ? text.dropFirst() : text[...]
    guard let plain = ungrouped(digits), plain.allSatisfy(isDigit) else { return nil }
    return Int(text.hasPrefix("-") ? "-" + plain : plain)
  }

  /// A finite decimal number: neither hexadecimal nor `inf`, which Swift would read as well.
  static func real(_ text: String) -> Double? {
    guard let plain = ungrouped(text[...]),
      plain.allSatisfy({ isDigit($0) || "+-.eE".contains($0) }), let value = Double(plain)
    else { return nil }
    return value.isFinite ? value : nil
  }

  /// `20%` is 0.2: the hundredth is taken in decimal, so that it is the number that `0.2` is.
  static func share(_ text: String) -> Double? {
    guard text.hasSuffix("%") else { return real(text) }
    let number = text.dropLast()
    guard !number.contains(where: { "eE".contains($0) }), real(String(number)) != nil else {
      return nil
    }
    return real(String(number) + "e-2")
  }

  /// A share as specs write it: `20%`.
  static func percent(_ share: Double) -> String {
    Canonical(number: (share * 1e8).rounded() / 1e6).text + "%"
  }

  static func words(_ range: ClosedRange<Int>) -> String {
    range.upperBound == .max
      ? "at least \(range.lowerBound)" : "from \(range.lowerBound) to \(range.upperBound)"
  }

  static func words(_ range: ClosedRange<Double>) -> String {
    let low = Canonical(number: range.lowerBound).text
    if range == .positive { return "greater than 0" }
    return range.upperBound == .greatestFiniteMagnitude
      ? "at least \(low)" : "from \(low) to \(Canonical(number: range.upperBound).text)"
  }

  /// The text without underscores, each of which must stand between two digits.
  private static func ungrouped(_ text: Substring) -> String? {
    guard text.contains("_") else { return text.isEmpty ? nil : String(text) }
    let groups = text.split(separator: "_", omittingEmptySubsequences: false)
    for (left, right) in zip(groups, groups.dropFirst()) {
      guard let before = left.last, let after = right.first, isDigit(before), isDigit(after) else {
        return nil
      }
    }
    return groups.joined()
  }

  private static func isDigit(_ character: Character) -> Bool { ("0"..."9").contains(character) }
}

extension ClosedRange where Bound == Double {
  static var notNegative: ClosedRange<Double> { 0...(.greatestFiniteMagnitude) }
  static var positive: ClosedRange<Double> { .leastNormalMagnitude...(.greatestFiniteMagnitude) }
}

extension ClosedRange where Bound == Int {
  static var positive: ClosedRange<Int> { 1...(.max) }
}
