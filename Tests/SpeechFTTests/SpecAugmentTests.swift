import Experiment
import Foundation
import Testing
import Torch

@testable import SpeechFT

/// SpecAugment on the features of a head.
@Suite struct SpecAugmentTests {
  private struct Case: Decodable {
    var frames: Int
    var center: Int
    var warped: Int
    var input: [Float]
    var output: [Float]
  }

  /// Against PyTorch's bicubic interpolation (Fixtures/make_time_warp.py), alone and in a padded batch.
  @Test func timeIsWarpedAsByBicubicInterpolation() throws {
    let path = try #require(
      Bundle.module.url(forResource: "time_warp", withExtension: "json", subdirectory: "Fixtures"))
    let cases = try JSONDecoder().decode([Case].self, from: Data(contentsOf: path))
    #expect(cases.count == 5)
    let longest = cases.map(\.frames).max() ?? 0
    let draws = cases.map {
      SpecAugment.Draw(warp: ($0.center, $0.warped), timeMasks: [], featureMasks: [])
    }
    let padded = cases.flatMap {
      $0.input + [Float](repeating: 9, count: 3 * (longest - $0.frames))
    }
    let together = try SpecAugment(draws: draws)(
      Tensor(padded, shape: [cases.count, longest, 3]), frames: cases.map(\.frames)
    ).floats()
    for (row, test) in cases.enumerated() {
      let found = together[(row * longest * 3)...].prefix(longest * 3)
      for (value, expected) in zip(found, test.output) {
        // Sums of four products of float32.
        #expect(abs(value - expected) < 1e-5)
      }
      #expect(found.dropFirst(test.output.count).allSatisfy { $0 == 9 }, "padding stays")
    }
  }

  @Test func masksAreZeroAndEverythingElseStays() throws {
    let draws = [
      SpecAugment.Draw(warp: nil, timeMasks: [1..<3], featureMasks: [0..<1, 3..<4]),
      SpecAugment.Draw(warp: nil, timeMasks: [], featureMasks: [2..<2]),
    ]
    let ones = try Tensor([Float](repeating: 1, count: 40), shape: [2, 5, 4])
    let found = try SpecAugment(draws: draws)(ones, frames: [5, 5]).floats()
    let expected: [Float] = (0..<20).map { index in
      let (frame, feature) = (index / 4, index % 4)
      return (1..<3).contains(frame) || [0, 3].contains(feature) ? 0 : 1
    }
    #expect(found == expected + [Float](repeating: 1, count: 20))
  }

  /// A thousand draws stay within what the recipe says, and reach it.
  @Test func drawsKeepToTheRecipe() {
    let recipe = AugmentParameters(
      timeWarp: 5, timeMasks: 2, timeWidth: 40, featureMasks: 4, featureWidth: 50)
    var numbers = SplitMix64(state: 1)
    let frames = (0..<1000).map { 5 + $0 % 200 }
    let draws = Draw.all(recipe, frames, &numbers)
    var (shifts, widths) = (Set<Int>(), Set<Int>())
    for (draw, count) in zip(draws, frames) {
      #expect((draw.warp != nil) == (count > 10))
      if let warp = draw.warp {
        #expect((5..<(count - 5)).contains(warp.center))
        shifts.insert(warp.warped - warp.center)
        #expect((1..<count).contains(warp.warped))
      }
      #expect(draw.timeMasks.count == 2 && draw.featureMasks.count == 4)
      #expect(draw.timeMasks.allSatisfy { $0.count < 40 && $0.upperBound <= count })
      #expect(draw.featureMasks.allSatisfy { $0.count < 50 && $0.upperBound <= 64 })
      widths.formUnion(draw.featureMasks.map(\.count))
    }
    #expect(shifts == Set(-4...5))
    #expect(widths == Set(0..<50))
    var again = SplitMix64(state: 1)
    #expect(Draw.all(recipe, frames, &again) == draws)
  }

  private enum Draw {
    static func all(
      _ recipe: AugmentParameters, _ frames: [Int], _ numbers: inout SplitMix64
    ) -> [SpecAugment.Draw] {
      SpecAugment(recipe, frames: frames, width: 64, numbers: &numbers).draws
    }
  }
}
