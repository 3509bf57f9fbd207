/// Errors of hypotheses against references, added up over utterances.
package struct TokenErrors: Sendable, Hashable {
  package var substitutions = 0
  package var deletions = 0
  package var insertions = 0
  /// Tokens of the references.
  package var tokens = 0

  package init() {}

  /// Those of one utterance. Tokens are compared by their code points, without any normalisation.
  package init(reference: [TokenInventory.Number], hypothesis: [TokenInventory.Number]) {
    let distance = EditDistance(reference: reference, hypothesis: hypothesis)
    substitutions = distance.substitutions
    deletions = distance.deletions
    insertions = distance.insertions
    tokens = reference.count
  }

  package var errors: Int { substitutions + deletions + insertions }

  /// Errors divided by tokens of the references (micro-averaged), which may exceed 1; `nil` without
  /// tokens.
  package var rate: Double? { tokens > 0 ? Double(errors) / Double(tokens) : nil }

  package static func += (sum: inout Self, other: Self) {
    sum.substitutions += other.substitutions
    sum.deletions += other.deletions
    sum.insertions += other.insertions
    sum.tokens += other.tokens
  }
}

/// Numbers of tokens: equal where all code points are. Swift's strings are equal where Unicode
/// calls them canonically equivalent, which no other scorer does.
package struct TokenInventory: Sendable {
  package typealias Number = Int32

  private var numbers: [[UInt8]: Number] = [:]

  package init() {}

  package mutating func number(of token: some StringProtocol) -> Number {
    let bytes = Array(token.utf8)
    if let known = numbers[bytes] { return known }
    let number = Number(numbers.count)
    numbers[bytes] = number
    return number
  }

  package mutating func numbers(of tokens: [String]) -> [Number] { tokens.map { number(of: $0) } }

  /// What stands between white space.
  package mutating func words(of text: String) -> [Number] {
    text.unicodeScalars.split(whereSeparator: \.properties.isWhitespace).map {
      number(of: Substring($0))
    }
  }

  /// The code points of a text, spaces too, as Python's and so s3prl's character error rate counts
  /// them.
  package static func characters(of text: String) -> [Number] {
    text.unicodeScalars.map { Number($0.value) }
  }
}
