/// Values of one quantity over seeds.
package struct Estimate: Sendable, Hashable {
  package struct Value: Sendable, Hashable {
    package var seed: UInt64
    package var value: Double
  }
  /// In order of seeds.
  package let values: [Value]
  /// Seeds that the plan asks for.
  package let planned: Int

  package init(_ values: [UInt64: Double], planned: Int) {
    self.values = values.sorted { $0.key < $1.key }.map { Value(seed: $0.key, value: $0.value) }
    self.planned = planned
  }

  package var count: Int { values.count }
  package var isComplete: Bool { count >= planned }

  package subscript(seed: UInt64) -> Double? { values.first { $0.seed == seed }?.value }

  /// `nil` without values. Equal values have exactly themselves for a mean.
  package var mean: Double? {
    guard let first = values.first?.value else { return nil }
    return first + values.reduce(0) { $0 + ($1.value - first) } / Double(count)
  }

  /// Standard deviation of the sample (divided by n − 1); `nil` for fewer than two values.
  package var deviation: Double? {
    guard let mean, count > 1 else { return nil }
    let squares = values.reduce(0) { $0 + ($1.value - mean) * ($1.value - mean) }
    return (squares / Double(count - 1)).squareRoot()
  }

  package var least: Double? { values.map(\.value).min() }
  package var greatest: Double? { values.map(\.value).max() }

  /// The same quantity on another scale.
  package func map(_ transform: (Double) -> Double) -> Estimate {
    Estimate(
      Dictionary(uniqueKeysWithValues: values.map { ($0.seed, transform($0.value)) }),
      planned: planned)
  }
}
