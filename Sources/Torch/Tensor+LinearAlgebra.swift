import CTorch

extension Tensor {
  /// The matrix product; more than two dimensions are batches, broadcast.
  package func matmul(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("matmul", .matmul, other)
  }

  /// beta·self + alpha·(a·b) for matrices.
  package func addmm(
    _ a: Tensor, _ b: Tensor, beta: Double = 1, alpha: Double = 1
  ) throws(TorchError) -> Tensor {
    try Tensor.make("addmm", [self, a, b]) {
      ct_addmm(false, handle, a.handle, b.handle, beta, alpha, $0)
    }
  }

  /// beta·self + alpha·(a·b) for batches of matrices, [N, n, m] · [N, m, k].
  package func baddbmm(
    _ a: Tensor, _ b: Tensor, beta: Double = 1, alpha: Double = 1
  ) throws(TorchError) -> Tensor {
    try Tensor.make("baddbmm", [self, a, b]) {
      ct_addmm(true, handle, a.handle, b.handle, beta, alpha, $0)
    }
  }

  /// The sum of each column of a matrix: [1, D] in float64, added in float64.
  package func columnSums() throws(TorchError) -> Tensor {
    try Tensor.make("columnSums", [self]) { ct_column_sums(handle, $0) }
  }

  /// The rows of a matrix in float64 less `mean` ([1, D], float64), and the squared norm of each, in
  /// one pass.
  package func centredRows(mean: Tensor) throws(TorchError) -> (rows: Tensor, norms: Tensor) {
    try Tensor.makePair("centredRows", [self, mean]) { ct_centred(handle, mean.handle, $0, $1) }
  }

  /// Adds xᵀ·x to the upper triangle of self: [D, D], for x of [N, D], both float64.
  ///
  /// What lies below the diagonal is not defined until `mirroringUpperTriangle`: a product of a matrix
  /// with itself needs half the work, and sums over several x need no mirroring in between.
  package func addGram_(of x: Tensor) throws(TorchError) {
    try check("addGram_", [self, x], ct_add_gram(handle, x.handle))
  }

  /// self ← self + aᵀ·b, for a of [N, D], b of [N, D′] and self of [D, D′].
  package func addProduct_(of a: Tensor, _ b: Tensor) throws(TorchError) {
    try check("addProduct_", [self, a, b], ct_add_product(handle, a.handle, b.handle))
  }

  /// The squared Frobenius norm of the symmetric matrix with the upper triangle of self, in float64.
  package func symmetricSquareSum() throws(TorchError) -> Double {
    var sum = 0.0
    try check("symmetricSquareSum", [self], ct_symmetric_square_sum(handle, &sum))
    return sum
  }

  /// The symmetric matrix with the upper triangle of self.
  package func mirroringUpperTriangle() throws(TorchError) -> Tensor {
    try Tensor.make("mirroringUpperTriangle", [self]) { ct_mirrored(handle, $0) }
  }

  /// The lower factor L with L·Lᵀ = self.
  ///
  /// - Throws: `TorchError.refused` unless the matrix is positive definite.
  package func cholesky() throws(TorchError) -> Tensor {
    try Tensor.make("cholesky", [self]) { ct_cholesky(handle, $0) }
  }

  /// x with L·Lᵀ·x = self, for a lower factor L; self is [n, k].
  package func choleskySolved(factor: Tensor) throws(TorchError) -> Tensor {
    try Tensor.make("choleskySolved", [self, factor]) {
      ct_cholesky_solve(handle, factor.handle, $0)
    }
  }

  /// x with self·x = b.
  ///
  /// - Throws: `TorchError.refused` for a singular matrix.
  package func solve(_ b: Tensor) throws(TorchError) -> Tensor {
    try Tensor.make("solve", [self, b]) { ct_solve(handle, b.handle, $0) }
  }

  /// Eigenvalues in ascending order and eigenvectors as columns, of a symmetric matrix.
  package func symmetricEigen() throws(TorchError) -> (values: Tensor, vectors: Tensor) {
    try Tensor.makePair("symmetricEigen", [self]) { ct_symmetric_eigen(handle, $0, $1) }
  }

  /// |FFT|² over the last dimension, zero-padded or cut to `length`: length / 2 + 1 numbers.
  package func powerSpectrum(length: Int) throws(TorchError) -> Tensor {
    try Tensor.make("powerSpectrum(length: \(length))", [self]) {
      ct_power_spectrum(handle, Int64(length), $0)
    }
  }
}
