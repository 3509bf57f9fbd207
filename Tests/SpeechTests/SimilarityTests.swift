import Testing
import Torch

@testable import Speech

@Suite struct SimilarityTests {
  private struct Expected: Decodable {
    var ridge: Double
    var linearCKA: Double
    var debiasedCKA: Double
    var r2: Double
  }

  /// Shares lie near 1; "few" has an R² of -24, and "offset" loses digits to means 1e3 spreads away.
  @Test(arguments: [
    ("near", 1e-12), ("narrower", 1e-12), ("unrelated", 1e-12), ("few", 1e-12), ("chunks", 1e-12),
    ("offset", 1e-9),
  ])
  func sumsInFeatureSpaceGiveWhatFramesFramesMatricesGive(
    name: String, tolerance: Double
  ) throws {
    let all: [String: Expected] = try Fixture.json("similarity.json")
    let expected = try #require(all[name])
    let fixture = try Fixture.tensors("similarity.safetensors")
    let found = try FeatureSimilarity.compare(
      reference: #require(fixture["\(name).reference"]),
      features: #require(fixture["\(name).features"]), ridge: expected.ridge)
    #expect(abs(found.linearCKA - expected.linearCKA) < tolerance)
    #expect(abs(found.debiasedCKA - expected.debiasedCKA) < tolerance)
    #expect(abs(found.r2 - expected.r2) < tolerance * max(1, abs(expected.r2)))
  }

  @Test func featuresAreExactlyLikeThemselves() throws {
    let fixture = try Fixture.tensors("similarity.safetensors")
    let features = try #require(fixture["near.features"])
    let found = try FeatureSimilarity.compare(
      reference: features, features: features.clone(), ridge: 1e-3)
    #expect(found == LayerSimilarity(linearCKA: 1, debiasedCKA: 1, r2: 1))
  }

  @Test func featuresShiftedAndScaledAreAlikeButForRounding() throws {
    let fixture = try Fixture.tensors("similarity.safetensors")
    let features = try #require(fixture["near.features"])
    let found = try FeatureSimilarity.compare(
      reference: features, features: features.multiplying(by: 4).adding(64), ridge: 0)
    // float32 rounds the shifted numbers to 2⁻¹⁷ of themselves or better.
    #expect(abs(found.linearCKA - 1) < 1e-9)
    #expect(abs(found.debiasedCKA - 1) < 1e-9)
    #expect(abs(found.r2 - 1) < 1e-9)
    #expect(found.linearCKA != 1)
  }

  @Test func constantFeaturesAreAnError() throws {
    let varied = try Tensor([1, 2, 3, 4, 5] as [Float], shape: [5, 1])
    let constant = try Tensor.full([5, 2], 0.1)
    #expect(throws: SimilarityError.constant(.features)) {
      try FeatureSimilarity.compare(reference: varied, features: constant, ridge: 1)
    }
    #expect(throws: SimilarityError.constant(.reference)) {
      try FeatureSimilarity.compare(reference: constant, features: constant, ridge: 1)
    }
    #expect(
      "\(SimilarityError.constant(.reference))"
        == "the reference's features are the same in all frames, so no similarity is defined")
  }

  @Test func tooFewFramesAreAnError() throws {
    let three = try Tensor([1, 2, 3] as [Float], shape: [3, 1])
    #expect(throws: SimilarityError.tooFewFrames(count: 3)) {
      try FeatureSimilarity.compare(reference: three, features: three, ridge: 1)
    }
    #expect(
      "\(SimilarityError.tooFewFrames(count: 3))"
        == "similarity needs at least 4 frames and has 3; sample more")
  }

  @Test func numbersThatAreNotFiniteAreAnError() throws {
    let good = try Tensor([1, 2, 3, 4] as [Float], shape: [4, 1])
    let bad = try Tensor([1, .nan, 3, 4] as [Float], shape: [4, 1])
    #expect(throws: SimilarityError.notFinite(.features)) {
      try FeatureSimilarity.compare(reference: good, features: bad, ridge: 1)
    }
    #expect(
      "\(SimilarityError.notFinite(.features))"
        == "the compared features hold numbers that are not finite; "
        + "look for a model that diverged")
  }

  @Test func differentFramesAndNegativePenaltiesAreErrors() throws {
    let four = try Tensor([1, 2, 3, 4] as [Float], shape: [4, 1])
    let five = try Tensor([1, 2, 3, 4, 5] as [Float], shape: [5, 1])
    #expect(throws: SimilarityError.mismatchedShapes(reference: [4, 1], features: [5, 1])) {
      try FeatureSimilarity.compare(reference: four, features: five, ridge: 1)
    }
    #expect(throws: SimilarityError.negativeRidge(-1)) {
      try FeatureSimilarity.compare(reference: four, features: four, ridge: -1)
    }
  }

  @Test func aRegressionWithoutASolutionIsAnError() throws {
    let values: [Float] = [1, 2, 4, 3, 9, 5, 7, 8]
    let reference = try Tensor(values, shape: [8, 1])
    let twice = try Tensor(values.flatMap { [$0, $0] }, shape: [8, 2])
    let error = #expect(throws: SimilarityError.self) {
      try FeatureSimilarity.compare(reference: reference, features: twice, ridge: 0)
    }
    #expect("\(try #require(error))".contains("linearly dependent"))
    let found = try FeatureSimilarity.compare(reference: reference, features: twice, ridge: 1e-9)
    #expect(abs(found.r2 - 1) < 1e-6)
  }
}
