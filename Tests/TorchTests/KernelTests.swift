import Testing
import Torch

/// What the shim computes by ways of its own, against PyTorch in float64.
@Suite struct KernelTests {
  let oracle: Oracle

  init() throws { oracle = try Oracle("kernels") }

  /// Sums of some hundred float32 products, transformed to frequencies and back: 2e-5.
  @Test(arguments: [("short", 48), ("long", 48), ("odd", 33)])
  func longGroupedConvolutionsAreExact(_ name: String, kernel: Int) throws {
    let leaves = try ["input", "weight", "bias"].reduce(into: [String: Tensor]()) {
      $0[$1] = try oracle.leaf("\(name).\($1)")
    }
    let output = try Network.conv1d(
      #require(leaves["input"]), weight: #require(leaves["weight"]), bias: leaves["bias"],
      padding: kernel / 2, groups: 4)
    try expectOutputAndGradients(output, name, leaves, oracle, within: 2e-5)
  }

  @Test func ctcOfRepeatsEmptyTargetsAndTightFitsIsPyTorchs() throws {
    let logits = try oracle.leaf("ctc.logits")
    let each = try Network.ctcLoss(
      logits.logSoftmax(dimension: -1),
      targets: Tensor(indices: [3, 3, 1, 7, 7, 7, 2, 5, 4, 1, 4, 1, 2, 2]),
      inputLengths: [60, 12, 9, 7], targetLengths: [7, 1, 0, 6], reduction: .none)
    try expectClose(each, oracle["ctc.each"])
    try (each * Tensor([1, -2, 0.5, 3], shape: [4])).sum().backward()
    try expectClose(logits.gradient, oracle["ctc.gradient"])
  }

  @Test func ctcDropsNothingThatCountsNearTheLeastDouble() throws {
    let logits = try oracle.leaf("edge.logits")
    let loss = try Network.ctcLoss(
      logits.logSoftmax(dimension: -1), targets: Tensor(indices: (0..<58).map { 1 + $0 % 4 }),
      inputLengths: [150], targetLengths: [58])
    try expectClose(loss, oracle["edge.loss"])
    try loss.backward()
    // Per symbol the log-probability is some -10, rounded to float32 by the log-softmax: 1e-6 of it.
    try expectClose(logits.gradient, oracle["edge.gradient"], within: 2e-5)
  }

  /// e^(−25·50) has no place in a double: such a batch is summed with logarithms.
  @Test func ctcKeepsItsDigitsWherePathsAreTooUnlikelyForProbabilities() throws {
    let logits = try oracle.leaf("unlikely.logits")
    let loss = try Network.ctcLoss(
      logits.logSoftmax(dimension: -1), targets: Tensor(indices: (0..<50).map { 1 + $0 % 4 }),
      inputLengths: [120], targetLengths: [50])
    try expectClose(loss, oracle["unlikely.loss"])
    try loss.backward()
    // libtorch's logarithms of float32 hold some four digits at ln p = -1250.
    try expectClose(logits.gradient, oracle["unlikely.gradient"], within: 2e-3)
  }

  /// Attention by heads against the operations that it stands for, with the same draws: the same bits.
  @Test(arguments: [7, 150], [0.0, 0.3])
  func attentionByHeadsIsThatOfProductsOverAllHeads(frames: Int, probability: Double) throws {
    func run(
      _ attend: (Tensor, Tensor, Tensor, Tensor, Tensor, Generator) throws -> Tensor
    ) throws -> [[Float]] {
      let generator = try Generator(seed: 6)
      func leaf(_ shape: [Int]) throws -> Tensor {
        try Tensor.normal(shape, generator: generator).setRequiresGradient(true)
      }
      let projections = try (0..<3).map { _ in try leaf([2, frames, 4, 16]) }
      let bias = try leaf([2, 4, frames, frames])
      var hidden = [Float](repeating: 0, count: 2 * frames)
      hidden[2 * frames - 1] = -Float.greatestFiniteMagnitude
      let mask = try Tensor(hidden, shape: [2, 1, 1, frames])
      let heads = try projections.map { try $0.transposed(1, 2) }
      let output = try attend(heads[0], heads[1], heads[2], bias, mask, generator)
      try output.square().sum().backward()
      return try [output.floats()]
        + (projections + [bias]).map { try #require($0.gradient).floats() }
    }
    let byHeads = try run { q, k, v, bias, mask, generator in
      try Network.scaledDotProductAttention(
        q, k, v, bias: bias, mask: mask,
        dropout: probability > 0 ? (probability, generator) : nil)
    }
    let byOperations = try run { q, k, v, bias, mask, generator in
      let scores = try q.multiplying(by: 0.25).matmul(k.transposed(2, 3)) + bias + mask
      let shares = try scores.softmax(dimension: 3)
      return try Network.dropout(shares, probability: probability, generator: generator).matmul(v)
    }
    for (name, pair) in zip(["output", "q", "k", "v", "bias"], zip(byHeads, byOperations)) {
      #expect(pair.0 == pair.1, "\(name)")
    }
  }
}
