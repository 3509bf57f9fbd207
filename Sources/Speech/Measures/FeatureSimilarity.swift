import Foundation
import Torch

/// How alike the features of two models are on the same frames, at one layer.
package struct LayerSimilarity: Sendable, Hashable {
  package var linearCKA: Double
  package var debiasedCKA: Double
  /// Of the reference predicted from the other features.
  package var r2: Double
}

/// Compares features in feature space: from sums of products of dimensions, in float64, so that no
/// frames × frames matrix exists.
///
/// With X and Y centred over all N frames, kᵢ = ‖xᵢ‖² and lᵢ = ‖yᵢ‖²:
/// - linear CKA (Kornblith et al. 2019, arXiv 1905.00414) is ‖XᵀY‖² / (‖XᵀX‖·‖YᵀY‖), Frobenius;
/// - debiased linear CKA is HSIC₁(X, Y) / √(HSIC₁(X, X)·HSIC₁(Y, Y)) with the unbiased HSIC₁ of Song et
///   al. 2012 (JMLR 13, equation 5): with K̃ = XXᵀ and L̃ = YYᵀ, both without their diagonals,
///   N(N−3)·HSIC₁ = tr(K̃L̃) + 1ᵀK̃1·1ᵀL̃1 / ((N−1)(N−2)) − 2·1ᵀK̃L̃1 / (N−2).
///   Since columns sum to 0, XXᵀ1 = 0, hence K̃1 = −k: the three terms are ‖XᵀY‖² − Σkᵢlᵢ, Σkᵢ·Σlᵢ and
///   Σkᵢlᵢ. Centring changes nothing else, for HSIC₁ ignores what is added to whole rows and columns;
/// - R² is that of ridge regression with an intercept, in two folds, see `RidgeFolds`.
///
/// Equal bytes give exactly 1 for all three, R² included, whose penalty would cost it a little.
package enum FeatureSimilarity {
  /// - Parameters:
  ///   - reference: N×D, any floating-point type: θ₀'s features.
  ///   - features: N×D′ of the same frames.
  ///   - ridge: Penalty of R², relative to the mean eigenvalue of the features' covariance.
  /// - Returns: The three measures.
  /// - Throws: `SimilarityError` for other shapes, fewer than 4 frames, constant features and numbers
  ///   that are not finite.
  package static func compare(
    reference: Tensor, features: Tensor, ridge: Double
  ) throws -> LayerSimilarity {
    guard ridge >= 0 else { throw SimilarityError.negativeRidge(ridge) }
    let columnSums = try check(reference, features)
    if try isIdentical(reference, features) {
      return LayerSimilarity(linearCKA: 1, debiasedCKA: 1, r2: 1)
    }
    let sums = try PairSums(
      features: features, reference: reference, columnSums: columnSums, inFolds: true)
    let (linear, debiased) = try cka(sums)
    return LayerSimilarity(
      linearCKA: linear, debiasedCKA: debiased, r2: try RidgeFolds(sums).r2(ridge: ridge))
  }

  /// Linear CKA and its debiased form alone.
  ///
  /// - Throws: As `compare`.
  package static func cka(reference: Tensor, features: Tensor) throws -> (
    linear: Double, debiased: Double
  ) {
    let columnSums = try check(reference, features)
    if try isIdentical(reference, features) { return (1, 1) }
    return try cka(
      PairSums(features: features, reference: reference, columnSums: columnSums, inFolds: false))
  }

  private static func cka(_ sums: PairSums) throws -> (linear: Double, debiased: Double) {
    let (first, others) = (sums.halves[0], sums.halves.dropFirst())
    let whole = try others.reduce((cross: first.cross, features: first.features)) {
      (try $0.cross.adding($1.cross), try $0.features.adding($1.features))
    }
    let cross = try whole.cross.square().sum().item()
    let own = (
      features: try whole.features.symmetricSquareSum(),
      reference: try sums.reference.symmetricSquareSum()
    )
    let frames = Double(sums.frames)
    let unbiased = (
      cross: hsic(cross, sums.normProducts.cross, sums.norms, frames),
      features: hsic(
        own.features, sums.normProducts.features, (sums.norms.features, sums.norms.features), frames
      ),
      reference: hsic(
        own.reference, sums.normProducts.reference, (sums.norms.reference, sums.norms.reference),
        frames)
    )
    let norm = unbiased.features * unbiased.reference
    guard norm > 0 else {
      throw SimilarityError.degenerate(
        reason: "the unbiased HSIC of the features with themselves is 0")
    }
    return (
      cross / (own.features.squareRoot() * own.reference.squareRoot()),
      unbiased.cross / norm.squareRoot()
    )
  }

  /// N(N−3)·HSIC₁ of centred features: from ‖XᵀY‖², Σkᵢlᵢ, and Σkᵢ with Σlᵢ.
  private static func hsic(
    _ squares: Double, _ products: Double, _ norms: (Double, Double), _ frames: Double
  ) -> Double {
    squares - products + norms.0 * norms.1 / ((frames - 1) * (frames - 2))
      - 2 * products / (frames - 2)
  }

  /// - Returns: The sums of the columns of both.
  private static func check(
    _ reference: Tensor, _ features: Tensor
  ) throws -> (features: Tensor, reference: Tensor) {
    guard reference.rank == 2, features.rank == 2, reference.shape[0] == features.shape[0],
      reference.count > 0 || reference.shape[0] == 0
    else {
      throw SimilarityError.mismatchedShapes(reference: reference.shape, features: features.shape)
    }
    guard reference.shape[0] >= 4 else {
      throw SimilarityError.tooFewFrames(count: reference.shape[0])
    }
    let sums = try check(reference, .reference)
    return (try check(features, .features), sums)
  }

  /// What is not finite makes its column's sum so. A sum that merely overflowed is told apart by looking
  /// at each value.
  private static func check(_ values: Tensor, _ side: SimilarityError.Side) throws -> Tensor {
    let sums = try values.columnSums()
    if try !sums.sum().item().isFinite, try values.isFinite().logicalNot().any().item() != 0 {
      throw SimilarityError.notFinite(side)
    }
    guard try !isConstant(values) else { throw SimilarityError.constant(side) }
    return sums
  }

  /// Whether all frames are equal. Those of real features differ at once.
  private static func isConstant(_ values: Tensor) throws -> Bool {
    let first = try values.narrow(dimension: 0, start: 0, count: 1)
    let second = try values.narrow(dimension: 0, start: 1, count: 1)
    if try second.ne(first).any().item() != 0 { return false }
    return try values.ne(first).any().item() == 0
  }

  private static func isIdentical(_ a: Tensor, _ b: Tensor) throws -> Bool {
    guard a.shape == b.shape, a.dtype == b.dtype else { return false }
    return try a.withBytes { left in
      try b.withBytes { right in
        guard let first = left.baseAddress, let second = right.baseAddress else { return true }
        return memcmp(first, second, left.count) == 0
      }
    }
  }
}
