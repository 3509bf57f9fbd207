/// What a training saw of the dev split, and which of its steps that makes it keep.
struct DevLooks {
  /// In the order of the steps.
  private(set) var looks: [(step: Int, merit: Double)] = []

  mutating func add(step: Int, merit: Double) { looks.append((step, merit)) }

  /// The step with the highest merit; the first of equals.
  var best: Int? { Self.best(looks[...]) }

  /// The step that early stopping leaves: the best before `patience` looks in a row that were no
  /// better, or the best of all where there never were so many.
  func best(patience: Int) -> Int? {
    var best = -Double.infinity
    var waited = 0
    for (index, look) in looks.enumerated() {
      if look.merit > best {
        (best, waited) = (look.merit, 0)
      } else {
        waited += 1
        if waited == patience { return Self.best(looks[...index]) }
      }
    }
    return self.best
  }

  func merit(of step: Int) -> Double? { looks.first { $0.step == step }?.merit }

  private static func best(_ looks: ArraySlice<(step: Int, merit: Double)>) -> Int? {
    guard let highest = looks.map(\.merit).max() else { return nil }
    return looks.first { $0.merit == highest }?.step
  }
}
