import Experiment
import Speech
import Testing
import Torch

@testable import SpeechFT

/// L2-SP's gradients against autograd's of λ‖θ−θ₀‖² and decay·‖w‖².
@Suite struct PenaltyTests {
  private func encoder(_ penalty: L2SP) throws -> (
    before: EncoderWeights, learning: LearningEncoder
  ) {
    let configuration = EncoderConfiguration(
      EncoderArchitecture(
        convolutionChannels: 4, width: 8, layers: 1, attentionHeads: 2, feedForwardWidth: 16,
        positionKernel: 4, positionGroups: 2, dropout: 0))
    let before = try EncoderWeights(random: configuration, generator: Generator(seed: 1))
    let learning = try LearningEncoder(before, freezeDownsampling: true, penalty: penalty)
    // Away from θ₀, as after some steps.
    let generator = try Generator(seed: 2)
    for (_, tensor) in learning.learning {
      try tensor.add_(.normal(tensor.shape, standardDeviation: 0.1, generator: generator))
    }
    try learning.unfreeze()
    return (before, learning)
  }

  @Test(arguments: Anchored.allCases)
  func gradientsAreThoseOfThePenalty(anchored: Anchored) throws {
    let (strength, decay) = (0.3, 0.05)
    let (before, encoder) = try encoder(
      L2SP(strength: strength, anchored: anchored, headDecay: decay))
    let head = try Tensor.normal([3, 8], generator: Generator(seed: 3)).setRequiresGradient(true)
    let tensors = encoder.learning.map(\.1) + [head]
    // A loss that says nothing gives every tensor a gradient of zeros.
    for tensor in tensors { try tensor.multiplying(by: 0).sum().backward() }
    try encoder.addPenaltyGradients(head: [head])
    let ours = try tensors.map { try #require($0.gradient).floats() }
    for tensor in tensors { try tensor.clearGradient() }
    for (name, tensor) in encoder.learning {
      let start = try #require(before[tensor: name]).detached()
      let weight = anchored == .weights && tensor.rank < 2 ? 0 : strength
      try tensor.subtracting(start).square().sum().multiplying(by: weight).backward()
    }
    try head.square().sum().multiplying(by: decay).backward()
    for (index, tensor) in tensors.enumerated() {
      let theirs = try #require(tensor.gradient).floats()
      // One rounding of a product in another order.
      #expect(zip(ours[index], theirs).allSatisfy { abs($0 - $1) <= 1e-6 * max(1, abs($1)) })
      #expect(ours[index].contains { $0 != 0 } == theirs.contains { $0 != 0 })
    }
  }

  @Test func tensorsThatAreExcludedStayAtThePretrainedOnes() throws {
    let (before, encoder) = try encoder(L2SP(strength: 0))
    let prefix = "encoder.layers.0.feed_forward"
    let rule = InterpolateParameters(alpha: 0.5, excluded: [prefix])
    let between = try Interpolation(rule).between(before, encoder.weights)
    for (name, _) in encoder.learning {
      let same = try between[tensor: name]?.floats() == before[tensor: name]?.floats()
      #expect(same == name.hasPrefix(prefix), "\(name)")
    }
    let unknown = Interpolation(InterpolateParameters(alpha: 0.5, excluded: ["final_proj"]))
    #expect(throws: CheckpointError.self) { try unknown.between(before, encoder.weights) }
  }
}
