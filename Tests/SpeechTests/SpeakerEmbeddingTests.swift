import Testing
import Torch

@testable import Speech

/// Speaker verification against s3prl's `Model` and `AMSoftmaxLoss`.
@Suite struct SpeakerEmbeddingTests {
  let oracle: HeadOracle
  let head: SpeakerEmbedding
  let margin: AngularMargin
  let lengths = [24, 19, 16]

  init() throws {
    oracle = try HeadOracle("speaker")
    head = try SpeakerEmbedding(oracle.weights { !$0.hasPrefix("speakers.") })
    margin = try AngularMargin(
      oracle.weights { $0.hasPrefix("speakers.") }, sizes: .superb)
  }

  /// Also with a unit that is dead in all frames, and with noise where s3prl pads with zeros.
  @Test func vectorsLossAndGradientsAreS3prls() throws {
    let rows = try lengths.enumerated().map { row, length in
      let own = try oracle["features"].select(dimension: 0, index: row)
        .narrow(dimension: 0, start: 0, count: length)
      return try Tensor.concatenated([own, .full([24 - length, 6], 77)], dimension: 0)
    }
    let vectors = try head.trainingVector(.stacked(rows, dimension: 0), lengths: lengths)
    try expectEqual(vectors, oracle["vectors"])
    let loss = try margin(vectors, speakers: oracle["speakers"].ints())
    try expectEqual(loss, oracle["loss"])
    try loss.backward()
    try oracle.expectGradients(of: head.weights)
    try oracle.expectGradients(of: margin.weights)
  }

  @Test func trialsCompareTheFirstLayerAfterPooling() throws {
    var embeddings: [[Float]] = []
    for (row, length) in lengths.enumerated() {
      let alone = try oracle["features"].narrow(dimension: 0, start: row, count: 1)
        .narrow(dimension: 1, start: 0, count: length)
      let embedding = try head.embedding(alone, lengths: [length]).detached()
      let norm = try embedding.norm().item()
      try expectEqual(
        embedding.divided(by: norm).squeezed(0),
        oracle["embeddings"].select(dimension: 0, index: row))
      embeddings.append(try embedding.floats())
    }
    let scores = [(0, 1), (0, 2), (1, 2)].map {
      SpeakerEmbedding.score(embeddings[$0], embeddings[$1])
    }
    try expectEqual(Tensor(scores, shape: [3]), oracle["scores"])
    #expect(SpeakerEmbedding.score([0, 0], [1, 2]) == 0)
  }

  /// The second feature never changes: PyTorch's `std` gives it the gradient 0, not 0/0.
  @Test func aDeviationOfNoneHasNoSlope() throws {
    let frames = try Tensor([1, 5, 2, 5, 6, 5] as [Float], shape: [3, 2])
      .setRequiresGradient(true)
    let deviation = try frames.deviation()
    try expectEqual(deviation, Tensor([Float(7).squareRoot(), 0], shape: [2]))
    try deviation.sum().backward()
    let gradient = try #require(frames.gradient).floats()
    let slopes = [-2, -1, 3].map { Float($0) / (2 * Float(7).squareRoot()) }
    #expect([0, 2, 4].allSatisfy { abs(gradient[$0] - slopes[$0 / 2]) < 1e-6 })
    #expect([1, 3, 5].allSatisfy { gradient[$0] == 0 })
  }

  @Test func freshWeightsAreDrawnAsPyTorchs() throws {
    let drawn = try SpeakerEmbedding(
      random: .init(width: 8, pooledWidth: 9), width: 6, generator: Generator(seed: 1))
    try oracle.expectDrawn(drawn.weights) { name, shape in
      switch name.split(separator: ".").dropLast().joined(separator: ".") {
      case "projection": 6
      case "tdnn.0": 40
      case "tdnn.1", "tdnn.2": 24
      case "segment.0": 18
      default: 8
      }
    }
    let speakers = try AngularMargin(
      random: .superb, width: 64, speakers: 100, generator: Generator(seed: 1)
    ).weights.tensor("speakers.weight").detached()
    let variance = try speakers.square().mean().item()
    #expect(speakers.shape == [64, 100] && abs(variance * 82 - 1) < 0.05)
  }

  @Test func anUtteranceWithoutADeviationIsRefused() throws {
    #expect(SpeakerEmbedding.lostFrames == 14)
    let error = #expect(throws: HeadError.self) {
      _ = try head.embedding(.zeros([1, 15, 6]), lengths: [15])
    }
    #expect(
      error?.description
        == "an utterance of 15 frames is too short for speaker verification, which needs 16: "
        + "leave it out or cut longer pieces")
  }
}
