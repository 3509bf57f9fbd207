import Torch

/// A learned change of low rank to one linear map, whose own weight W [out, in] stays as it is.
///
/// LoRA (Hu et al. 2021, arXiv 2106.09685) adds to the weight: W + scale·B·A. DoRA (Liu et al. 2024,
/// arXiv 2402.09353) learns the norm of each of that sum's rows apart from its direction:
/// magnitude ⊙ (W + scale·B·A) / ‖W + scale·B·A‖. The numbers are those of peft 0.21's `LoraLayer` and
/// `DoraLinearLayer`.
package struct LowRankAdapter {
  /// [rank, in].
  package let a: Tensor
  /// [out, rank].
  package let b: Tensor
  /// DoRA's norms of the rows, [out]; `nil` for LoRA.
  package let magnitude: Tensor?
  /// alpha / rank.
  package let scale: Double

  package init(a: Tensor, b: Tensor, magnitude: Tensor? = nil, scale: Double) {
    self.a = a
    self.b = b
    self.magnitude = magnitude
    self.scale = scale
  }

  /// The first value in training, which changes nothing: B = 0 and A from U(±1/√in), which is Kaiming's
  /// uniform distribution with a = √5.
  ///
  /// - Parameters:
  ///   - weight: W, [out, in].
  ///   - rank: At least 1.
  ///   - scale: alpha / rank.
  ///   - isWeightDecomposed: Whether this is DoRA, with the norms of W's rows as magnitudes.
  ///   - generator: Where A is drawn from.
  /// - Throws: `TorchError` when memory runs out.
  package init(
    for weight: Tensor, rank: Int, scale: Double, isWeightDecomposed: Bool, generator: Generator
  ) throws {
    let (output, input) = (weight.shape[0], weight.shape[1])
    let bound = 1 / Double(input).squareRoot()
    a = try .uniform([rank, input], low: -bound, high: bound, generator: generator)
    b = try .zeros([output, rank])
    self.scale = scale
    magnitude =
      isWeightDecomposed ? try weight.detached().to(.float32).norm(dimensions: [1]) : nil
  }

  /// The map with its change.
  ///
  /// - Parameters:
  ///   - input: [..., in].
  ///   - weight: W, [out, in].
  ///   - bias: [out].
  ///   - dropout: The adapter's own, of its input; `nil` outside training.
  /// - Returns: [..., out].
  /// - Throws: `TorchError` where shapes do not fit.
  package func callAsFunction(
    _ input: Tensor, weight: Tensor, bias: Tensor?, dropout: EncoderDropout?
  ) throws -> Tensor {
    let isDropping = (dropout?.probability ?? 0) > 0
    return try output(
      input, dropped: isDropping ? input.dropped(dropout) : nil, weight: weight, bias: bias)
  }

  /// As `callAsFunction`, with the input after dropout; `nil` where nothing is dropped.
  func output(_ input: Tensor, dropped: Tensor?, weight: Tensor, bias: Tensor?) throws -> Tensor {
    let plain = try Network.linear(input, weight: weight, bias: bias)
    let narrow = try Network.linear(dropped ?? input, weight: a)
    let change = try Network.linear(narrow, weight: b).multiplying(by: scale)
    guard let magnitude else { return try plain.adding(change) }
    let factor = try magnitude.divided(by: norms(weight))
    // peft's: under dropout only the plain part, once, comes of the whole input.
    let base =
      if let dropped {
        try Network.linear(dropped, weight: weight)
      } else {
        try bias.map { try plain.subtracting($0) } ?? plain
      }
    let rescaled = try factor.subtracting(1).multiplying(by: base)
    return try plain.adding(rescaled.adding(factor.multiplying(by: change)))
  }

  /// One weight that gives the outputs of both: [out, in] in float32, without history.
  ///
  /// - Throws: `TorchError` where shapes do not fit.
  package func merged(_ weight: Tensor) throws -> Tensor {
    try Autograd.disabled {
      let sum = try directions(weight)
      guard let magnitude else { return sum }
      let factor = try magnitude.divided(by: sum.norm(dimensions: [1]))
      return try sum.multiplying(by: factor.unsqueezed(1))
    }
  }

  /// ‖W + scale·B·A‖ of each row, [out], a constant to the backward pass as section 4.3 of DoRA's
  /// paper has it.
  private func norms(_ weight: Tensor) throws -> Tensor {
    try Autograd.disabled { try directions(weight).norm(dimensions: [1]) }
  }

  /// W + scale·B·A in float32, also while activations are multiplied in bfloat16.
  private func directions(_ weight: Tensor) throws -> Tensor {
    try NarrowProducts.during(false) {
      try weight.to(.float32).adding(b.matmul(a).multiplying(by: scale))
    }
  }
}
