/// Scores of hypotheses against references, as shares.
package enum Metrics {
  /// Errors over all utterances divided by tokens of all references (micro-averaged): phoneme,
  /// character or word error rate. It may exceed 1.
  ///
  /// - Returns: 0 where nothing was to be said and nothing was; infinity where something was.
  package static func tokenErrorRate<Token: Equatable>(
    _ pairs: [(reference: [Token], hypothesis: [Token])]
  ) -> Double {
    let errors = pairs.reduce(0) {
      $0 + EditDistance(reference: $1.reference, hypothesis: $1.hypothesis).errors
    }
    let tokens = pairs.reduce(0) { $0 + $1.reference.count }
    guard tokens > 0 else { return errors == 0 ? 0 : .infinity }
    return Double(errors) / Double(tokens)
  }

  /// The share of pairs that are equal; 0 where there are none.
  package static func accuracy<Value: Equatable>(
    _ pairs: [(reference: Value, hypothesis: Value)]
  ) -> Double {
    guard !pairs.isEmpty else { return 0 }
    return Double(pairs.count { $0.reference == $0.hypothesis }) / Double(pairs.count)
  }

  /// What always naming the most frequent training class scores on the test labels: what chance is
  /// worth. Of equally frequent classes the first in order is named.
  package static func majorityAccuracy(training: [String], test: [String]) -> Double {
    let counts = Dictionary(training.map { ($0, 1) }, uniquingKeysWith: +)
    guard let most = counts.values.max(), !test.isEmpty,
      let majority = counts.filter({ $0.value == most }).keys.min()
    else { return 0 }
    return Double(test.count { $0 == majority }) / Double(test.count)
  }
}
