import Torch

/// Ridge regression with an intercept in two folds: fitted on even frames and scored on odd ones, and
/// the other way round.
///
/// R² = 1 − SSE / SST, both summed over all dimensions and both folds; SST is about each scored half's
/// own mean (scikit-learn's `r2_score` with `variance_weighted`). The penalty is `ridge` times the mean
/// eigenvalue of the fitted half's centred XᵀX. Everything follows from the sums of products, so no
/// prediction is ever made: with deviations from the fitted half's means,
/// SSE = tr(YᵀY) − 2·tr(WᵀXᵀY) + tr(WᵀXᵀX·W).
struct RidgeFolds {
  private let sums: PairSums

  init(_ sums: PairSums) { self.sums = sums }

  /// - Throws: `SimilarityError.degenerate` where a half does not vary or the fit has no solution.
  func r2(ridge: Double) throws -> Double {
    let folds = [
      try Fold(fitted: sums.halves[0], scored: sums.halves[1]),
      try Fold(fitted: sums.halves[1], scored: sums.halves[0]),
    ]
    let total = try folds.reduce(0.0) { $0 + (try $1.total()) }
    guard total > 0 else {
      throw SimilarityError.degenerate(reason: "the reference does not vary within the halves")
    }
    return 1 - (try folds.reduce(0.0) { $0 + (try $1.errors(ridge: ridge)) }) / total
  }
}

private struct Fold {
  private let fitted: PairSums.Half
  private let scored: PairSums.Half
  /// Of the fitted half.
  private let xMean: Tensor
  private let yMean: Tensor

  init(fitted: PairSums.Half, scored: PairSums.Half) throws {
    self.fitted = fitted
    self.scored = scored
    xMean = try fitted.featureSum.divided(by: Double(fitted.frames))
    yMean = try fitted.referenceSum.divided(by: Double(fitted.frames))
  }

  /// SST.
  func total() throws -> Double {
    let sum = try scored.referenceSum.square().sum().item()
    return scored.referenceSquares - sum / Double(scored.frames)
  }

  /// SSE.
  func errors(ridge: Double) throws -> Double {
    let weights = try self.weights(ridge)
    let count = Double(scored.frames)
    // Σ(xᵢ − a)ᵀ(yᵢ − b) = Σxᵢᵀyᵢ − (Σxᵢ)ᵀb − aᵀ(Σyᵢ − N·b): a correction of rank 2.
    func moments(_ products: Tensor, _ sum: Tensor, _ mean: Tensor) throws -> Tensor {
      let left = try Tensor.concatenated([scored.featureSum, xMean], dimension: 0)
      let right = try Tensor.concatenated(
        [mean, sum.subtracting(mean.multiplying(by: count))], dimension: 0)
      return try products.addmm(left.transposed(0, 1), right, alpha: -1)
    }
    let xx = try moments(scored.features.mirroringUpperTriangle(), scored.featureSum, xMean)
    let xy = try moments(scored.cross, scored.referenceSum, yMean)
    let linear = try scored.referenceSum.multiplying(by: yMean).sum().item()
    let yy = scored.referenceSquares - 2 * linear + count * (try yMean.square().sum().item())
    let inner = try xy.addmm(xx, weights, beta: -2, alpha: 1)
    return yy + (try weights.multiplying(by: inner).sum().item())
  }

  /// (XᵀX + λ·I)⁻¹·XᵀY over the fitted half, about its own means.
  private func weights(_ ridge: Double) throws -> Tensor {
    let mean = try xMean.transposed(0, 1)
    let count = Double(fitted.frames)
    let xx = try fitted.features.mirroringUpperTriangle().addmm(mean, xMean, alpha: -count)
    let xy = try fitted.cross.addmm(mean, yMean, alpha: -count)
    let width = xx.shape[0]
    let steps = Tensor.diagonal(of: width)
    let diagonal = try xx.reshape([-1]).indexSelect(dimension: 0, indices: Tensor(indices: steps))
    let penalty = ridge * (try diagonal.sum().item()) / Double(width)
    let penalised = try xx.adding(Tensor.eye(width, .float64).multiplying(by: penalty))
    do {
      return try xy.choleskySolved(factor: penalised.cholesky())
    } catch {
      throw SimilarityError.degenerate(
        reason: "the features of a half of the frames are linearly dependent (\(error))")
    }
  }
}

extension Tensor {
  /// Where the diagonal of a square matrix lies in row-major order.
  fileprivate static func diagonal(of width: Int) -> [Int] {
    (0..<width).map { $0 * width + $0 }
  }
}
