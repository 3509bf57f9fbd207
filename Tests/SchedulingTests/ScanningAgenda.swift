import Experiment
import Scheduling

/// The agenda as one reads it: every question looks at every stage. What `Agenda` answers from lines that
/// it keeps is held to this.
struct ScanningAgenda {
  let plan: Plan
  private(set) var states: [StageKey: Agenda.State] = [:]
  private var costs: [StageKey: Double] = [:]

  init(_ plan: Plan, done: Set<StageKey>) {
    self.plan = plan
    for key in plan.wanted { open(key, done) }
    for stage in plan.stages.values.reversed() {
      guard let state = states[stage.key], state != .done else { continue }
      costs[stage.key] =
        stage.resources.cost + (readers(of: stage.key).compactMap { costs[$0.key] }.max() ?? 0)
    }
  }

  private func readers(of key: StageKey) -> [Stage] {
    plan.stages.values.filter { inputs(of: $0).contains(key) }
  }

  private func inputs(of stage: Stage) -> [StageKey] {
    plan.artifacts(consumedBy: stage).map(\.key)
  }

  private mutating func open(_ key: StageKey, _ done: Set<StageKey>) {
    guard states[key] == nil, let stage = plan.stages[key] else { return }
    if !stage.kind.isVirtual, done.contains(key) {
      states[key] = .done
      return
    }
    for input in inputs(of: stage) { open(input, done) }
    if !stage.kind.isVirtual {
      states[key] = inputs(of: stage).allSatisfy { states[$0] == .done } ? .ready : .waiting
    }
  }

  func next(
    free: [(worker: Int, holds: Set<StageKey>)], fits: (Stage) -> Bool
  ) -> (stage: Stage, worker: Int)? {
    let ready = plan.stages.values.filter { states[$0.key] == .ready }.filter(fits)
    guard let longest = ready.map({ costs[$0.key] ?? 0 }).max() else { return nil }
    var best: (stage: Stage, worker: Int, shared: Int, cost: Double)?
    for stage in ready {
      let cost = costs[stage.key] ?? 0
      guard cost >= 0.8 * longest else { continue }
      for (worker, holds) in free {
        let shared = inputs(of: stage).count(where: holds.contains)
        if let best, (best.shared, best.cost) >= (shared, cost) { continue }
        best = (stage, worker, shared, cost)
      }
    }
    return best.map { ($0.stage, $0.worker) }
  }

  mutating func start(_ key: StageKey) { states[key] = .running }

  mutating func retry(_ key: StageKey) { states[key] = .ready }

  mutating func finish(_ key: StageKey) {
    states[key] = .done
    for reader in readers(of: key) where states[reader.key] == .waiting {
      if inputs(of: reader).allSatisfy({ states[$0] == .done }) { states[reader.key] = .ready }
    }
  }

  mutating func fail(_ key: StageKey) {
    states[key] = .failed
    var affected = readers(of: key)
    while let reader = affected.popLast() {
      guard states[reader.key] == .waiting else { continue }
      states[reader.key] = .heldBack(by: key)
      affected += readers(of: reader.key)
    }
  }
}
