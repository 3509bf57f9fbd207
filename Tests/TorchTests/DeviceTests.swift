import Testing
import Torch

/// Tensors follow their scope's device. libtorch's device `meta`, which has shapes and no memory, stands
/// for an accelerator: an operation over it and main memory is refused, as between a card and main memory.
@Suite struct DeviceTests {
  @Test func newTensorsAreOnTheDeviceOfTheirScope() throws {
    let generator = try Generator(seed: 1)
    let elsewhere = try DeviceScope.during("meta") {
      try [
        Tensor.zeros([2]), Tensor([Float(1), 2], shape: [2]), Tensor.arange(3),
        Tensor.eye(3, .float64), Tensor.normal([2], generator: generator),
        Tensor.randomPermutation(3, generator: generator),
      ]
    }
    #expect(elsewhere.allSatisfy { !$0.isInMainMemory })
    let nested = try DeviceScope.during("meta") {
      let inner = try DeviceScope.during("cpu") { try Tensor.zeros([2]) }
      return try (inner: inner, after: Tensor.zeros([2]))
    }
    #expect(nested.inner.isInMainMemory && !nested.after.isInMainMemory)
    #expect(try Tensor.zeros([2]).isInMainMemory)
  }

  @Test func aScopeEndsWithAnError() throws {
    struct Stop: Error {}
    #expect(throws: Stop.self) { try DeviceScope.during("meta") { throw Stop() } }
    #expect(try Tensor.zeros([2]).isInMainMemory)
  }

  @Test func drawsDoNotDependOnTheDevice() throws {
    let (here, there) = (try Generator(seed: 3), try Generator(seed: 3))
    _ = try Tensor.normal([5], generator: here)
    _ = try DeviceScope.during("meta") { try Tensor.normal([5], generator: there) }
    #expect(try here.next() == there.next())
  }

  @Test(arguments: ["tpu", "cpu:x", "cuda:-1"])
  func whatIsNoDeviceIsRefused(name: String) {
    #expect(throws: TorchError.self) { try DeviceScope.during(name) {} }
  }

  /// Without CUDA the error says what to do; with it the scope works.
  @Test func withoutCUDATheErrorSaysHowToGetIt() throws {
    do {
      try DeviceScope.during("cuda") { _ = try Tensor.zeros([2]) }
    } catch {
      let said = "\(error)"
      #expect(said.contains("device cuda"))
      #expect(said.contains("LIBTORCH=") || said.contains("NVIDIA"))
    }
  }
}
