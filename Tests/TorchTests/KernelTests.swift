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
}
