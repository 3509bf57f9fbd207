import Torch

/// Sums of products over the frames of two sets of features, centred by their means over all frames.
///
/// Frames go through in chunks that are widened to float64. Even and odd frames are summed apart, for
/// they are the two folds of the regression; both together serve CKA.
struct PairSums {
  /// Of even frames, or of odd ones.
  struct Half {
    var frames: Int
    /// XᵀX and XᵀY of features X and reference Y.
    var features: Tensor
    var cross: Tensor
    /// Σxᵢ and Σyᵢ: 1×D and 1×D′.
    var featureSum: Tensor
    var referenceSum: Tensor
    /// Σ‖yᵢ‖².
    var referenceSquares: Double
  }

  let frames: Int
  /// Even and odd frames apart, or all frames where no folds are wanted.
  let halves: [Half]
  /// YᵀY over all frames.
  let reference: Tensor
  /// Σkᵢ and Σlᵢ with kᵢ = ‖xᵢ‖² and lᵢ = ‖yᵢ‖².
  let norms: (features: Double, reference: Double)
  /// Σkᵢ², Σlᵢ² and Σkᵢlᵢ.
  let normProducts: (features: Double, reference: Double, cross: Double)

  /// Frames multiplied at once. Even, so that a frame's parity is that of its row; at 768 dimensions
  /// both sides take 200 MB, and 10,000 frames need no second addition of a matrix.
  private static let chunkRows = 16_384

  /// - Parameters:
  ///   - x: N×D.
  ///   - y: N×D′ of the same frames.
  ///   - inFolds: Whether even and odd frames are summed apart; CKA alone is cheaper without.
  /// - Throws: `TorchError` when memory runs out.
  init(features x: Tensor, reference y: Tensor, inFolds: Bool) throws {
    frames = x.shape[0]
    let (xMean, yMean) = (try CentredRows.mean(x), try CentredRows.mean(y))
    let folds = inFolds ? 2 : 1
    var sums = try (0..<folds).map { _ in try HalfSum(x.shape[1], y.shape[1]) }
    var yy = try SymmetricSum(width: y.shape[1])
    var (k, l, kk, ll, kl) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for start in stride(from: 0, to: frames, by: Self.chunkRows) {
      let range = start..<min(start + Self.chunkRows, frames)
      let x = try CentredRows(x, range, mean: xMean)
      let y = try CentredRows(y, range, mean: yMean)
      try yy.add(y.rows)
      for half in 0..<min(folds, range.count) {
        try sums[half].add(
          Self.rows(x.rows, from: half, every: folds), Self.rows(y.rows, from: half, every: folds),
          referenceSquares: Self.rows(y.norms, from: half, every: folds).sum().item())
      }
      k += try x.norms.sum().item()
      l += try y.norms.sum().item()
      kk += try x.norms.square().sum().item()
      ll += try y.norms.square().sum().item()
      kl += try x.norms.multiplying(by: y.norms).sum().item()
    }
    let count = frames
    halves = try sums.enumerated().map { index, sum in
      try sum.half(frames: (count + folds - 1 - index) / folds)
    }
    reference = try yy.matrix()
    norms = (k, l)
    normProducts = (kk, ll, kl)
  }

  /// Every row, or every second from row `start`, without a copy: BLAS takes the stride as it is.
  private static func rows(_ values: Tensor, from start: Int, every step: Int) throws -> Tensor {
    guard step > 1 else { return values }
    return try values.narrow(dimension: 0, start: start, count: values.shape[0] - start)
      .unfold(dimension: 0, size: 1, step: step).squeezed(-1)
  }
}

/// Some frames in float64 less a mean, and their squared norms.
private struct CentredRows {
  /// N×D.
  let rows: Tensor
  /// N.
  let norms: Tensor

  /// Rows widened and reduced at once: at 768 dimensions they stay in a core's cache.
  private static let pieceRows = 1024

  init(_ values: Tensor, _ range: Range<Int>, mean: Tensor) throws {
    rows = try Tensor.zeros([range.count, values.shape[1]], .float64)
    var parts: [Tensor] = []
    for start in stride(from: 0, to: range.count, by: Self.pieceRows) {
      let count = min(Self.pieceRows, range.count - start)
      let part = try rows.narrow(dimension: 0, start: start, count: count)
      try part.copy_(
        from: values.narrow(dimension: 0, start: range.lowerBound + start, count: count))
      try part.add_(mean, scale: -1)
      parts.append(try part.square().sum(dimensions: [1]))
    }
    norms = try Tensor.concatenated(parts, dimension: 0)
  }

  /// The mean of all rows: 1×D.
  static func mean(_ values: Tensor) throws -> Tensor {
    let count = values.shape[0]
    let sum = try Tensor.zeros([1, values.shape[1]], .float64)
    for start in stride(from: 0, to: count, by: pieceRows) {
      let rows = min(pieceRows, count - start)
      let part = try values.narrow(dimension: 0, start: start, count: rows).to(.float64)
      try sum.add_(part.sum(dimensions: [0], keep: true))
    }
    return try sum.divided(by: Double(count))
  }
}

/// The sums of a half while they grow.
private struct HalfSum {
  private var xx: SymmetricSum
  private var xy: Tensor
  private let xSum: Tensor
  private let ySum: Tensor
  private var ySquares = 0.0

  init(_ xWidth: Int, _ yWidth: Int) throws {
    xx = try SymmetricSum(width: xWidth)
    xy = try Tensor.zeros([xWidth, yWidth], .float64)
    xSum = try Tensor.zeros([1, xWidth], .float64)
    ySum = try Tensor.zeros([1, yWidth], .float64)
  }

  mutating func add(_ x: Tensor, _ y: Tensor, referenceSquares: Double) throws {
    try xx.add(x)
    xy = try xy.addmm(x.transposed(0, 1), y)
    try xSum.add_(x.sum(dimensions: [0], keep: true))
    try ySum.add_(y.sum(dimensions: [0], keep: true))
    ySquares += referenceSquares
  }

  func half(frames: Int) throws -> PairSums.Half {
    PairSums.Half(
      frames: frames, features: try xx.matrix(), cross: xy, featureSum: xSum, referenceSum: ySum,
      referenceSquares: ySquares)
  }
}

/// ΣAᵀA, of which only blocks on and above the diagonal are multiplied out.
private struct SymmetricSum {
  private let width: Int
  private let edges: [Range<Int>]
  /// Block rows; each holds its columns from its diagonal block to the right end.
  private var rows: [Tensor]

  /// With 8 blocks 9/16 of the products remain, and each is still wide enough for BLAS.
  private static let blocks = 8

  init(width: Int) throws {
    self.width = width
    let size = max(1, (width + Self.blocks - 1) / Self.blocks)
    let edges = stride(from: 0, to: width, by: size).map { $0..<min($0 + size, width) }
    self.edges = edges
    rows = try edges.map { try Tensor.zeros([$0.count, width - $0.lowerBound], .float64) }
  }

  mutating func add(_ values: Tensor) throws {
    for (index, edge) in edges.enumerated() {
      let left = try values.narrow(dimension: 1, start: edge.lowerBound, count: edge.count)
      let right = try values.narrow(
        dimension: 1, start: edge.lowerBound, count: width - edge.lowerBound)
      rows[index] = try rows[index].addmm(left.transposed(0, 1), right)
    }
  }

  /// The whole matrix, exactly symmetric.
  func matrix() throws -> Tensor {
    let matrix = try Tensor.zeros([width, width], .float64)
    for (edge, row) in zip(edges, rows) {
      let rest = width - edge.lowerBound
      try matrix.narrow(dimension: 1, start: edge.lowerBound, count: edge.count)
        .narrow(dimension: 0, start: edge.lowerBound, count: rest).copy_(from: row.transposed(0, 1))
      try matrix.narrow(dimension: 0, start: edge.lowerBound, count: edge.count)
        .narrow(dimension: 1, start: edge.lowerBound, count: rest).copy_(from: row)
    }
    return matrix
  }
}
