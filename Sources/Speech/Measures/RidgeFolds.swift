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
    var (errors, total) = (0.0, 0.0)
    for fitted in 0..<2 {
      let (sse, sst) = try score(fitted: fitted, ridge: ridge)
      errors += sse
      total += sst
    }
    guard total > 0 else {
      throw SimilarityError.degenerate(reason: "the reference does not vary within the halves")
    }
    return 1 - errors / total
  }

  private func score(fitted: Int, ridge: Double) throws -> (sse: Double, sst: Double) {
    let scored = 1 - fitted
    let xMean = try sums.featureSums[fitted].divided(by: Double(sums.counts[fitted]))
    let yMean = try sums.referenceSums[fitted].divided(by: Double(sums.counts[fitted]))
    let weights = try self.weights(fitted, xMean, yMean, ridge)
    let xx = try moments(sums.features, scored, sums.featureSums, xMean, sums.featureSums, xMean)
    let xy = try moments(sums.cross, scored, sums.featureSums, xMean, sums.referenceSums, yMean)
    let yy = try squares(scored, about: yMean)
    let inner = try xx.matmul(weights).subtracting(xy.multiplying(by: 2))
    let sse = yy + (try weights.multiplying(by: inner).sum().item())
    let own = try sums.referenceSums[scored].divided(by: Double(sums.counts[scored]))
    return (sse, try squares(scored, about: own))
  }

  /// (XᵀX + λ·I)⁻¹·XᵀY over the fitted half, about its own means.
  private func weights(
    _ half: Int, _ xMean: Tensor, _ yMean: Tensor, _ ridge: Double
  ) throws -> Tensor {
    let xx = try moments(sums.features, half, sums.featureSums, xMean, sums.featureSums, xMean)
    let xy = try moments(sums.cross, half, sums.featureSums, xMean, sums.referenceSums, yMean)
    let width = xx.shape[0]
    let identity = try Tensor.eye(width, .float64)
    let penalty = ridge * (try trace(xx)) / Double(width)
    do {
      let factor = try xx.adding(identity.multiplying(by: penalty)).cholesky()
      return try xy.choleskySolved(factor: factor)
    } catch {
      throw SimilarityError.degenerate(
        reason: "the features of a half of the frames are linearly dependent (\(error))")
    }
  }

  /// Σ(aᵢ − a)ᵀ(bᵢ − b) over a half, from Σaᵢᵀbᵢ, Σaᵢ and Σbᵢ.
  private func moments(
    _ products: PairSums.Halves, _ half: Int, _ aSums: [Tensor], _ a: Tensor, _ bSums: [Tensor],
    _ b: Tensor
  ) throws -> Tensor {
    let product = half == 0 ? products.even : products.odd
    let count = Double(sums.counts[half])
    let correction = try aSums[half].transposed(0, 1).matmul(b)
      .adding(a.transposed(0, 1).matmul(bSums[half]))
      .subtracting(a.transposed(0, 1).matmul(b).multiplying(by: count))
    return try product.subtracting(correction)
  }

  /// Σ‖yᵢ − mean‖² over a half.
  private func squares(_ half: Int, about mean: Tensor) throws -> Double {
    let count = Double(sums.counts[half])
    let product = half == 0 ? sums.reference.even : sums.reference.odd
    let linear = try sums.referenceSums[half].multiplying(by: mean).sum().item()
    return try trace(product) - 2 * linear + count * (mean.square().sum().item())
  }

  private func trace(_ matrix: Tensor) throws -> Double {
    let width = matrix.shape[0]
    let diagonal = (0..<width).map { $0 * width + $0 }
    return try matrix.reshape([-1])
      .indexSelect(dimension: 0, indices: Tensor(indices: diagonal)).sum().item()
  }
}
