import Torch

/// Sums of products over the frames of two sets of features, centred by their means over all frames.
///
/// Frames go through in chunks that are widened to float64. Even and odd frames are summed apart, for
/// they are the two folds of the regression; both together serve CKA.
struct PairSums {
  /// Of even frames, or of odd ones.
  struct Half {
    var frames: Int
    /// The upper triangle of XᵀX for features X, and XᵀY for reference Y.
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
  /// The upper triangle of YᵀY over all frames.
  let reference: Tensor
  /// Σkᵢ and Σlᵢ with kᵢ = ‖xᵢ‖² and lᵢ = ‖yᵢ‖².
  let norms: (features: Double, reference: Double)
  /// Σkᵢ², Σlᵢ² and Σkᵢlᵢ.
  let normProducts: (features: Double, reference: Double, cross: Double)

  /// Frames multiplied at once. Even, so that a frame's parity is that of its row; at 768 dimensions
  /// both sides stay in a processor's cache between being widened and being multiplied.
  fileprivate static let chunkRows = 512

  /// - Parameters:
  ///   - x: N×D.
  ///   - y: N×D′ of the same frames.
  ///   - columnSums: Of x and of y, 1×D and 1×D′.
  ///   - inFolds: Whether even and odd frames are summed apart; CKA alone is cheaper without.
  /// - Throws: `TorchError` when memory runs out.
  init(
    features x: Tensor, reference y: Tensor, columnSums: (features: Tensor, reference: Tensor),
    inFolds: Bool
  ) throws {
    frames = x.shape[0]
    let means = (
      x: try columnSums.features.divided(by: Double(frames)),
      y: try columnSums.reference.divided(by: Double(frames))
    )
    let folds = inFolds ? 2 : 1
    var sums = try (0..<folds).map { _ in try HalfSum(x.shape[1], y.shape[1]) }
    let yy = try Tensor.zeros([y.shape[1], y.shape[1]], .float64)
    var (k, l, kk, ll, kl) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for start in stride(from: 0, to: frames, by: Self.chunkRows) {
      let count = min(Self.chunkRows, frames - start)
      let x = try x.narrow(dimension: 0, start: start, count: count).centredRows(mean: means.x)
      let y = try y.narrow(dimension: 0, start: start, count: count).centredRows(mean: means.y)
      try yy.addGram_(of: y.rows)
      for half in 0..<min(folds, count) {
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
    halves = sums.enumerated().map { index, sum in
      sum.half(frames: (count + folds - 1 - index) / folds)
    }
    reference = yy
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

/// The sums of a half while they grow.
private struct HalfSum {
  private let xx: Tensor
  private let xy: Tensor
  private let xSum: Tensor
  private let ySum: Tensor
  private var ySquares = 0.0

  init(_ xWidth: Int, _ yWidth: Int) throws {
    xx = try Tensor.zeros([xWidth, xWidth], .float64)
    xy = try Tensor.zeros([xWidth, yWidth], .float64)
    xSum = try Tensor.zeros([1, xWidth], .float64)
    ySum = try Tensor.zeros([1, yWidth], .float64)
  }

  mutating func add(_ x: Tensor, _ y: Tensor, referenceSquares: Double) throws {
    try xx.addGram_(of: x)
    try xy.addProduct_(of: x, y)
    try xSum.add_(x.sum(dimensions: [0], keep: true))
    try ySum.add_(y.sum(dimensions: [0], keep: true))
    ySquares += referenceSquares
  }

  func half(frames: Int) -> PairSums.Half {
    PairSums.Half(
      frames: frames, features: xx, cross: xy, featureSum: xSum,
      referenceSum: ySum, referenceSquares: ySquares)
  }
}
