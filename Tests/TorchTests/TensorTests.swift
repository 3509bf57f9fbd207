import Testing
import Torch

@Suite struct TensorTests {
  private let a: Tensor
  init() throws { a = try Tensor([1, 2, 3, 4, 5, 6] as [Float], shape: [2, 3]) }

  @Test func numbersGoInAndComeOut() throws {
    #expect(try Tensor([1.5, -2] as [Double], shape: [2]).doubles() == [1.5, -2])
    #expect(try Tensor([7, -8] as [Int64], shape: [2, 1]).int64s() == [7, -8])
    #expect(try Tensor(mask: [true, false], shape: [2]).int64s() == [1, 0])
    #expect(try Tensor.scalar(3.5, .float64).item() == 3.5)
    let halves = try Tensor([0.5, 1] as [Float], shape: [2]).to(.float16)
    #expect(try halves.withBytes { Array($0) } == [0x00, 0x38, 0x00, 0x3C])
    #expect(try Tensor.zeros([0, 3]).floats() == [])
    #expect(a.shape == [2, 3] && a.count == 6 && a.rank == 2 && a.dtype == .float32)
    #expect("\(a)" == "Tensor(float32 [2, 3])")
  }

  @Test func arithmeticBroadcasts() throws {
    let row = try Tensor([1, 10, 100] as [Float], shape: [3])
    #expect(try (a * row).floats() == [1, 20, 300, 4, 50, 600])
    #expect(try (1 - a / 2).floats() == [0.5, 0, -0.5, -1, -1.5, -2])
    #expect(try (a - row + 1).floats() == [1, -7, -96, 4, -4, -93])
    #expect(try (-a).pow(2).floats() == [1, 4, 9, 16, 25, 36])
    #expect(try a.maximum(row).floats() == [1, 10, 100, 4, 10, 100])
  }

  @Test func aWholeNumberLeavesIntegersIntegers() throws {
    let indices = try Tensor.arange(3)
    #expect(try (indices * 2 + 1).int64s() == [1, 3, 5])
    #expect(try (indices * 0.5).dtype == .float32)
    #expect(try indices.eq(1).dtype == .bool)
  }

  @Test func reductionsTakeDimensionsOrAll() throws {
    #expect(try a.sum().item() == 21)
    #expect(try a.sum(dimensions: [0]).floats() == [5, 7, 9])
    #expect(try a.mean(dimensions: [1], keep: true).shape == [2, 1])
    #expect(try a.variance(dimensions: [1], unbiased: true).floats() == [1, 1])
    #expect(try abs(a.variance(unbiased: false).item() - 35.0 / 12) < 1e-6)
    #expect(try a.maximum().item() == 6 && a.minimum(dimensions: [1]).floats() == [1, 4])
    #expect(try a.argmax(dimension: 1).int64s() == [2, 2])
    #expect(try abs(a.norm().item() - 91.0.squareRoot()) < 1e-6)
    #expect(try a.cumsum(dimension: 1).floats() == [1, 3, 6, 4, 9, 15])
  }

  @Test func shapesAreViewsOfTheSameNumbers() throws {
    #expect(try a.transposed(0, 1).floats() == [1, 4, 2, 5, 3, 6])
    #expect(try a.transposed(0, 1).isContiguous == false)
    #expect(try a.reshape([3, -1]).shape == [3, 2])
    #expect(try a.narrow(dimension: 1, start: 1, count: 2).floats() == [2, 3, 5, 6])
    #expect(try a.select(dimension: 0, index: -1).floats() == [4, 5, 6])
    #expect(try a.unsqueezed(0).expanded([2, -1, -1]).sum().item() == 42)
    #expect(try a.unsqueezed(0).squeezed(0).shape == [2, 3])
    #expect(try a.permuted([1, 0]).shape == [3, 2])
    #expect(try a.flipped([1]).floats() == [3, 2, 1, 6, 5, 4])
    #expect(
      try a.reshape([6]).unfold(dimension: 0, size: 3, step: 2).floats() == [1, 2, 3, 3, 4, 5])
    #expect(try a.padded(before: 1, after: 0, .constant(9)).floats() == [9, 1, 2, 3, 9, 4, 5, 6])
    #expect(
      try a.padded(before: 2, after: 1, .reflect).select(dimension: 0, index: 0).floats()
        == [3, 2, 1, 2, 3, 2])
    #expect(try a.reshape([6]).padded(before: 1, after: 0, .reflect).floats()[0] == 2)
  }

  @Test func joinsAndSelections() throws {
    #expect(try Tensor.concatenated([a, a], dimension: 1).shape == [2, 6])
    #expect(try Tensor.stacked([a, a]).shape == [2, 2, 3])
    let columns = try Tensor(indices: [2, 0])
    #expect(try a.indexSelect(dimension: 1, indices: columns).floats() == [3, 1, 6, 4])
    let places = try Tensor([0, 2] as [Int64], shape: [2, 1])
    #expect(try a.gather(dimension: 1, indices: places).floats() == [1, 6])
    let sums = try Tensor.zeros([2, 3]).indexAdd(
      dimension: 0, indices: try Tensor(indices: [1, 1]), source: a)
    #expect(try sums.floats() == [0, 0, 0, 5, 7, 9])
    #expect(try Tensor(indices: [0, 2, 2]).bincount(minimumCount: 4).int64s() == [1, 0, 2, 0])
    #expect(try a.reshape([6]).topk(2).indices.int64s() == [5, 4])
    let ties = try Tensor([2, 1, 2, 1] as [Float], shape: [4]).sort(descending: true)
    #expect(try ties.indices.int64s() == [0, 2, 1, 3])
  }

  @Test func masksAndBounds() throws {
    let even = try Tensor(mask: [false, true, false, true, false, true], shape: [2, 3])
    #expect(try Tensor.where(even, a, a * 0).floats() == [0, 2, 0, 4, 0, 6])
    #expect(try a.maskedFill(even.logicalNot(), -1).floats() == [-1, 2, -1, 4, -1, 6])
    #expect(try a.clamp(min: 2).floats()[0] == 2)
    #expect(try a.clamp(max: 2.5).floats()[5] == 2.5)
    #expect(try a.gt(4).logicalAnd(even).int64s() == [0, 0, 0, 0, 0, 1])
    #expect(try (a / 0).isFinite().any().item() == 0)
  }

  @Test func updatesInPlaceReachEveryView() throws {
    let buffer = try Tensor.zeros([2, 3])
    let row = try buffer.select(dimension: 0, index: 1)
    try row.copy_(from: Tensor([1, 2, 3] as [Int64], shape: [3]))
    try buffer.add_(a, scale: 2)
    try row.mul_(10)
    #expect(try buffer.floats() == [2, 4, 6, 90, 120, 150])
    try buffer.fill_(0.5)
    #expect(try row.floats() == [0.5, 0.5, 0.5])
  }

  @Test func interpolationRoundsEachOfItsThreeOperationsOnce() throws {
    let generator = try Generator(seed: 1)
    let (x, y) = (
      try Tensor.normal([1003], generator: generator),
      try Tensor.normal([1003], generator: generator)
    )
    let target = try Tensor.zeros([1003])
    for alpha in [0.0, 0.1, 0.25, 1.0] {
      try target.copy_(interpolating: x, y, alpha: alpha)
      let (keep, take) = (Float(1 - alpha), Float(alpha))
      let expected = zip(try x.floats(), try y.floats()).map { keep * $0 + take * $1 }
      #expect(try target.floats().map(\.bitPattern) == expected.map(\.bitPattern))
    }
  }

  @Test func interpolationAtZeroCopiesBits() throws {
    let odd = try Tensor([-0.0, .nan, .infinity, Float(bitPattern: 700)] as [Float], shape: [4])
    let target = try Tensor.zeros([4])
    try target.copy_(interpolating: odd, try Tensor.ones([4]), alpha: 0)
    #expect(try target.floats().map(\.bitPattern) == odd.floats().map(\.bitPattern))
    let half = try Tensor([1, 2] as [Float], shape: [2]).to(.bfloat16)
    let mixed = try Tensor.zeros([2], .bfloat16)
    try mixed.copy_(interpolating: half, half * 3, alpha: 0.5)
    #expect(try mixed.floats() == [2, 4])
  }

  @Test func spectraAndSolutionsArePyTorchs() throws {
    let oracle = try Oracle()
    try expectClose(
      oracle["spectrum.signal"].powerSpectrum(length: 32), oracle["spectrum.power"],
      within: 5e-6)
    let (matrix, right) = (try oracle["solve.matrix"], try oracle["solve.right"])
    let solution = try oracle["solve.solution"]
    try expectClose(matrix.solve(right), solution, within: 1e-12)
    try expectClose(right.choleskySolved(factor: matrix.cholesky()), solution, within: 1e-12)
    try expectClose(
      matrix.symmetricEigen().values, oracle["solve.eigenvalues"], within: 1e-12)
    #expect(try matrix.matmul(.eye(6, .float64)).doubles() == matrix.doubles())
    #expect(try a.addmm(a, .eye(3), alpha: 2).floats() == [3, 6, 9, 12, 15, 18])
  }
}
