import Testing
import Torch

/// Layers against PyTorch, outputs and gradients. Tolerances are a few float32 roundings.
@Suite struct NetworkTests {
  let oracle: Oracle

  init() throws { oracle = try Oracle() }

  private func leaves(_ prefix: String, _ names: [String]) throws -> [String: Tensor] {
    try Dictionary(uniqueKeysWithValues: names.map { ($0, try oracle.leaf("\(prefix).\($0)")) })
  }

  @Test func linearIsPyTorchs() throws {
    let x = try leaves("linear", ["input", "weight", "bias"])
    let output = try Network.linear(
      #require(x["input"]), weight: #require(x["weight"]), bias: x["bias"])
    try expectOutputAndGradients(output, "linear", x, oracle)
  }

  @Test func layerNormIsPyTorchs() throws {
    let x = try leaves("layer-norm", ["input", "weight", "bias"])
    let output = try Network.layerNorm(
      #require(x["input"]), normalizedShape: [8], weight: x["weight"], bias: x["bias"])
    try expectOutputAndGradients(output, "layer-norm", x, oracle)
  }

  @Test func groupNormIsPyTorchs() throws {
    let x = try leaves("group-norm", ["input", "weight", "bias"])
    let output = try Network.groupNorm(
      #require(x["input"]), groups: 3, weight: x["weight"], bias: x["bias"])
    try expectOutputAndGradients(output, "group-norm", x, oracle)
  }

  @Test func conv1dIsPyTorchsWithStridePaddingDilationAndGroups() throws {
    let x = try leaves("conv1d", ["input", "weight", "bias"])
    let output = try Network.conv1d(
      #require(x["input"]), weight: #require(x["weight"]), bias: x["bias"], stride: 2,
      padding: 1, dilation: 2, groups: 2)
    try expectOutputAndGradients(output, "conv1d", x, oracle)
  }

  @Test func geluIsTheExactOne() throws {
    let x = try leaves("gelu", ["input"])
    try expectOutputAndGradients(try #require(x["input"]).gelu(), "gelu", x, oracle)
  }

  /// What stands behind a layer decides how its gradient lies in memory; it must not decide what
  /// the gradient is. libtorch 1.13 breaks that for GELU on oneDNN.
  @Test(arguments: ["gelu", "relu", "layer norm", "group norm", "conv1d", "linear", "dropout"])
  func gradientsDoNotDependOnTheStridesBehind(layer: String) throws {
    func gradient(transposed: Bool) throws -> Tensor {
      let generator = try Generator(seed: 4)
      let x = try Tensor.normal([2, 6, 8], generator: generator).setRequiresGradient(true)
      let weight = try Tensor.normal([6, 8], generator: generator)
      let output =
        switch layer {
        case "gelu": try x.gelu()
        case "relu": try x.relu()
        case "layer norm": try Network.layerNorm(x, normalizedShape: [8])
        case "group norm": try Network.groupNorm(x, groups: 2)
        case "conv1d":
          try Network.conv1d(x, weight: weight.reshape([6, 1, 8]), padding: 4, groups: 6)
        case "linear": try Network.linear(x, weight: weight)
        default: try Network.dropout(x, probability: 0.5, generator: generator)
        }
      let sizes = output.shape  // [2, C, T]
      let importance = try Tensor.normal(sizes, generator: Generator(seed: 5))
      let weighted =
        transposed
        ? try output.transposed(1, 2) * importance.transposed(1, 2).contiguous()
        : try output * importance
      try weighted.sum().backward()
      return try #require(x.gradient)
    }
    try expectClose(gradient(transposed: true), gradient(transposed: false))
  }

  @Test func attentionWithAMaskIsPyTorchs() throws {
    let x = try leaves("attention", ["query", "key", "value"])
    let output = try Network.scaledDotProductAttention(
      #require(x["query"]), #require(x["key"]), #require(x["value"]),
      mask: oracle["attention.mask"])
    try expectOutputAndGradients(output, "attention", x, oracle)
  }

  @Test func embeddingTakesRowsAndGivesTheirGradientsBack() throws {
    let table = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [3, 2])
      .setRequiresGradient(true)
    let rows = try Network.embedding(try Tensor(indices: [2, 0, 2]), weight: table)
    #expect(try rows.floats() == [5, 6, 1, 2, 5, 6])
    try rows.sum().backward()
    #expect(try table.gradient?.floats() == [1, 1, 0, 0, 2, 2])
  }

  @Test(arguments: [(prefix: "lstm", lengths: nil), ("lstm-packed", [4, 7, 2])])
  func twoLayerBidirectionalLSTMIsPyTorchs(prefix: String, lengths: [Int]?) throws {
    let kinds = ["weight-ih", "weight-hh", "bias-ih", "bias-hh"]
    let suffixes = ["-l0", "-l0-reverse", "-l1", "-l1-reverse"]
    let names = suffixes.flatMap { suffix in kinds.map { $0 + suffix } }
    let x = try leaves(prefix, names + ["input"])
    func weights(_ suffix: String) throws -> LSTMWeights {
      LSTMWeights(
        input: try #require(x["weight-ih" + suffix]),
        hidden: try #require(x["weight-hh" + suffix]),
        inputBias: try #require(x["bias-ih" + suffix]),
        hiddenBias: try #require(x["bias-hh" + suffix]))
    }
    let layers = try ["-l0", "-l1"].map {
      LSTMLayer(forward: try weights($0), backward: try weights($0 + "-reverse"))
    }
    let output = try Network.lstm(#require(x["input"]), layers: layers, lengths: lengths)
    try expectOutputAndGradients(output, prefix, x, oracle)
  }
}
