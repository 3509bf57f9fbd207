import Testing
import Torch

@testable import Speech

/// The diarization head and its loss against s3prl's.
@Suite struct DiarizationHeadTests {
  let oracle: HeadOracle
  let sizes = DiarizationHead.Sizes(layers: 1, width: 7, speakers: 2)
  let lengths = [10, 8, 5]

  init() throws { oracle = try HeadOracle("diarization") }

  @Test func logitsLossAndGradientsAreS3prls() throws {
    let head = try DiarizationHead(oracle.weights(), sizes: sizes)
    let matched = try DiarizationHead.matched(oracle["features"], frames: 10)
    let logits = try head(matched).multiplying(by: 3)
    try expectEqual(logits, oracle["logits"])
    let (loss, orders) = try DiarizationHead.loss(
      logits, labels: oracle["labels"], lengths: lengths)
    try expectEqual(loss, oracle["loss"])
    #expect(try orders.flatMap(\.self) == oracle["orders"].ints())
    try loss.backward()
    try oracle.expectGradients(of: head.weights)
  }

  @Test func featuresGetAsManyFramesAsLabels() throws {
    let features = try oracle["features"]
    try expectEqual(DiarizationHead.matched(features, frames: 10), oracle["matched"])
    try expectEqual(DiarizationHead.matched(features, frames: 7), oracle["cut"])
    let few = try features.narrow(dimension: 1, start: 0, count: 4)
    try expectEqual(DiarizationHead.matched(few, frames: 10), oracle["tiled"])
  }

  @Test func allOrdersOfThreeSpeakersAreTried() throws {
    let logits = try oracle["three.logits"].setRequiresGradient(true)
    let (loss, orders) = try DiarizationHead.loss(
      logits, labels: oracle["three.labels"], lengths: [6, 4])
    try expectEqual(loss, oracle["three.loss"])
    #expect(try orders.flatMap(\.self) == oracle["three.orders"].ints())
    try loss.backward()
    let gradient = try #require(logits.gradient)
    try expectEqual(gradient, oracle["three.gradient"])
  }

  @Test func freshWeightsAreDrawnAsPyTorchs() throws {
    let drawn = try DiarizationHead(random: sizes, width: 6, generator: Generator(seed: 1))
    try oracle.expectDrawn(drawn.weights) { _, _ in 7 }
  }
}
