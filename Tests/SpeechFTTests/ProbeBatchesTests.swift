import Testing

@testable import SpeechFT

/// The order in which heads see utterances.
@Suite struct ProbeBatchesTests {
  private func batches(_ classes: [String]?) -> ProbeBatches {
    ProbeBatches(
      lengths: [Int](repeating: 1, count: 100), classes: classes, size: 20, draws: Draws(seed: 3))
  }

  @Test func balancedClassesComeEquallyOftenHoweverRareTheyAre() {
    let classes = (0..<100).map { $0 < 90 ? "many" : "few" }
    var balanced = batches(classes)
    var drawn: [Int] = []
    for _ in 0..<200 { drawn += balanced.next() }
    let few = Double(drawn.count { classes[$0] == "few" }) / Double(drawn.count)
    // 4,000 draws of one half: a standard deviation of 0.008.
    #expect(drawn.count == 4000 && abs(few - 0.5) < 0.04)
    var plain = batches(nil)
    let epoch = (0..<5).flatMap { _ in plain.next() }
    #expect(epoch.sorted() == Array(0..<100), "otherwise each comes once")
  }

  /// Means over time are all of one length: sorted by it, a batch would be neighbours in the corpus, which often are
  /// of one speaker.
  @Test func shuffledBatchesAreAnyUtterancesOfTheEpoch() {
    var shuffled = ProbeBatches(
      lengths: [Int](repeating: 1, count: 100), classes: nil, isShuffled: true, size: 20,
      draws: Draws(seed: 3))
    let epoch = (0..<5).map { _ in shuffled.next() }
    #expect(epoch.flatMap(\.self).sorted() == Array(0..<100), "each comes once")
    #expect(epoch.allSatisfy { $0.count == 20 && ($0.max() ?? 0) - ($0.min() ?? 0) > 60 })
    #expect((0..<5).map { _ in shuffled.next() } != epoch)
    var plain = batches(nil)
    let neighbours = (0..<5).map { _ in plain.next() }
    #expect(neighbours.allSatisfy { ($0.max() ?? 0) - ($0.min() ?? 0) == 19 })
  }

  @Test(arguments: [true, false])
  func skippedBatchesAreTheOnesThatWouldHaveCome(isBalanced: Bool) {
    let classes = isBalanced ? (0..<100).map { "\($0 % 7)" } : nil
    var whole = batches(classes)
    let all = (0..<12).map { _ in whole.next() }
    var resumed = batches(classes)
    resumed.skip(9)
    #expect(resumed.next() == all[9])
    #expect(resumed.next() == all[10])
  }
}
