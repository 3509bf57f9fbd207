/// Holm's correction of p-values for how many of them there are (1979, "A simple sequentially rejective
/// multiple test procedure"): the chance of any false claim among all stays below the level.
package enum Holm {
  /// The corrected values, each in the place of its own; none falls below a smaller one's.
  package static func corrected(_ values: [Double]) -> [Double] {
    let order = values.indices.sorted { (values[$0], $0) < (values[$1], $1) }
    var result = values
    var greatest = 0.0
    for (rank, index) in order.enumerated() {
      greatest = max(greatest, min(1, Double(values.count - rank) * values[index]))
      result[index] = greatest
    }
    return result
  }
}
