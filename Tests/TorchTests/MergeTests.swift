import Testing

@testable import Torch

/// Directions of several task vectors, by hand.
@Suite struct MergeTests {
  private func merged(
    _ before: [Float], _ afters: [[Float]], alpha: Double, density: Double?
  ) throws -> [Float] {
    let result = try Tensor.zeros([before.count])
    try result.copy_(
      merging: afters.map { try Tensor($0, shape: [$0.count]) },
      into: Tensor(before, shape: [before.count]), alpha: alpha, density: density)
    return try result.floats()
  }

  @Test func theLinearMergeAddsTheMeanOfTheTaskVectors() throws {
    let found = try merged([1, 2, 3], [[2, 2, 1], [1, 6, 2]], alpha: 0.5, density: nil)
    #expect(found == [1.25, 3, 2.25])
  }

  /// Yadav et al. 2023, figure 1: trim, elect a sign, take the mean of those that agree.
  @Test func tiesTrimsElectsAndAveragesThoseThatAgree() throws {
    let one: [Float] = [4, -3, 0.5, 1, 6]
    let two: [Float] = [-1, -2, 8, 0.25, 2]
    // Three fifths stay of each: [4, -3, 0, 0, 6] and [0, -2, 8, 0, 2].
    let found = try merged([0, 0, 0, 0, 0], [one, two], alpha: 1, density: 0.6)
    #expect(found == [4, -2.5, 8, 0, 4])
    // Where signs differ, the larger sum wins, and only those of its sign are averaged.
    #expect(try merged([0], [[4], [-1]], alpha: 1, density: 1) == [4])
    #expect(try merged([0, 0], [[2, -3], [1, 5]], alpha: 0.5, density: 1) == [0.75, 2.5])
  }

  @Test func whatCannotBeMergedIsRefused() throws {
    let result = try Tensor.zeros([2])
    let other = try Tensor.zeros([3])
    #expect(throws: TorchError.self) {
      try result.copy_(merging: [other], into: result, alpha: 0.5, density: nil)
    }
  }
}
