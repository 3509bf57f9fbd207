/// Dynamic time warping of a whole query onto any part of a document.
///
/// Source: the `asymmetric` step pattern of the dtw package (Giorgino 2009) with open begin and
/// open end, as s3prl's quesst14_dtw calls it: each frame of the query stands for one frame of the
/// document, and from one to the next the document goes on by 0, 1 or 2 frames at no extra cost.
enum SubsequenceWarping {
  /// The cost of the cheapest such path.
  ///
  /// - Parameters:
  ///   - costs: Query frames × document frames, row by row.
  ///   - columns: The frames of the document.
  /// - Returns: The sum of its costs, divided by the frames of the query.
  static func distance(_ costs: UnsafeBufferPointer<Double>, columns: Int) -> Double {
    guard columns > 0, costs.count >= columns else { return .nan }
    let rows = costs.count / columns
    // Two places before the first frame, from which no path comes.
    let before = [Double](repeating: .infinity, count: 2)
    var (last, next) = (before + [Double](repeating: 0, count: columns), before)
    next += [Double](repeating: 0, count: columns)
    for row in 0..<rows {
      last.withUnsafeBufferPointer { last in
        next.withUnsafeMutableBufferPointer { next in
          for column in 0..<columns {
            let (two, one, none) = (last[column], last[column + 1], last[column + 2])
            let nearest = one < none ? one : none
            next[column + 2] = costs[row * columns + column] + (two < nearest ? two : nearest)
          }
        }
      }
      swap(&last, &next)
    }
    return (last.dropFirst(2).min() ?? .nan) / Double(rows)
  }
}
