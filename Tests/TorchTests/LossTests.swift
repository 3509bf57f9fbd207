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
}
