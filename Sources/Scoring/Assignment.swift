/// Pairs of rows and columns.
enum Assignment {
  /// Pairs such that the sum of weights is largest, no row or column twice: the Hungarian method
  /// with potentials (Kuhn 1955, Munkres 1957), in O(rows²·columns).
  ///
  /// - Parameter weights: Rows of equal length, not negative.
  /// - Returns: The column of each row; `nil` where rows are more than columns and it has none.
  static func heaviest(_ weights: [[Double]]) -> [Int?] {
    let columns = weights.first?.count ?? 0
    guard columns > 0 else { return weights.map { _ in nil } }
    guard weights.count <= columns else {
      let transposed = (0..<columns).map { column in weights.map { $0[column] } }
      var rows = [Int?](repeating: nil, count: weights.count)
      for (column, row) in heaviest(transposed).enumerated() {
        if let row { rows[row] = column }
      }
      return rows
    }
    var state = Search(columns: columns, rows: weights.count)
    for row in weights.indices { state.add(row, weights) }
    var columnOf = [Int?](repeating: nil, count: weights.count)
    for (column, row) in state.rowOf.enumerated() where row >= 0 { columnOf[row] = column }
    return columnOf
  }

  /// What is assigned so far, and the potentials that prove it the best.
  private struct Search {
    /// Of each column; -1 where it is free.
    var rowOf: [Int]
    private var rowPotential: [Double]
    private var columnPotential: [Double]

    init(columns: Int, rows: Int) {
      rowOf = [Int](repeating: -1, count: columns)
      rowPotential = [Double](repeating: 0, count: rows)
      columnPotential = [Double](repeating: 0, count: columns)
    }

    /// Assigns one more row along the cheapest alternating path.
    mutating func add(_ start: Int, _ weights: [[Double]]) {
      let columns = rowOf.count
      var slack = [Double](repeating: .infinity, count: columns)
      var before = [Int](repeating: -1, count: columns)
      var isReached = [Bool](repeating: false, count: columns)
      var row = start
      var column = -1
      while true {
        var (step, next) = (Double.infinity, -1)
        for candidate in 0..<columns where !isReached[candidate] {
          let cost = -weights[row][candidate] - rowPotential[row] - columnPotential[candidate]
          if cost < slack[candidate] { (slack[candidate], before[candidate]) = (cost, column) }
          if slack[candidate] < step { (step, next) = (slack[candidate], candidate) }
        }
        rowPotential[start] += step
        for other in 0..<columns {
          if isReached[other] {
            rowPotential[rowOf[other]] += step
            columnPotential[other] -= step
          } else {
            slack[other] -= step
          }
        }
        column = next
        isReached[column] = true
        guard rowOf[column] >= 0 else { break }
        row = rowOf[column]
      }
      while column >= 0 {
        let previous = before[column]
        rowOf[column] = previous >= 0 ? rowOf[previous] : start
        column = previous
      }
    }
  }
}
