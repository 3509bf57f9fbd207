import Experiment
import Testing
import Torch

@testable import Speech

/// Linear heads against s3prl's, from hidden states to loss: `Featurizer`, the projection, and `FrameLevel`
/// with CTC (PR) or `UtteranceLevel` with the mean over time (KS, SID, ER).
@Suite struct LinearHeadTests {
  private let lengths = [11, 7, 4]
  private let hidden: Tensor

  init() throws { hidden = try HeadOracle("linear")["hidden"] }

  /// Our head with s3prl's weights.
  private func head(_ oracle: HeadOracle, _ target: Target) throws -> ProbeHead {
    let head = try ProbeHead(
      layers: 3, width: 6, parameters: HeadParameters(projection: 8, dropout: 0), target: target,
      outputs: [5], generator: Generator(seed: 1))
    let theirs = oracle.weights()
    #expect(Set(theirs.keys) == Set(head.weights.tensors.keys))
    try Autograd.disabled {
      for (name, tensor) in head.weights.ordered {
        try tensor.copy_(from: try #require(theirs[name], "\(name)"))
      }
    }
    return head
  }

  /// L×… summed over hidden states.
  private func mixed(_ hidden: Tensor, _ head: ProbeHead) throws -> Tensor {
    let shares = try LayerShares.shares(of: head.weights)
    return try hidden.multiplying(by: shares.reshape([3] + hidden.shape.dropFirst().map { _ in 1 }))
      .sum(dimensions: [0], keep: false)
  }

  @Test func phonesAreS3prls() throws {
    let oracle = try HeadOracle("linear", prefix: "phones.")
    let head = try head(oracle, .phones)
    let logits = try head(mixed(hidden, head), lengths: lengths)
    try expectEqual(logits, oracle["phones.logits"])
    let loss = try Network.ctcLoss(
      logits.logSoftmax(dimension: 2).transposed(0, 1),
      targets: Tensor(indices: [1, 2, 2, 3, 2, 2, 1]), inputLengths: lengths,
      targetLengths: [3, 1, 3], zeroInfinity: true)
    try expectEqual(loss, oracle["phones.loss"])
    try loss.backward()
    try oracle.expectGradients(of: head.weights)
  }

  /// Ours sees the means over time, which come first.
  @Test func oneLabelAnUtteranceIsS3prls() throws {
    let oracle = try HeadOracle("linear", prefix: "label.")
    let head = try head(oracle, .label("word"))
    let means = try Tensor.stacked(
      lengths.enumerated().map { row, length in
        try hidden.select(dimension: 1, index: row)
          .narrow(dimension: 1, start: 0, count: length).mean(dimensions: [1], keep: true)
      }, dimension: 1)
    let logits = try head(mixed(means, head), lengths: lengths)
    try expectEqual(logits, oracle["label.logits"])
    let loss = try Network.crossEntropy(
      logits, targets: Tensor([Int64(3), 0, 2], shape: [3]), ignoreIndex: -100)
    try expectEqual(loss, oracle["label.loss"])
    try loss.backward()
    try oracle.expectGradients(of: head.weights)
  }
}
