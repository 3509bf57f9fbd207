import Experiment
import Testing
import Torch

@testable import Speech

/// Heads over padded batches.
@Suite struct HeadTests {
  /// An utterance gets the outputs that it gets alone, however much padding stands behind it.
  @Test(arguments: [1, 3])
  func paddingReachesNoRecurrentLayer(layers: Int) throws {
    let head = try TaskHead(
      random: HeadParameters(
        projection: 6, recurrentWidth: 4, recurrentLayers: layers, dropout: 0.2),
      width: 5, outputs: 3, isPooled: false, generator: Generator(seed: 1))
    let long = try Tensor.normal([7, 5], generator: Generator(seed: 2))
    let short = try Tensor.normal([4, 5], generator: Generator(seed: 3))
    let noise = try Tensor.normal([3, 5], generator: Generator(seed: 4))
    let padded = try Tensor.concatenated([short, noise], dimension: 0)
    try Autograd.disabled {
      let together = try head(
        Tensor.stacked([long, padded], dimension: 0), frames: nil, lengths: [7, 4])
      for (row, alone) in [long, short].enumerated() {
        let expected = try head(alone.unsqueezed(0), frames: nil).floats()
        let found = try together.select(dimension: 0, index: row).floats()
        for (value, wanted) in zip(found, expected) {
          // Products of float32 in other blocks.
          #expect(abs(value - wanted) < 1e-5)
        }
      }
    }
  }

  /// In training, dropout follows every layer: with it the outputs of two draws differ, and of one they
  /// do not.
  @Test func dropoutFollowsFromItsGenerator() throws {
    let head = try TaskHead(
      random: HeadParameters(projection: 6, recurrentWidth: 4, recurrentLayers: 2, dropout: 0.5),
      width: 5, outputs: 3, isPooled: false, generator: Generator(seed: 1))
    let input = try Tensor.normal([2, 7, 5], generator: Generator(seed: 2))
    func outputs(_ seed: UInt64) throws -> [Float] {
      let dropout = EncoderDropout(probability: 0, generator: try Generator(seed: seed))
      return try head(input, frames: nil, dropout: dropout).floats()
    }
    let (one, again, other) = (try outputs(5), try outputs(5), try outputs(6))
    #expect(one == again && one != other)
  }
}
