import CTorch

/// Whether operations are recorded for a backward pass.
package enum Autograd {
  /// Runs `body` without recording, for evaluation and for updates of parameters in place.
  ///
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  package static func disabled<Result, Failure>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = ct_set_gradient_mode(false)
    defer { _ = ct_set_gradient_mode(before) }
    return try body()
  }

  /// Runs `body` with recording, also inside `disabled`.
  ///
  /// - Returns: What `body` returns.
  /// - Throws: What `body` throws.
  package static func enabled<Result, Failure>(
    _ body: () throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let before = ct_set_gradient_mode(true)
    defer { _ = ct_set_gradient_mode(before) }
    return try body()
  }
}

extension Tensor {
  /// Whether a backward pass reaches this tensor.
  package var requiresGradient: Bool { facts.requires_gradient }

  /// Makes a leaf trainable, or freezes it.
  ///
  /// - Returns: This tensor.
  /// - Throws: `TorchError.refused` for integers, and for results of recorded operations.
  @discardableResult
  package func setRequiresGradient(_ required: Bool) throws(TorchError) -> Tensor {
    try check("setRequiresGradient", [self], ct_set_requires_gradient(handle, required))
    return self
  }

  /// What backward passes have accumulated here, sharing its storage; nil before the first one.
  package var gradient: Tensor? {
    var gradient: OpaquePointer?
    let status = ct_gradient(handle, &gradient)
    ct_status_free(status)
    return gradient.map(Tensor.init(owning:))
  }

  /// Adds d(self)/d(leaf) to the gradient of every trainable leaf behind this scalar.
  ///
  /// - Parameter gradient: d(loss)/d(self) of the same shape, where this is not the loss itself.
  /// - Throws: `TorchError.refused` unless this was recorded and is a scalar or has a gradient.
  package func backward(gradient: Tensor? = nil) throws(TorchError) {
    try check("backward", [self, gradient], ct_backward(handle, gradient?.handle))
  }

  /// The same storage without its history.
  package func detached() throws(TorchError) -> Tensor {
    try unary("detached", .detach)
  }

  /// Drops the gradient, so that `gradient` is nil again.
  package func clearGradient() throws(TorchError) {
    try check("clearGradient", [self], ct_clear_gradient(handle))
  }
}
