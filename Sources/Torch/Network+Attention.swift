import CTorch

extension Network {
  /// softmax(q·kᵀ / √d + mask) · v, for each head.
  ///
  /// Composed of batched products, which on the CPU is the fastest form that libtorch 1.13 has.
  ///
  /// - Parameters:
  ///   - query: [B, heads, T, d].
  ///   - key: [B, heads, S, d].
  ///   - value: [B, heads, S, d].
  ///   - mask: Added to the scores: 0 where a frame may be seen, −∞ (or very negative) elsewhere;
  ///     broadcast to [B, heads, T, S].
  ///   - dropout: Drops attention weights with this probability, drawn from this generator.
  /// - Returns: [B, heads, T, d].
  /// - Throws: `TorchError.refused` where the shapes do not fit.
  package static func scaledDotProductAttention(
    _ query: Tensor, _ key: Tensor, _ value: Tensor, mask: Tensor? = nil,
    dropout: (probability: Double, generator: Generator)? = nil
  ) throws(TorchError) -> Tensor {
    let shape = query.shape
    guard shape.count == 4, key.rank == 4, value.rank == 4 else {
      throw .refused(
        operation: "scaledDotProductAttention",
        operands: [query, key, value].map(\.summary),
        reason: "query, key and value must be [batch, heads, frames, features]")
    }
    let (heads, width) = (shape[1], shape[3])
    let (q, k, v) = (try merged(query), try merged(key), try merged(value))  // [B·heads, T, d]
    var weights = try Tensor.make("scaledDotProductAttention", [query, key, value, mask]) {
      ct_attention_weights(
        q.handle, k.handle, mask?.handle, Int64(heads), 1 / Double(width).squareRoot(), $0)
    }  // [B·heads, T, S]
    if let dropout {
      weights = try self.dropout(
        weights, probability: dropout.probability, generator: dropout.generator)
    }
    return try weights.matmul(v).reshape([shape[0], heads, shape[2], value.shape[3]])
  }

  /// [B, heads, T, d] → [B·heads, T, d].
  private static func merged(_ tensor: Tensor) throws(TorchError) -> Tensor {
    let shape = tensor.shape
    return try tensor.reshape([shape[0] * shape[1], shape[2], shape[3]])
  }
}
