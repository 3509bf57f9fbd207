import Testing
import Torch

@testable import Speech

@Suite struct FeatureTests {
  @Test(arguments: [FrameWindow.povey, .hamming], [true, false])
  func logMelEnergiesAreThoseOfKaldi(window: FrameWindow, snipEdges: Bool) throws {
    let fixture = try Fixture.tensors("features.safetensors")
    let waveform = try #require(fixture["waveform"])
    let name = "fbank.\(window.rawValue).\(snipEdges ? "snip" : "whole")"
    let expected = try #require(fixture[name])
    let found = try LogMel(window: window, snipEdges: snipEdges)(waveform)
    #expect(found.shape == expected.shape)
    // Logarithms of float32 sums over 512 samples whose energies span 1e8: 1e-4 of the largest, 16.
    #expect(try relativeError(found, expected) < 1e-4)
  }

  @Test(arguments: [true, false])
  func cepstraAreThoseOfKaldiAndTheirDifferencesThoseOfTorchaudio(
    snipEdges: Bool
  ) throws {
    let fixture = try Fixture.tensors("features.safetensors")
    let waveform = try #require(fixture["waveform"])
    let expected = try #require(fixture["mfcc.\(snipEdges ? "snip" : "whole")"])
    let found = try MFCC(snipEdges: snipEdges)(waveform)
    #expect(found.shape == expected.shape)
    #expect(found.shape[1] == MFCC.width)
    #expect(try relativeError(found, expected) < 1e-5)
    for start in [13, 26] {
      let part = try found.narrow(dimension: 1, start: start, count: 13)
      let other = try expected.narrow(dimension: 1, start: start, count: 13)
      #expect(try relativeError(part, other) < 1e-5)
    }
  }

  @Test func aWaveformShorterThanAFrameHasNoFrames() throws {
    let short = try Tensor.zeros([399])
    #expect(try LogMel()(short).shape == [0, 80])
    #expect(try MFCC()(short).shape == [0, 39])
    #expect(try LogMel()(Tensor.zeros([400])).shape == [1, 80])
  }
}

@Suite struct KMeansTests {
  @Test(arguments: [1, 8])
  func lloydsRoundsAreScipys(rounds: Int) throws {
    let fixture = try Fixture.tensors("kmeans.safetensors")
    let frames = try #require(fixture["frames"])
    let means = try KMeans.fit(
      frames, centres: #require(fixture["start"]), iterations: rounds)
    let expected = try #require(fixture["centres.\(rounds)"])
    // Centres are means in float64, rounded to float32 once.
    #expect(try relativeError(means.centres, expected) < 1e-6)
    #expect(try means.assign(frames) == #require(fixture["assignment.\(rounds)"]).ints())
  }

  @Test func aSeedGivesTheSameCentresAndAnotherSeedOthers() throws {
    let frames = try #require(Fixture.tensors("kmeans.safetensors")["frames"])
    func centres(_ seed: UInt64) throws -> [Float] {
      try KMeans.fit(
        frames, clusters: 6, iterations: 3, generator: Generator(seed: seed)
      ).centres.floats()
    }
    #expect(try centres(1) == centres(1))
    #expect(try centres(1) != centres(2))
  }

  @Test func seedingSpreadsOverClustersThatLieFarApart() throws {
    // Five pairs of equal frames: k-means++ cannot draw a frame at distance 0 again.
    let values: [Float] = [0, 0, 100, 100, 200, 200, 300, 300, 400, 400]
    let frames = try Tensor(values, shape: [10, 1])
    for seed in 0..<20 {
      let means = try KMeans.fit(
        frames, clusters: 5, iterations: 0, generator: Generator(seed: UInt64(seed)))
      #expect(try means.centres.floats().sorted() == [0, 100, 200, 300, 400])
    }
  }

  @Test func aCentreThatLosesItsFramesMovesToTheFarthestOne() throws {
    let frames = try Tensor([0, 1, 10] as [Float], shape: [3, 1])
    let start = try Tensor([0, 500] as [Float], shape: [2, 1])
    let means = try KMeans.fit(frames, centres: start, iterations: 10)
    #expect(try means.centres.floats() == [0.5, 10])
  }

  @Test func roundsEndOnceNothingChanges() throws {
    let frames = try #require(Fixture.tensors("kmeans.safetensors")["frames"])
    let means = try KMeans.fit(
      frames, clusters: 2, iterations: 1000, generator: Generator(seed: 1))
    #expect(means.rounds < 1000)
  }

  @Test func tooFewDifferentFramesAreAnError() throws {
    let frames = try Tensor([1, 1, 2, 2] as [Float], shape: [4, 1])
    let error = KMeansError.tooFewFrames(frames: 2, clusters: 3)
    #expect(throws: error) {
      try KMeans.fit(frames, clusters: 3, iterations: 1, generator: Generator(seed: 1))
    }
    #expect(throws: KMeansError.tooFewFrames(frames: 4, clusters: 5)) {
      try KMeans.fit(frames, clusters: 5, iterations: 1, generator: Generator(seed: 1))
    }
    #expect(
      "\(error)" == "k-means needs at least 3 different frames for 3 clusters and has 2; "
        + "ask for fewer clusters or give it more audio")
  }

  @Test func framesThatAreNotFiniteAreAnError() throws {
    let frames = try Tensor([1, .nan, 2, 2] as [Float], shape: [4, 1])
    #expect(throws: KMeansError.notFinite) {
      try KMeans.fit(frames, clusters: 2, iterations: 1, generator: Generator(seed: 1))
    }
  }
}
