import Testing
import Torch

/// A network in segments against the same network recorded whole: the same bits.
@Suite struct GradientCheckpointsTests {
  private struct Layer {
    let weight: Tensor
    let bias: Tensor

    func callAsFunction(_ x: Tensor, _ shared: Tensor, _ generator: Generator) throws -> Tensor {
      let inner = try Network.linear(x, weight: weight, bias: bias).adding(shared).gelu()
      return try x.adding(Network.dropout(inner, probability: 0.3, generator: generator))
    }
  }

  /// Gradients of all weights; `checkpoints` is nil for the pass that records everything.
  private func gradients(_ checkpoints: GradientCheckpoints?) throws -> [[Float]] {
    let generator = try Generator(seed: 1)
    func leaf(_ shape: [Int]) throws -> Tensor {
      try Tensor.normal(shape, generator: generator).setRequiresGradient(true)
    }
    let first = try leaf([6, 6])
    let table = try leaf([6])
    let layers = try (0..<3).map { _ in Layer(weight: try leaf([6, 6]), bias: try leaf([6])) }
    let input = try Tensor.normal([4, 6], generator: generator)
    // Recorded before the first segment, which alone reads it.
    var x = try input.matmul(first)
    let makeShared = { (_: [Tensor]) in try table.square() }
    let shared = try checkpoints?.segment([], generator: nil, makeShared) ?? makeShared([])
    for layer in layers {
      let body = { (inputs: [Tensor]) in try layer(inputs[0], inputs[1], generator) }
      x = try checkpoints?.segment([x, shared], generator: generator, body) ?? body([x, shared])
    }
    let after = try generator.next()
    try x.square().mean().backward()
    try checkpoints?.backward()
    // Drawn anew in the backward pass, and left where the forward pass left it.
    #expect(try generator.next() != after)
    let leaves = [first, table] + layers.flatMap { [$0.weight, $0.bias] }
    return try leaves.map { try #require($0.gradient).floats() }
  }

  @Test func gradientsAreThoseOfAPassThatRecordsEverything() throws {
    let whole = try gradients(nil)
    #expect(try gradients(GradientCheckpoints()) == whole)
    #expect(whole.allSatisfy { $0.contains { $0 != 0 } })
  }

  @Test func segmentsInBFloat16AreComputedSoAgain() throws {
    func gradient(_ checkpoints: GradientCheckpoints?) throws -> [Float] {
      let generator = try Generator(seed: 2)
      let weight = try Tensor.normal([8, 8], generator: generator).setRequiresGradient(true)
      let input = try Tensor.normal([5, 8], generator: generator)
      let body = { (inputs: [Tensor]) in try Network.linear(inputs[0], weight: weight).gelu() }
      let output = try NarrowProducts.during(true) {
        try checkpoints?.segment([input], generator: nil, body) ?? body([input])
      }
      try output.square().sum().backward()
      try checkpoints?.backward()
      return try #require(weight.gradient).floats()
    }
    #expect(try gradient(GradientCheckpoints(narrowProducts: true)) == gradient(nil))
  }

  @Test func aSegmentInWhichNothingLearnsIsPassedOver() throws {
    let checkpoints = GradientCheckpoints()
    let frozen = try Tensor.ones([3, 3])
    let head = try Tensor.ones([3]).setRequiresGradient(true)
    let output = try checkpoints.segment([Tensor.ones([2, 3])], generator: nil) {
      try $0[0].matmul(frozen)
    }
    try (output * head).sum().backward()
    try checkpoints.backward()
    #expect(try #require(head.gradient).floats() == [6, 6, 6])
    #expect(frozen.gradient == nil)
  }
}
