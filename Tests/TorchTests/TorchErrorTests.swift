import Testing
import Torch

/// Shape errors throw, name the operation and show the operands.
@Suite struct TorchErrorTests {
  private func text<Result>(_ body: () throws -> Result) -> String? {
    do {
      _ = try body()
      return nil
    } catch {
      return "\(error)"
    }
  }

  @Test func operationsNameTheirOperands() throws {
    let (a, b) = (try Tensor.zeros([2, 3]), try Tensor.zeros([4, 5]))
    #expect(
      text { try a.matmul(b) }
        == "matmul of float32 [2, 3], float32 [4, 5]: "
        + "mat1 and mat2 shapes cannot be multiplied (2x3 and 4x5)")
    #expect(
      text { try a + b }
        == "adding of float32 [2, 3], float32 [4, 5]: The size of tensor a (3) must match the "
        + "size of tensor b (5) at non-singleton dimension 1")
    #expect(
      text { try a.reshape([7]) }
        == "reshape to [7] of float32 [2, 3]: shape '[7]' is invalid for input of size 6")
    #expect(
      text { try a.sum(dimensions: [2]) }
        == "sum(dimensions: [2]) of float32 [2, 3]: "
        + "Dimension out of range (expected to be in range of [-2, 1], but got 2)")
  }

  @Test func countsAndTypesAreChecked() throws {
    #expect(
      text { try Tensor([1, 2, 3] as [Float], shape: [2, 2]) }
        == "a tensor of shape [2, 2] holds 4 numbers, but 3 were given")
    #expect(
      text {
        try [UInt8](repeating: 0, count: 7).withUnsafeBytes {
          try Tensor(bytes: $0, shape: [2], dtype: .float32)
        }
      } == "Tensor(bytes:) float32 [2]: the shape holds 8 bytes, but there are 7")
    #expect(
      text { try Tensor.arange(2).floats() }
        == "floats needs float32 numbers, but the tensor holds int64; "
        + "convert it first with to(.float32)")
    #expect(
      text { try Tensor.ones([2]).int64s() }
        == "int64s needs int64 numbers, but the tensor holds float32; "
        + "convert it first with to(.int64)")
    #expect(text { try Tensor.zeros([-1]) }?.hasPrefix("full [-1]: ") == true)
  }

  @Test func layersAndLossesRefuseWhatDoesNotFit() throws {
    let frames = try Tensor.zeros([2, 5, 3])
    let weight = try Tensor.zeros([8, 4])
    #expect(
      text { try Network.linear(frames, weight: weight) }
        == "linear of float32 [2, 5, 3], float32 [8, 4]: "
        + "mat1 and mat2 shapes cannot be multiplied (10x3 and 4x8)")
    #expect(
      text {
        try Network.ctcLoss(
          frames, targets: Tensor.zeros([5, 2], .int64), inputLengths: [2], targetLengths: [2, 2])
      } == "ctcLoss of float32 [2, 5, 3], int64 [5, 2]: 1 input lengths but 2 target lengths")
    #expect(
      text { try Network.scaledDotProductAttention(frames, frames, frames) }
        == "scaledDotProductAttention of float32 [2, 5, 3], float32 [2, 5, 3], "
        + "float32 [2, 5, 3]: query, key and value must be [batch, heads, frames, features]")
    #expect(
      text {
        try Network.dropout(frames, probability: 1, generator: Generator(seed: 1))
      } == "dropout of float32 [2, 5, 3]: "
        + "the probability must be at least 0 and below 1, but is 1")
    #expect(text { try Network.embedding(Tensor(indices: [9]), weight: weight) } != nil)
    #expect(text { try Network.lstm(frames, layers: []) } == nil)
  }

  @Test func impossibleMathematicsThrows() throws {
    #expect(text { try Tensor.zeros([2, 2]).cholesky() }?.hasPrefix("cholesky of ") == true)
    #expect(text { try Tensor.ones([2]).backward() }?.hasPrefix("backward of ") == true)
    #expect(text { try Tensor.arange(2).setRequiresGradient(true) } != nil)
  }
}
