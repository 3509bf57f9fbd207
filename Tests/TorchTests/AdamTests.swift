import Testing
import Torch

/// Updates against torch.optim, over 200 steps with given gradients and a falling learning rate.
@Suite struct AdamTests {
  let oracle: Oracle

  init() throws { oracle = try Oracle() }

  private func optimiser(
    _ name: String, _ parameter: Tensor, byOperations: Bool = false
  ) throws -> Adam {
    switch name {
    case "adam":
      try Adam(parameters: [("p", parameter)], learningRate: 1e-2, byOperations: byOperations)
    case "adam-l2":
      try Adam(
        parameters: [("p", parameter)], learningRate: 1e-2, betas: (0.8, 0.98), epsilon: 1e-6,
        weightDecay: 0.1, byOperations: byOperations)
    default:
      try Adam(
        parameters: [("p", parameter)], learningRate: 1e-2, weightDecay: 0.1, decoupled: true,
        byOperations: byOperations)
    }
  }

  private func train(
    _ optimiser: Adam, _ parameter: Tensor, _ gradients: Tensor, steps: Range<Int>
  ) throws {
    for step in steps {
      try optimiser.clearGradients()
      try (parameter * gradients.select(dimension: 0, index: step)).sum().backward()
      try optimiser.step(learningRate: 1e-2 * (1 - Double(step) / 200))
    }
  }

  /// In one pass of our own, and by libtorch's operations as on other devices.
  @Test(arguments: ["adam", "adam-l2", "adamw"], [false, true])
  func trajectoriesArePyTorchs(name: String, byOperations: Bool) throws {
    let parameter = try oracle.leaf("adam.start")
    let optimiser = try optimiser(name, parameter, byOperations: byOperations)
    try train(optimiser, parameter, oracle["adam.gradients"], steps: 0..<200)
    // 200 updates of about 1e-2, each rounded at 6e-8 of a number near 1.
    try expectClose(parameter, oracle["\(name).end"], within: 1e-6)
  }

  @Test func anInterruptedTrainingGoesOnBitForBit() throws {
    let gradients = try oracle["adam.gradients"]
    let whole = try oracle.leaf("adam.start")
    try train(optimiser("adamw", whole), whole, gradients, steps: 0..<50)

    let first = try oracle.leaf("adam.start")
    let before = try optimiser("adamw", first)
    try train(before, first, gradients, steps: 0..<20)
    let second = try first.detached().clone().setRequiresGradient(true)
    let after = try optimiser("adamw", second)
    try withTemporaryFile { path in
      try Safetensors.write(tensors: before.state(), to: path)
      try after.restore(SafetensorsFile(path: path).all())
    }
    try train(after, second, gradients, steps: 20..<50)
    #expect(try second.floats().map(\.bitPattern) == whole.floats().map(\.bitPattern))
  }

  @Test func manyThreadsGiveTheSameBitsAsOne() throws {
    let count = 400_003  // more than two threads' smallest shares, and no multiple of anything
    let generator = try Generator(seed: 5)
    let start = try Tensor.normal([count], generator: generator)
    let slopes = try Tensor.normal([count], generator: generator)
    func end(threads: Int) throws -> (Double, [UInt32]) {
      let before = TorchRuntime.threads
      try TorchRuntime.setThreads(threads)
      defer { try? TorchRuntime.setThreads(before) }
      let parameter = try start.clone().setRequiresGradient(true)
      let optimiser = try Adam(parameters: [("p", parameter)], learningRate: 0.1)
      try (parameter * slopes).sum().backward()
      let norm = try clipGradients([parameter], maximumNorm: 1)
      try optimiser.step()
      return (norm, try parameter.floats().map(\.bitPattern))
    }
    let (one, three) = (try end(threads: 1), try end(threads: 3))
    #expect(one.0 == three.0)
    #expect(one.1 == three.1)
  }

  @Test func parametersWithoutGradientAreLeftAlone() throws {
    let moving = try Tensor.ones([2]).setRequiresGradient(true)
    let resting = try Tensor.ones([2]).setRequiresGradient(true)
    let optimiser = try Adam(
      parameters: [("moving", moving), ("resting", resting)], learningRate: 0.1,
      weightDecay: 0.5, decoupled: true)
    try moving.sum().backward()
    try optimiser.step()
    #expect(try resting.floats() == [1, 1])
    #expect(try moving.floats() != [1, 1])
    let steps = try optimiser.state().filter { $0.name.hasSuffix(".step") }
      .map { try $0.tensor.item() }
    #expect(steps == [1, 0])
  }

  @Test func stateThatDoesNotFitIsNamed() throws {
    let parameter = try Tensor.ones([2]).setRequiresGradient(true)
    let optimiser = try Adam(parameters: [("head.weight", parameter)], learningRate: 0.1)
    func text(_ state: [String: Tensor]) -> String? {
      do {
        try optimiser.restore(state)
        return nil
      } catch {
        return "\(error)"
      }
    }
    #expect(text([:]) == "optimiser state head.weight.m: is missing")
    #expect(
      text(["head.weight.m": try .zeros([3])])
        == "optimiser state head.weight.m: must be float32 [2], but is float32 [3]")
  }

  @Test func clippingIsPyTorchs() throws {
    let pieces = [try oracle.leaf("clip.first"), try oracle.leaf("clip.second")]
    try (pieces[0].square().sum() + pieces[1].square().sum()).backward()
    let norm = try clipGradients(pieces, maximumNorm: 1.5)
    #expect(try abs(norm - oracle["clip.norm"].item()) < 1e-5)
    try expectClose(pieces[0].gradient, oracle["clip.first.gradient"])
    try expectClose(pieces[1].gradient, oracle["clip.second.gradient"])
  }

  @Test func smallGradientsAreNotClippedAndNaNsShow() throws {
    let parameter = try Tensor.ones([4]).setRequiresGradient(true)
    try parameter.sum().backward()
    #expect(try clipGradients([parameter], maximumNorm: 10) == 2)
    #expect(try parameter.gradient?.floats() == [1, 1, 1, 1])
    try (parameter * Double.nan).sum().backward()
    #expect(try clipGradients([parameter], maximumNorm: 10).isNaN)
  }

  @Test func scheduleWarmsUpHoldsAndDecays() {
    let schedule = LearningRateSchedule.speechFT
    let factors = [0, 4, 9, 10, 49, 50, 51, 75, 99].map { schedule.factor(step: $0, of: 100) }
    #expect(factors == [0.1, 0.5, 1, 1, 1, 1, 0.98, 0.5, 0.02])
    #expect(schedule.factor(step: 100, of: 100) == 0)
    #expect(LearningRateSchedule.constant.factor(step: 99, of: 100) == 1)
    #expect(LearningRateSchedule(warmUp: 0, hold: 0).factor(step: 0, of: 4) == 1)
    #expect(LearningRateSchedule(warmUp: 1, hold: 0).factor(step: 1, of: 4) == 0.5)
  }
}
