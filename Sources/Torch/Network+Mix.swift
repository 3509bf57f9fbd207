import CTorch

/// What brings features to a scale: each dimension of each layer x becomes x·scale + shift.
package struct FeatureScaling {
  /// [L, D].
  package let scale: Tensor
  /// [L, D].
  package let shift: Tensor

  package init(scale: Tensor, shift: Tensor) {
    self.scale = scale
    self.shift = shift
  }
}

extension Network {
  /// Weighted sums over the layers of frozen features, for several heads in one reading of them.
  ///
  /// - Parameters:
  ///   - features: [L, T, D] of each utterance, of any float type, constants.
  ///   - weights: [K, L], a row for each head.
  ///   - scaling: What the features are brought to first; `nil` leaves them as they are.
  ///   - padded: Frames of the result, 0 beyond each utterance's own.
  /// - Returns: [K, B, padded, D] in float32. In main memory a head's sums, and the gradient of its
  ///   weights, are the same bits whatever other heads there are.
  /// - Throws: `TorchError.refused` where the shapes do not fit.
  package static func mix(
    _ features: [Tensor], weights: Tensor, scaling: FeatureScaling? = nil, padded: Int
  ) throws(TorchError) -> Tensor {
    try Tensor.make("mix", [weights] + features) { out in
      Tensor.withHandles(features) {
        ct_mix(
          weights.handle, $0, $1, scaling?.scale.handle, scaling?.shift.handle, Int64(padded), out)
      }
    }
  }
}
