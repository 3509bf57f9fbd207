import CTorch

extension Tensor {
  func unary(_ name: String, _ operation: ct_unary) throws(TorchError) -> Tensor {
    try Tensor.make(name, [self]) { ct_apply_unary(operation, handle, $0) }
  }

  package func exp() throws(TorchError) -> Tensor { try unary("exp", .exp) }
  package func log() throws(TorchError) -> Tensor { try unary("log", .log) }
  package func sqrt() throws(TorchError) -> Tensor { try unary("sqrt", .sqrt) }
  package func rsqrt() throws(TorchError) -> Tensor { try unary("rsqrt", .rsqrt) }
  package func abs() throws(TorchError) -> Tensor { try unary("abs", .abs) }
  package func neg() throws(TorchError) -> Tensor { try unary("neg", .neg) }
  package func sin() throws(TorchError) -> Tensor { try unary("sin", .sin) }
  package func cos() throws(TorchError) -> Tensor { try unary("cos", .cos) }
  package func tanh() throws(TorchError) -> Tensor { try unary("tanh", .tanh) }
  package func sigmoid() throws(TorchError) -> Tensor { try unary("sigmoid", .sigmoid) }
  package func relu() throws(TorchError) -> Tensor { try unary("relu", .relu) }
  package func square() throws(TorchError) -> Tensor { try unary("square", .square) }
  package func round() throws(TorchError) -> Tensor { try unary("round", .round) }
  package func floor() throws(TorchError) -> Tensor { try unary("floor", .floor) }

  /// x·Φ(x) with the exact error function, as torch's `gelu(approximate="none")`.
  package func gelu() throws(TorchError) -> Tensor { try unary("gelu", .gelu) }

  /// Bool: neither infinite nor NaN.
  package func isFinite() throws(TorchError) -> Tensor {
    try unary("isFinite", .is_finite)
  }

  package func logicalNot() throws(TorchError) -> Tensor {
    try unary("logicalNot", .logical_not)
  }

  /// A copy with storage of its own; differentiable.
  package func clone() throws(TorchError) -> Tensor { try unary("clone", .clone) }

  /// This tensor if it is of that type already, else a converted copy; differentiable.
  package func to(_ dtype: DType) throws(TorchError) -> Tensor {
    try Tensor.make("to(.\(dtype))", [self]) { ct_cast(handle, dtype.code, $0) }
  }

  /// min(max(x, min), max); a bound that is nil does not bind.
  package func clamp(min: Double? = nil, max: Double? = nil) throws(TorchError) -> Tensor {
    let low = min.map { [$0] } ?? []
    let high = max.map { [$0] } ?? []
    return try Tensor.make("clamp", [self]) { out in
      low.withUnsafeBufferPointer { low in
        high.withUnsafeBufferPointer { high in
          ct_clamp(
            handle, low.isEmpty ? nil : low.baseAddress, high.isEmpty ? nil : high.baseAddress,
            out)
        }
      }
    }
  }

  /// `a` where `mask` (bool) is true, else `b`; all three are broadcast.
  package static func `where`(
    _ mask: Tensor, _ a: Tensor, _ b: Tensor
  ) throws(TorchError) -> Tensor {
    try make("where", [mask, a, b]) { ct_where(mask.handle, a.handle, b.handle, $0) }
  }

  /// `value` where `mask` (bool, broadcast) is true, else this tensor.
  package func maskedFill(_ mask: Tensor, _ value: Double) throws(TorchError) -> Tensor {
    try Tensor.make("maskedFill", [self, mask]) {
      ct_masked_fill(handle, mask.handle, value, $0)
    }
  }
}
