/// Gradient checkpointing (Chen et al. 2016, arXiv 1604.06174): of each segment of a network only the
/// inputs are kept, and the rest is computed again in the backward pass.
///
/// The bits are those of a backward pass without it: a segment is computed with the same draws, and
/// gradients are added up in the same order.
package final class GradientCheckpoints {
  private struct Segment {
    var inputs: [Tensor]
    var output: Tensor
    var draws: (generator: Generator, state: Tensor)?
    var body: ([Tensor]) throws -> Tensor
  }

  private var segments: [Segment] = []
  private let narrowProducts: Bool

  /// For one forward and backward pass.
  ///
  /// - Parameter narrowProducts: Whether the pass computes products in bfloat16.
  package init(narrowProducts: Bool = false) {
    self.narrowProducts = narrowProducts
  }

  /// Computes one segment without recording it.
  ///
  /// - Parameters:
  ///   - inputs: What the segment reads besides weights. A result of recorded operations may be read by
  ///     one segment only; the output of a segment by any number.
  ///   - generator: What `body` draws from.
  ///   - body: The segment, a function of the inputs, the weights and the draws.
  /// - Returns: Its output, a leaf that collects the gradient for `backward`.
  /// - Throws: What `body` throws.
  package func segment(
    _ inputs: [Tensor], generator: Generator?, _ body: @escaping ([Tensor]) throws -> Tensor
  ) throws -> Tensor {
    let draws = try generator.map { (generator: $0, state: try $0.state()) }
    let output = try Autograd.disabled { try body(inputs).detached() }
    try output.setRequiresGradient(true)
    segments.append(Segment(inputs: inputs, output: output, draws: draws, body: body))
    return output
  }

  /// Carries on the backward pass that has reached the outputs of segments, down to the leaves.
  ///
  /// - Throws: What a segment throws, and `TorchError`.
  package func backward() throws {
    while let segment = segments.popLast() {
      guard let gradient = segment.output.gradient else { continue }
      let inputs = try segment.inputs.map { input in
        input.requiresGradient ? try input.detached().setRequiresGradient(true) : input
      }
      let output = try again(segment, inputs)
      // Nothing in it learns.
      guard output.requiresGradient else { continue }
      try output.backward(gradient: gradient)
      for (input, copy) in zip(segment.inputs, inputs) where input.requiresGradient {
        guard let gradient = copy.gradient else { continue }
        try input.backward(gradient: gradient)
      }
    }
  }

  private func again(_ segment: Segment, _ inputs: [Tensor]) throws -> Tensor {
    let compute = {
      try NarrowProducts.during(self.narrowProducts) {
        try Autograd.enabled { try segment.body(inputs) }
      }
    }
    guard let (generator, state) = segment.draws else { return try compute() }
    let now = try generator.state()
    try generator.setState(state)
    let output = try compute()
    try generator.setState(now)
    return output
  }
}
