import Testing
import Torch

@Suite struct LossTests {
  let oracle: Oracle

  init() throws { oracle = try Oracle() }

  @Test func ctcLossAndItsGradientArePyTorchs() throws {
    let logits = try oracle.leaf("ctc.logits")
    let loss = try Network.ctcLoss(
      logits.logSoftmax(dimension: -1), targets: oracle["ctc.targets"], inputLengths: [9, 6, 3],
      targetLengths: [4, 2, 4], zeroInfinity: true)
    try expectClose(loss, oracle["ctc.mean"])
    try loss.backward()
    try expectClose(logits.gradient, oracle["ctc.gradient"])
  }

  @Test func anUtteranceTooShortForItsLabelsHasInfiniteLossUnlessZeroed() throws {
    let logProbabilities = try oracle["ctc.logits"].logSoftmax(dimension: -1)
    let targets = try oracle["ctc.targets"]
    func each(zeroInfinity: Bool) throws -> [Float] {
      try Network.ctcLoss(
        logProbabilities, targets: targets, inputLengths: [9, 6, 3], targetLengths: [4, 2, 4],
        reduction: .none, zeroInfinity: zeroInfinity
      ).floats()
    }
    let expected = try oracle["ctc.each"].floats()
    #expect(expected[2] == .infinity)
    let found = try each(zeroInfinity: false)
    #expect(zip(found, expected).allSatisfy { $0 == $1 || abs($0 - $1) < 1e-5 })
    #expect(try each(zeroInfinity: true)[2] == 0)
  }

  @Test func ctcTakesConcatenatedTargetsToo() throws {
    let loss = try Network.ctcLoss(
      oracle["ctc.logits"].logSoftmax(dimension: -1),
      targets: Tensor(indices: [1, 2, 2, 5, 3, 3, 1, 2, 3, 4]), inputLengths: [9, 6, 3],
      targetLengths: [4, 2, 4], zeroInfinity: true)
    try expectClose(loss, oracle["ctc.mean"])
  }

  @Test func crossEntropyIgnoresTheIgnored() throws {
    let logits = try oracle.leaf("cross-entropy.logits")
    let targets = try oracle["cross-entropy.targets"]
    let loss = try Network.crossEntropy(logits, targets: targets, ignoreIndex: -1)
    try expectClose(loss, oracle["cross-entropy.mean"])
    try loss.backward()
    try expectClose(logits.gradient, oracle["cross-entropy.gradient"])
    let each = try Network.crossEntropy(
      logits, targets: targets, ignoreIndex: -1, reduction: .none)
    try expectClose(each, oracle["cross-entropy.each"])
  }

  /// What PyTorch 2.13 gives for these five, the losses of two of which a sigmoid would round to 0
  /// or to infinity.
  @Test func binaryCrossEntropyAndItsGradientArePyTorchs() throws {
    let logits = try Tensor([-40, -1.5, 0, 0.5, 40] as [Float], shape: [5])
      .setRequiresGradient(true)
    let targets = try Tensor([1, 0, 1, 0.25, 1] as [Float], shape: [5])
    let each = try Network.binaryCrossEntropy(logits, targets: targets, reduction: .none)
    try expectClose(
      each,
      Tensor([40, 0.201413274, 0.693147182, 0.849076986, 0] as [Float], shape: [5]))
    try each.sum().backward()
    try expectClose(
      logits.gradient,
      Tensor([-1, 0.182425529, -0.5, 0.372459352, 0] as [Float], shape: [5]))
    #expect(throws: TorchError.self) {
      try Network.binaryCrossEntropy(logits, targets: Tensor([1] as [Float], shape: [1]))
    }
  }
}
