import CTorch

extension Network {
  /// softmax(q·kᵀ / √d + bias + mask) · v, for each head.
  ///
  /// In main memory it goes head by head: the scores of one stay in the cache, and the backward pass
  /// computes them again instead of keeping them (Dao et al. 2022, arXiv 2205.14135, by heads instead of
  /// by tiles). The bits are those of products over all heads at once.
  ///
  /// - Parameters:
  ///   - query: [B, heads, T, d].
  ///   - key: [B, heads, S, d].
  ///   - value: [B, heads, S, d].
  ///   - bias: Added to the scores; broadcast to [B, heads, T, S].
  ///   - mask: Added to the scores and without gradient: 0 where a frame may be seen, −∞ (or very
  ///     negative) elsewhere; broadcast likewise.
  ///   - dropout: Drops attention weights with this probability, drawn from this generator.
  /// - Returns: [B, heads, T, d].
  /// - Throws: `TorchError.refused` where the shapes do not fit.
  package static func scaledDotProductAttention(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, bias: Tensor? = nil, mask: Tensor? = nil,
    dropout: (probability: Double, generator: Generator)? = nil
  ) throws(TorchError) -> Tensor {
    let scale = 1 / Double(max(1, query.shape.last ?? 1)).squareRoot()
    // Scaling q costs T·d products where scaling the scores would cost T·S.
    let scaled = try query.multiplying(by: scale)
    return try Tensor.make("scaledDotProductAttention", [query, key, value, bias, mask]) {
      ct_attention(
        scaled.handle, key.handle, value.handle, bias?.handle, mask?.handle,
        dropout?.probability ?? 0, dropout?.generator.handle, $0)
    }
  }
}
