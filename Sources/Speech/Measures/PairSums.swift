import Torch

/// Sums of products over the frames of two sets of features, centred by their means over all frames.
///
/// Frames go through in chunks that are widened to float64. Even and odd frames are summed apart, for
/// they are the two folds of the regression; their sums together serve CKA.
struct PairSums {
  /// A matrix summed over even and over odd frames.
  struct Halves {
    var even: Tensor
    var odd: Tensor
    let total: Tensor

    init(_ sums: [Tensor]) throws {
      even = sums[0]
      odd = sums[1]
      total = try even.adding(odd)
    }
  }

  let frames: Int
  /// XᵀX, YᵀY and XᵀY of features X and reference Y.
  let features: Halves
  let reference: Halves
  let cross: Halves
  /// Σxᵢ and Σyᵢ by half, as rows 1×D; about 0 over both halves.
  let featureSums: [Tensor]
  let referenceSums: [Tensor]
  /// Frames by half.
  let counts: [Int]
  /// Σkᵢ and Σlᵢ.
  let norms: (features: Double, reference: Double)
  /// Σkᵢ², Σlᵢ² and Σkᵢlᵢ.
  let normProducts: (features: Double, reference: Double, cross: Double)

  /// Even, so that a frame's parity is that of its row in a chunk.
  private static let chunkRows = 4096

  init(features x: Tensor, reference y: Tensor) throws {
    frames = x.shape[0]
    counts = [(frames + 1) / 2, frames / 2]
    let (xMean, yMean) = (try Self.mean(x), try Self.mean(y))
    var (xx, yy, xy) = ([SymmetricSum](), [SymmetricSum](), [Tensor]())
    var (xSums, ySums) = ([Tensor](), [Tensor]())
    for _ in 0..<2 {
      xx.append(try SymmetricSum(width: x.shape[1]))
      yy.append(try SymmetricSum(width: y.shape[1]))
      xy.append(try Tensor.zeros([x.shape[1], y.shape[1]], .float64))
      xSums.append(try Tensor.zeros([1, x.shape[1]], .float64))
      ySums.append(try Tensor.zeros([1, y.shape[1]], .float64))
    }
    var (k, l, kk, ll, kl) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for start in stride(from: 0, to: frames, by: Self.chunkRows) {
      let rows = min(Self.chunkRows, frames - start)
      let xRows = try Self.chunk(x, start, rows).subtracting(xMean)
      let yRows = try Self.chunk(y, start, rows).subtracting(yMean)
      for half in 0..<min(2, rows) {
        let (xHalf, yHalf) = (try Self.half(xRows, half), try Self.half(yRows, half))
        try xx[half].add(xHalf)
        try yy[half].add(yHalf)
        xy[half] = try xy[half].addmm(xHalf.transposed(0, 1), yHalf)
        try xSums[half].add_(xHalf.sum(dimensions: [0], keep: true))
        try ySums[half].add_(yHalf.sum(dimensions: [0], keep: true))
      }
      let xNorms = try xRows.square().sum(dimensions: [1])
      let yNorms = try yRows.square().sum(dimensions: [1])
      k += try xNorms.sum().item()
      l += try yNorms.sum().item()
      kk += try xNorms.square().sum().item()
      ll += try yNorms.square().sum().item()
      kl += try xNorms.multiplying(by: yNorms).sum().item()
    }
    features = try Halves(xx.map { try $0.matrix() })
    reference = try Halves(yy.map { try $0.matrix() })
    cross = try Halves(xy)
    featureSums = xSums
    referenceSums = ySums
    norms = (k, l)
    normProducts = (kk, ll, kl)
  }

  private static func chunk(_ values: Tensor, _ start: Int, _ rows: Int) throws -> Tensor {
    try values.narrow(dimension: 0, start: start, count: rows).to(.float64)
  }

  private static func mean(_ values: Tensor) throws -> Tensor {
    let sum = try Tensor.zeros([1, values.shape[1]], .float64)
    let count = values.shape[0]
    for start in stride(from: 0, to: count, by: chunkRows) {
      let rows = try chunk(values, start, min(chunkRows, count - start))
      try sum.add_(rows.sum(dimensions: [0], keep: true))
    }
    return try sum.divided(by: Double(count))
  }

  /// Every second row from row `half`, without a copy: BLAS takes the stride as it is.
  private static func half(_ rows: Tensor, _ half: Int) throws -> Tensor {
    try rows.unfold(dimension: 0, size: 1, step: 2, from: half)
  }
}

extension Tensor {
  /// Rows `start`, `start + step`, …: N×D → M×D.
  fileprivate func unfold(
    dimension: Int, size: Int, step: Int, from start: Int
  ) throws -> Tensor {
    try narrow(dimension: dimension, start: start, count: shape[dimension] - start)
      .unfold(dimension: dimension, size: size, step: step).squeezed(-1)
  }
}

/// ΣAᵀA, of which only blocks on and above the diagonal are multiplied out.
private struct SymmetricSum {
  private let width: Int
  private let edges: [Range<Int>]
  /// Block rows; each holds its columns from its diagonal block to the right end.
  private var rows: [Tensor]

  /// With 6 blocks 7/12 of the products remain, and each is still wide enough for BLAS.
  private static let blocks = 6

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
