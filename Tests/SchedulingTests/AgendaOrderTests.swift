import Experiment
import Scheduling
import Testing

/// The order of an agenda that keeps lines is that of one which looks at all stages.
@Suite struct AgendaOrderTests {
  /// Numbers of a linear congruential generator (Knuth's MMIX): the same plans on every machine.
  private struct Numbers: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // The low digits of such numbers repeat.
      return state >> 32 | state << 32
    }
  }

  /// Up to twenty stages of up to four inputs each, some of them virtual; costs of which many are equal.
  private func plan(_ numbers: inout Numbers) throws -> SmallPlan {
    var small = SmallPlan()
    let count = Int.random(in: 1...20, using: &numbers)
    let kinds: [StageKind] = [.features, .features, .evaluate, .interpolate]
    for index in 0..<count {
      let inputs = (0..<Int.random(in: 0...4, using: &numbers)).compactMap { _ in
        (0..<index).randomElement(using: &numbers).map { "\($0)" }
      }
      try small.add(
        "\(index)",
        kind: index == 0 ? .features : kinds.randomElement(using: &numbers) ?? .features,
        from: Array(Set(inputs)).sorted(),
        cost: [0, 1, 1, 2, 10].randomElement(using: &numbers) ?? 1,
        cores: Int.random(in: 1...3, using: &numbers))
    }
    for index in 0..<count where Int.random(in: 0...2, using: &numbers) > 0 {
      small.want("\(index)")
    }
    return small
  }

  @Test(arguments: 1...30 as ClosedRange<UInt64>)
  func theOrderIsThatOfLookingAtAll(seed: UInt64) throws {
    var numbers = Numbers(state: seed)
    let small = try plan(&numbers)
    let keys = Array(small.plan.stages.keys)
    let done = Set(keys.filter { _ in Int.random(in: 0...4, using: &numbers) == 0 })
    var agenda = Agenda(small.plan) { done.contains($0.key) }
    var oracle = ScanningAgenda(small.plan, done: done)
    var running: [StageKey] = []
    var held: [Int: Set<StageKey>] = [:]
    var given = 0
    for _ in 0..<100 {
      for key in keys { try #require(agenda.state(of: key) == oracle.states[key]) }
      #expect(agenda.remainingCount == oracle.states.values.count { $0 != .done })
      #expect(agenda.doneCount == oracle.states.values.count { $0 == .done })
      let workers = (1...3).filter { _ in Bool.random(using: &numbers) }
      let free = workers.map { (worker: $0, holds: held[$0] ?? []) }
      let cores = Int.random(in: 1...3, using: &numbers)
      let next = agenda.next(free: free) { $0.resources.cores <= cores }
      let expected = oracle.next(free: free) { $0.resources.cores <= cores }
      try #require(next?.stage.key == expected?.stage.key)
      try #require(next?.worker == expected?.worker)
      if let (stage, worker) = next {
        given += 1
        agenda.start(stage.key)
        oracle.start(stage.key)
        held[worker] = agenda.inputs(of: stage.key)
        running.append(stage.key)
      }
      guard let index = running.indices.randomElement(using: &numbers),
        Bool.random(using: &numbers)
      else { continue }
      let key = running.remove(at: index)
      switch Int.random(in: 0...9, using: &numbers) {
      case 0:
        let before = oracle.states
        let heldBack = agenda.fail(key)
        oracle.fail(key)
        #expect(
          heldBack.map(\.key)
            == keys.filter { oracle.states[$0] == .heldBack(by: key) && before[$0] == .waiting })
      case 1:
        agenda.retry(key)
        oracle.retry(key)
      default:
        agenda.finish(key)
        oracle.finish(key)
      }
    }
    #expect(given > 0 || agenda.remainingCount == 0)
  }
}
