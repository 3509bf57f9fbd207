import Testing
import Torch

@Suite struct AutogradTests {
  @Test func gradientsAccumulateUntilCleared() throws {
    let x = try Tensor([2] as [Float], shape: []).setRequiresGradient(true)
    #expect(x.gradient == nil)
    for expected in [4.0, 8.0] {
      try x.square().backward()
      #expect(try x.gradient?.item() == expected)
    }
    try x.clearGradient()
    #expect(x.gradient == nil)
  }

  @Test func nothingIsRecordedWhileDisabledAndTheModeComesBackAfterAThrow() throws {
    let x = try Tensor.ones([2]).setRequiresGradient(true)
    #expect(try Autograd.disabled { try x * 2 }.requiresGradient == false)
    #expect(throws: TorchError.self) { try Autograd.disabled { try x.reshape([3]) } }
    #expect(try (x * 2).requiresGradient)
    #expect(try Autograd.disabled { try Autograd.enabled { try x * 2 } }.requiresGradient)
    #expect(try (x * 2).detached().requiresGradient == false)
  }

  @Test func aGraphRefusesParametersThatChangedUnderIt() throws {
    let x = try Tensor.ones([2]).setRequiresGradient(true)
    let optimiser = try Adam(parameters: [("x", x)], learningRate: 0.1)
    try x.sum().backward()
    let squares = try x.square().sum()
    try optimiser.step()
    #expect(throws: TorchError.self) { try squares.backward() }
  }

  @Test func everyHandleIsFreed() throws {
    let before = TorchRuntime.liveTensors
    let x = try Tensor.ones([4]).setRequiresGradient(true)
    for _ in 0..<10_000 {
      try x.clearGradient()
      try (x * 2).sum().backward()
      _ = x.gradient
      _ = try? x.reshape([3])
    }
    // Other tests hold some at the same time; a leak would leave at least 10,000.
    #expect(TorchRuntime.liveTensors - before < 5_000)
  }
}
