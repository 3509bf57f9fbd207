import Testing
import Torch

@testable import Speech

/// Intents against s3prl's `UtteranceLevel` and the sum of losses of its fluent_commands.
@Suite struct SlotsHeadTests {
  let oracle: HeadOracle
  let classes = [6, 14, 4]
  let lengths = [9, 5, 7]

  init() throws { oracle = try HeadOracle("slots") }

  private func labels(_ name: String) throws -> [[Int]] {
    let all = try oracle[name].ints()
    return (0..<3).map { Array(all[3 * $0..<3 * $0 + 3]) }
  }

  @Test func logitsLossAndGradientsAreS3prls() throws {
    let head = try SlotsHead(oracle.weights(), classes: classes)
    let logits = try head(oracle["features"], lengths: lengths)
    try expectEqual(logits, oracle["logits"])
    #expect(try head.decoded(logits) == labels("predicted"))
    let loss = try head.loss(logits, labels: labels("labels"))
    try expectEqual(loss, oracle["loss"])
    try loss.backward()
    try oracle.expectGradients(of: head.weights)
  }

  @Test func freshWeightsAreDrawnAsPyTorchs() throws {
    let drawn = try SlotsHead(
      random: classes, width: 6, projection: 8, generator: Generator(seed: 1))
    try oracle.expectDrawn(drawn.weights) { name, _ in name.hasPrefix("projection") ? 6 : 8 }
  }

  @Test func labelsOfOtherSlotsAreRefused() throws {
    let head = try SlotsHead(oracle.weights(), classes: classes)
    let error = #expect(throws: HeadError.self) {
      _ = try head.loss(.zeros([1, 24]), labels: [[1, 2]])
    }
    #expect(error?.description == "2 labels for 3 slots")
    let lengths = #expect(throws: HeadError.self) {
      _ = try head(.zeros([1, 3, 6]), lengths: [4])
    }
    #expect(lengths?.description == "lengths [4] for features of 3 frames")
  }
}
