import Testing
import Torch

/// Sums over layers for heads, against libtorch's own products in float64.
@Suite struct MixTests {
  private static let lengths = [5, 9, 1]
  private static let (layers, width, heads) = (4, 11, 3)

  private func features(_ dtype: DType) throws -> [Tensor] {
    let generator = try Generator(seed: 7)
    return try Self.lengths.map {
      try Tensor.normal([Self.layers, $0, Self.width], generator: generator).to(dtype)
    }
  }

  private func scaling() throws -> FeatureScaling {
    let generator = try Generator(seed: 8)
    return FeatureScaling(
      scale: try .uniform([Self.layers, Self.width], low: 0.5, high: 2, generator: generator),
      shift: try .normal([Self.layers, Self.width], generator: generator))
  }

  private func weights() throws -> Tensor {
    try Tensor.normal([Self.heads, Self.layers], generator: Generator(seed: 9))
  }

  /// The same by matmul in float64: [K, B, padded, D].
  private func reference(
    _ features: [Tensor], _ weights: Tensor, _ scaling: FeatureScaling?, padded: Int
  ) throws -> Tensor {
    let rows = try features.map { one -> Tensor in
      var wide = try one.to(.float64)
      if let scaling {
        wide = try wide.multiplying(by: scaling.scale.to(.float64).unsqueezed(1))
          .adding(scaling.shift.to(.float64).unsqueezed(1))
      }
      let frames = one.shape[1]
      let sum = try weights.matmul(wide.reshape([Self.layers, frames * Self.width]))
        .reshape([Self.heads, frames, Self.width])
      guard frames < padded else { return sum }
      let rest = try Tensor.zeros([Self.heads, padded - frames, Self.width], .float64)
      return try Tensor.concatenated([sum, rest], dimension: 1)
    }
    return try Tensor.stacked(rows, dimension: 1)
  }

  /// Four float32 products and sums each round by at most 6e-8 of what is below some 10.
  private static let tolerance = 4e-6

  private func largestDifference(_ a: Tensor, _ b: Tensor) throws -> Double {
    try a.to(.float64).subtracting(b.to(.float64)).abs().maximum().item()
  }

  @Test(arguments: [DType.float32, .float16], [true, false])
  func sumsAndGradientsAreLibtorchs(dtype: DType, isScaled: Bool) throws {
    let (features, scaling) = (try features(dtype), isScaled ? try scaling() : nil)
    let narrow = try weights().setRequiresGradient(true)
    let wide = try weights().to(.float64).detached().setRequiresGradient(true)
    let ours = try Network.mix(features, weights: narrow, scaling: scaling, padded: 10)
    let theirs = try reference(features, wide, scaling, padded: 10)
    #expect(ours.shape == [Self.heads, 3, 10, Self.width])
    #expect(try largestDifference(ours, theirs) < Self.tolerance)
    let outer = try Tensor.normal(ours.shape, generator: Generator(seed: 10))
    try ours.multiplying(by: outer).sum().backward()
    try theirs.multiplying(by: outer.to(.float64)).sum().backward()
    let gradients = (try #require(narrow.gradient), try #require(wide.gradient))
    // Sums over 165 products.
    #expect(try largestDifference(gradients.0, gradients.1) < 1e-4)
  }

  @Test func aHeadsSumsAndGradientAreTheSameBitsWhateverOthersThereAre() throws {
    let (features, scaling) = (try features(.float16), try scaling())
    func run(_ rows: Range<Int>) throws -> (sums: [Float], gradient: [Float]) {
      let chosen = try weights().narrow(dimension: 0, start: rows.lowerBound, count: rows.count)
        .contiguous().detached().setRequiresGradient(true)
      let mixed = try Network.mix(features, weights: chosen, scaling: scaling, padded: 9)
      let last = try mixed.select(dimension: 0, index: rows.count - 1)
      try mixed.square().sum().backward()
      let gradient = try #require(chosen.gradient)
      return (
        try last.contiguous().floats(),
        try gradient.select(dimension: 0, index: rows.count - 1).contiguous().floats()
      )
    }
    let (alone, together) = (try run(2..<3), try run(0..<3))
    #expect(alone.sums == together.sums)
    #expect(alone.gradient == together.gradient)
  }

  @Test func shapesThatDoNotFitAreRefused() throws {
    let features = try features(.float32)
    #expect(throws: TorchError.self) {
      try Network.mix(features, weights: .zeros([2, 5]), padded: 10)
    }
    #expect(throws: TorchError.self) {
      try Network.mix(features, weights: .zeros([2, 4]), padded: 8)
    }
  }
}
