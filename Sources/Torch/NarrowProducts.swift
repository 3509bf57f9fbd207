import CTorch

/// Matrix products and convolutions in bfloat16, everything else in float32.
///
/// Operands are rounded to bfloat16 where they enter a product and the result is float32 again, so that
/// weights, sums of losses, normalisation and softmax never leave float32. Gradients of a product are
/// products of bfloat16 too. Unlike libtorch's autocast this is the same in all its versions.
package enum NarrowProducts {
  /// Runs `body` with products in bfloat16 on this thread, if `enabled`.
  ///
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  package static func during<Result, Failure>(
    _ enabled: Bool, _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = ct_set_narrow_products(enabled)
    defer { _ = ct_set_narrow_products(before) }
    return try body()
  }
}
