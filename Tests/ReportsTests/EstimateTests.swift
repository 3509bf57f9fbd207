import Foundation
import Testing

@testable import Reports

@Suite struct EstimateTests {
  @Test func deviationDividesByOneLess() throws {
    let estimate = Estimate([3: 6, 1: 2, 2: 4], planned: 3)
    #expect(estimate.values.map(\.seed) == [1, 2, 3])
    #expect(estimate.mean == 4)
    #expect(estimate.deviation == 2)
  }

  @Test func oneValueHasNoDeviation() {
    let estimate = Estimate([1: 63.21], planned: 2)
    #expect(estimate.deviation == nil)
    #expect(!estimate.isComplete)
    #expect(Estimate([:], planned: 2).mean == nil)
  }

  @Test func equalValuesHaveExactlyTheirMean() {
    let third = 1.0 / 3
    let estimate = Estimate([1: third, 2: third, 3: third], planned: 3)
    #expect(estimate.mean == third)
    #expect(estimate.deviation == 0)
  }

  @Test func percentShowsTwoDecimalsWhereTheSpreadIsBelowATenth() {
    #expect(Quantity.percent.text(Estimate([1: 63, 2: 64], planned: 2)) == "63.5 ± 0.7")
    #expect(Quantity.percent.text(Estimate([1: 63.1, 2: 63.2], planned: 2)) == "63.15 ± 0.07")
    #expect(Quantity.percent.text(Estimate([1: 63.123], planned: 2)) == "63.1")
    #expect(Quantity.percent.text(Estimate([:], planned: 2)) == nil)
    #expect(Quantity.score.text(Estimate([1: -12.04, 2: -12.08], planned: 2)) == "−12.1 ± 0.0")
  }

  @Test func onlyExactlyOneReadsAsOne() {
    #expect(NumberText.similarity(1) == "1.000")
    #expect(NumberText.similarity(0.98765) == "0.988")
    #expect(NumberText.similarity(0.99987) == "0.9999")
    #expect(NumberText.similarity(1 - 1e-12) == "≈ 1")
    #expect(NumberText.similarity(-0.0123) == "−0.012")
  }

  @Test func distancesHaveThreeDigitsAndSpreadsTheirDecimals() {
    #expect(NumberText.distance(0) == "0")
    #expect(NumberText.distance(6.0312) == "6.03")
    #expect(NumberText.distance(123.456) == "123.5")
    #expect(NumberText.distance(0.012345) == "0.0123")
    #expect(Quantity.distance.text(Estimate([1: 6, 2: 6.1], planned: 2)) == "6.05 ± 0.07")
    #expect(Quantity.distance.text(Estimate([1: 0, 2: 0], planned: 2)) == "0")
  }

  @Test func differencesGetTheDecimalsThatTellThemApart() {
    #expect(NumberText.points([1.24, 0.4, 2]) == ["+1.2", "+0.4", "+2.0"])
    #expect(NumberText.points([0.04, -0.03, 0.11]) == ["+0.04", "−0.03", "+0.11"])
    #expect(NumberText.points([0]) == ["0.0"])
    #expect(NumberText.signed(-0.04) == "0.0")
  }

  @Test func listsReadAsEnglish() {
    #expect(NumberText.list([]) == "")
    #expect(NumberText.list(["a"]) == "a")
    #expect(NumberText.list(["a", "b", "c"]) == "a, b and c")
  }
}
