import Testing
import Torch

@testable import Speech

/// SUPERB's BiLSTM head against s3prl's `RNNs`.
@Suite struct RecurrentProbeTests {
  private func sizes(isOutOfDomain: Bool) -> RecurrentProbe.Sizes {
    .init(
      projection: 8, widths: [7, 7], dropout: 0.2, hasTanhMaps: isOutOfDomain,
      stride: isOutOfDomain ? 2 : 1)
  }

  @Test(arguments: [false, true])
  func outputsLossAndGradientsAreS3prls(isOutOfDomain: Bool) throws {
    let prefix = isOutOfDomain ? "ood." : "superb."
    let oracle = try HeadOracle("recurrent", prefix: prefix)
    let probe = try RecurrentProbe(oracle.weights(), sizes: sizes(isOutOfDomain: isOutOfDomain))
    let (logits, lengths) = try probe(oracle["features"], lengths: [11, 7, 10])
    #expect(try lengths == oracle[prefix + "lengths"].ints())
    // s3prl cuts what is beyond the longest; what is beyond an utterance's length is nobody's.
    let expected = try oracle[prefix + "logits"]
    let longest = expected.shape[1]
    for (row, length) in lengths.enumerated() {
      func own(_ tensor: Tensor) throws -> Tensor {
        try tensor.detached().select(dimension: 0, index: row)
          .narrow(dimension: 0, start: 0, count: length)
      }
      try expectEqual(own(logits), own(expected))
    }
    let loss = try Network.ctcLoss(
      logits.narrow(dimension: 1, start: 0, count: longest).logSoftmax(dimension: -1)
        .transposed(0, 1),
      targets: Tensor(indices: [1, 2, 2, 3, 2, 1]), inputLengths: lengths,
      targetLengths: [3, 1, 2], zeroInfinity: true)
    try expectEqual(loss, oracle[prefix + "loss"])
    try loss.backward()
    try oracle.expectGradients(of: probe.weights)
  }

  @Test(arguments: [false, true])
  func freshWeightsAreDrawnAsPyTorchs(isOutOfDomain: Bool) throws {
    let oracle = try HeadOracle("recurrent", prefix: isOutOfDomain ? "ood." : "superb.")
    let probe = try RecurrentProbe(
      random: sizes(isOutOfDomain: isOutOfDomain), width: 6, outputs: 5,
      generator: Generator(seed: 3))
    try oracle.expectDrawn(probe.weights) { name, shape in
      if name.hasPrefix("lstm.") { return 7 }
      return name.hasPrefix("projection") ? 6 : 14
    }
  }

  /// With an output map that copies, each cell's output is dropped or divided by what is kept.
  @Test func dropoutFollowsTheLastLayerToo() throws {
    let sizes = RecurrentProbe.Sizes(
      projection: 3, widths: [4], dropout: 0.2, hasTanhMaps: false, stride: 1)
    let drawn = try RecurrentProbe(
      random: sizes, width: 3, outputs: 8, generator: Generator(seed: 1))
    let copying = try drawn.weights.tensors.merging(
      ["output.weight": .eye(8), "output.bias": .zeros([8])]) { $1 }
    let probe = try RecurrentProbe(copying, sizes: sizes)
    let features = try Tensor.normal([2, 50, 3], generator: Generator(seed: 2))
    let all = try probe(features, lengths: [50, 50]).outputs.detached().floats()
    let some = try probe(features, lengths: [50, 50], dropout: Generator(seed: 3))
      .outputs.detached().floats()
    let kept = zip(some, all).count { abs($0 - $1 / 0.8) < 1e-6 }
    let dropped = some.count { $0 == 0 }
    #expect(kept + dropped == 800 && (120...200).contains(dropped))
  }

  @Test func aStrideLongerThanAnUtteranceIsRefused() throws {
    let probe = try RecurrentProbe(
      random: sizes(isOutOfDomain: true), width: 6, outputs: 5, generator: Generator(seed: 3))
    let features = try Tensor.zeros([1, 4, 6])
    let error = #expect(throws: HeadError.self) { _ = try probe(features, lengths: [1]) }
    #expect(
      error?.description
        == "an utterance of 1 frames is too short for recognition of every 2 frames, "
        + "which needs 2: leave it out or cut longer pieces")
  }

  @Test func onlyOutOfDomainRecognitionThinsFrames() {
    #expect(
      [160, 320, 640].map { RecurrentProbe.Sizes.outOfDomain(shift: $0).stride } == [2, 1, 1])
    #expect(RecurrentProbe.Sizes.superb.stride == 1)
  }
}
