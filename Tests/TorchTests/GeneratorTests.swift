import CTorch
import Testing
import Torch

@Suite struct GeneratorTests {
  @Test func oneSeedGivesOneSequence() throws {
    func draw(_ seed: UInt64) throws -> [Float] {
      let generator = try Generator(seed: seed)
      return try Tensor.normal([20], generator: generator).floats()
        + Tensor.uniform([20], generator: generator).floats()
        + Tensor.randomPermutation(20, generator: generator).to(.float32).floats()
    }
    #expect(try draw(7) == draw(7))
    #expect(try draw(7) != draw(8))
    #expect(try draw(7).suffix(20).sorted() == (0..<20).map(Float.init))
  }

  @Test func stateGoesOnWhereItWasTaken() throws {
    let generator = try Generator(seed: 3)
    _ = try Tensor.normal([5], generator: generator)
    let state = try generator.state()
    let expected = (try generator.next(), try Tensor.normal([9], generator: generator).floats())
    let other = try Generator(seed: 0)
    try other.setState(state)
    #expect(try other.next() == expected.0)
    #expect(try Tensor.normal([9], generator: other).floats() == expected.1)
    #expect(throws: TorchError.self) { try other.setState(Tensor.zeros([3])) }
  }

  @Test func drawsHaveTheirMoments() throws {
    let generator = try Generator(seed: 11)
    let normal = try Tensor.normal(
      [100_000], mean: 3, standardDeviation: 2, generator: generator)
    #expect(try abs(normal.mean().item() - 3) < 0.03)  // 5 standard errors
    #expect(try abs(normal.variance(unbiased: true).item() - 4) < 0.09)
    let uniform = try Tensor.uniform([100_000], low: -1, high: 3, generator: generator)
    #expect(try abs(uniform.mean().item() - 1) < 0.02)
    #expect(try uniform.minimum().item() >= -1 && uniform.maximum().item() < 3)
  }

  @Test func dropoutKeepsTheMeanAndRepeatsWithTheSeed() throws {
    let ones = try Tensor.ones([500, 1001])
    func dropped(_ seed: UInt64) throws -> Tensor {
      try Network.dropout(ones, probability: 0.2, generator: Generator(seed: seed))
    }
    let first = try dropped(1)
    #expect(Set(try first.floats()) == [0, 1.25])
    #expect(try abs(first.mean().item() - 1) < 0.004)  // 5 standard errors
    #expect(try first.floats() == dropped(1).floats())
    #expect(try first.floats() != dropped(2).floats())
    #expect(
      try Network.dropout(ones, probability: 0, generator: Generator(seed: 1)) === ones)
  }

  @Test func dropoutDoesNotDependOnThreads() throws {
    let ones = try Tensor.ones([400_003])
    func dropped(threads: Int) throws -> [Float] {
      let before = TorchRuntime.threads
      try TorchRuntime.setThreads(threads)
      defer { try? TorchRuntime.setThreads(before) }
      return try Network.dropout(ones, probability: 0.5, generator: Generator(seed: 9)).floats()
    }
    #expect(try dropped(threads: 1) == dropped(threads: 3))
  }

  /// Known answers of Random123 1.14, `tests/kat_vectors`, philox4x32 with 10 rounds.
  @Test(
    arguments: [
      (
        counter: [0, 0, 0, 0], key: [0, 0],
        expected: [0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8]
      ),
      (
        [0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff], [0xffff_ffff, 0xffff_ffff],
        [0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd]
      ),
      (
        [0x243f_6a88, 0x85a3_08d3, 0x1319_8a2e, 0x0370_7344], [0xa409_3822, 0x299f_31d0],
        [0xd16c_fe09, 0x94fd_cceb, 0x5001_e420, 0x2412_6ea1]
      ),
    ] as [(counter: [UInt32], key: [UInt32], expected: [UInt32])])
  func philoxGivesThePublishedAnswers(
    counter: [UInt32], key: [UInt32], expected: [UInt32]
  ) {
    var found: [UInt32] = [0, 0, 0, 0]
    ct_philox(counter, key, &found)
    #expect(found == expected)
  }
}
