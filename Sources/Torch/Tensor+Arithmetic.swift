import CTorch

/// Arithmetic with torch's broadcasting. A number without fraction leaves integer tensors integer.
extension Tensor {
  func binary(
    _ name: String, _ operation: ct_binary, _ other: Tensor
  ) throws(TorchError) -> Tensor {
    try Tensor.make(name, [self, other]) {
      ct_apply_binary(operation, handle, other.handle, $0)
    }
  }

  func scalar(
    _ name: String, _ operation: ct_binary, _ number: Double
  ) throws(TorchError) -> Tensor {
    try Tensor.make(name, [self]) { ct_apply_scalar(operation, handle, number, $0) }
  }

  package func adding(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("adding", .add, other)
  }
  package func adding(_ number: Double) throws(TorchError) -> Tensor {
    try scalar("adding", .add, number)
  }
  package func subtracting(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("subtracting", .subtract, other)
  }
  package func subtracting(_ number: Double) throws(TorchError) -> Tensor {
    try scalar("subtracting", .subtract, number)
  }
  package func multiplying(by other: Tensor) throws(TorchError) -> Tensor {
    try binary("multiplying", .multiply, other)
  }
  package func multiplying(by number: Double) throws(TorchError) -> Tensor {
    try scalar("multiplying", .multiply, number)
  }
  package func divided(by other: Tensor) throws(TorchError) -> Tensor {
    try binary("divided", .divide, other)
  }
  package func divided(by number: Double) throws(TorchError) -> Tensor {
    try scalar("divided", .divide, number)
  }
  package func pow(_ exponent: Double) throws(TorchError) -> Tensor {
    try scalar("pow", .power, exponent)
  }
  package func pow(_ exponent: Tensor) throws(TorchError) -> Tensor {
    try binary("pow", .power, exponent)
  }

  /// The larger of the two, element by element.
  package func maximum(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("maximum", .maximum, other)
  }
  /// The smaller of the two, element by element.
  package func minimum(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("minimum", .minimum, other)
  }

  package static func + (a: Tensor, b: Tensor) throws(TorchError) -> Tensor { try a.adding(b) }
  package static func + (a: Tensor, b: Double) throws(TorchError) -> Tensor { try a.adding(b) }
  package static func + (a: Double, b: Tensor) throws(TorchError) -> Tensor { try b.adding(a) }
  package static func - (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try a.subtracting(b)
  }
  package static func - (a: Tensor, b: Double) throws(TorchError) -> Tensor {
    try a.subtracting(b)
  }
  package static func - (a: Double, b: Tensor) throws(TorchError) -> Tensor {
    try b.neg().adding(a)
  }
  package static func * (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try a.multiplying(by: b)
  }
  package static func * (a: Tensor, b: Double) throws(TorchError) -> Tensor {
    try a.multiplying(by: b)
  }
  package static func * (a: Double, b: Tensor) throws(TorchError) -> Tensor {
    try b.multiplying(by: a)
  }
  package static func / (a: Tensor, b: Tensor) throws(TorchError) -> Tensor {
    try a.divided(by: b)
  }
  package static func / (a: Tensor, b: Double) throws(TorchError) -> Tensor {
    try a.divided(by: b)
  }
  package static prefix func - (a: Tensor) throws(TorchError) -> Tensor { try a.neg() }
}

/// Comparisons, which give bool tensors, and their combination.
extension Tensor {
  package func eq(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("eq", .equal, other)
  }
  package func eq(_ number: Double) throws(TorchError) -> Tensor {
    try scalar("eq", .equal, number)
  }
  package func ne(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("ne", .not_equal, other)
  }
  package func ne(_ number: Double) throws(TorchError) -> Tensor {
    try scalar("ne", .not_equal, number)
  }
  package func lt(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("lt", .less, other)
  }
  package func lt(_ number: Double) throws(TorchError) -> Tensor {
    try scalar("lt", .less, number)
  }
  package func le(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("le", .less_or_equal, other)
  }
  package func le(_ number: Double) throws(TorchError) -> Tensor {
    try scalar("le", .less_or_equal, number)
  }
  package func gt(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("gt", .greater, other)
  }
  package func gt(_ number: Double) throws(TorchError) -> Tensor {
    try scalar("gt", .greater, number)
  }
  package func ge(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("ge", .greater_or_equal, other)
  }
  package func ge(_ number: Double) throws(TorchError) -> Tensor {
    try scalar("ge", .greater_or_equal, number)
  }
  package func logicalAnd(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("logicalAnd", .logical_and, other)
  }
  package func logicalOr(_ other: Tensor) throws(TorchError) -> Tensor {
    try binary("logicalOr", .logical_or, other)
  }
}

/// Updates in place, for buffers and (inside `Autograd.disabled`) for parameters.
extension Tensor {
  /// self ← source, converted and broadcast.
  package func copy_(from source: Tensor) throws(TorchError) {
    try check(
      "copy_", [self, source], ct_update(.copy, handle, source.handle, 1))
  }
  /// self ← self + scale·source.
  package func add_(_ source: Tensor, scale: Double = 1) throws(TorchError) {
    try check(
      "add_", [self, source], ct_update(.add, handle, source.handle, scale))
  }
  package func add_(_ number: Double) throws(TorchError) {
    try check("add_", [self], ct_update_scalar(.add, handle, number))
  }
  package func mul_(_ source: Tensor) throws(TorchError) {
    try check(
      "mul_", [self, source], ct_update(.multiply, handle, source.handle, 1))
  }
  package func mul_(_ number: Double) throws(TorchError) {
    try check("mul_", [self], ct_update_scalar(.multiply, handle, number))
  }
  package func fill_(_ number: Double) throws(TorchError) {
    try check("fill_", [self], ct_update_scalar(.copy, handle, number))
  }

  /// self ← (1 − alpha)·a + alpha·b, in float32 and in that form: θ̂ of the paper's merge.
  ///
  /// Each of the three operations is rounded once, on every processor alike. float16 and bfloat16
  /// are widened first and the sum is rounded once. At 0 and 1 the operand itself is copied.
  ///
  /// - Throws: `TorchError.refused` for other types and where the shapes differ.
  package func copy_(interpolating a: Tensor, _ b: Tensor, alpha: Double) throws(TorchError) {
    try check(
      "copy_(interpolating:)", [self, a, b], ct_interpolate(handle, a.handle, b.handle, alpha))
  }

  /// self ← before + alpha·direction, in float32: the direction is the mean of the task vectors
  /// after − before, or with a density TIES's disjoint mean of them (Yadav et al. 2023,
  /// arXiv 2306.01708), each trimmed to that share of its elements. The bits of `alphasweep merge`.
  ///
  /// - Throws: `TorchError.refused` for other types than float32 and where the shapes differ.
  package func copy_(
    merging afters: [Tensor], into before: Tensor, alpha: Double, density: Double?
  ) throws(TorchError) {
    let status = Tensor.withHandles(afters) { handles, count in
      ct_merge(handle, before.handle, handles, count, alpha, density != nil, density ?? 1)
    }
    try check("copy_(merging:)", [self, before] + afters, status)
  }
}
