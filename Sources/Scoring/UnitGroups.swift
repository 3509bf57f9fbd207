/// What a bootstrap draws: units by themselves, groups of them, or the speakers on both sides of trials.
package struct UnitGroups: Sendable {
  /// How many there are to draw from.
  package let count: Int
  /// Of each unit, from 0.
  let first: [Int]
  /// Of each unit that stands between two groups the other one; the same where it does not. `nil` where none does.
  private let second: [Int]?

  /// - Parameters:
  ///   - first: The group of each unit, from 0.
  ///   - second: The other group of each unit, or the same.
  package init(_ first: [Int], _ second: [Int]? = nil) {
    self.first = first
    self.second = second == first ? nil : second
    count = max(first.max() ?? -1, second?.max() ?? -1) + 1
  }

  /// Each of so many units by itself.
  package init(units: Int) { self.init(Array(0..<units)) }

  /// Numbers names in the order in which they come, those of second sides last.
  init(names first: [String], _ second: [String]? = nil) {
    var numbers: [String: Int] = [:]
    func number(_ name: String) -> Int {
      if let known = numbers[name] { return known }
      numbers[name] = numbers.count
      return numbers.count - 1
    }
    let numbered = first.map(number)
    self.init(numbered, second?.map(number))
  }

  /// Whether some unit stands between two groups.
  var hasTwoSides: Bool { second != nil }

  /// How often each unit counts where groups were drawn so often: as often as its group, and between two of them the
  /// product of both.
  func weights(_ drawn: [Int]) -> [Int] {
    guard let second else { return first.map { drawn[$0] } }
    return zip(first, second).map { $0 == $1 ? drawn[$0] : drawn[$0] * drawn[$1] }
  }
}
