import Experiment

/// What is left to do of a plan, as a pure value: which stages are needed, which wait for what, and
/// which one a free worker takes next.
package struct Agenda: Sendable {
  package enum State: Sendable, Hashable {
    /// The artifact is there.
    case done
    /// Needed, and all that it consumes is there.
    case ready
    /// Needed, and something that it consumes is not there yet.
    case waiting
    case running
    /// Another run of the program is making it.
    case elsewhere
    case failed
    /// Something that it consumes, named here, failed.
    case heldBack(by: StageKey)
  }

  package let plan: Plan
  /// States of the needed stages and of finished ones that they consume. Stages that nobody needs
  /// (all that consumes them is done) and virtual stages are absent.
  package private(set) var states: [StageKey: State] = [:]
  /// Cost of the longest chain of needed stages that begins with each stage.
  private var pathCosts: [StageKey: Double] = [:]
  private var consumers: [StageKey: [StageKey]] = [:]
  private let isDone: @Sendable (Stage) -> Bool

  /// Works out what the wanted artifacts of `plan` still need.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - isDone: Whether a stage's artifact is there.
  package init(_ plan: Plan, isDone: @escaping @Sendable (Stage) -> Bool) {
    self.plan = plan
    self.isDone = isDone
    for stage in plan.stages.values {
      for input in plan.artifacts(consumedBy: stage) {
        consumers[input.key, default: []].append(stage.key)
      }
    }
    for key in plan.wanted { open(key) }
    measurePaths()
  }

  /// The stages in one of the given states, in the plan's order.
  package func stages(where matches: (State) -> Bool) -> [Stage] {
    plan.stages.values.filter { stage in states[stage.key].map(matches) ?? false }
  }

  /// The needed stages that are not done.
  package var remaining: [Stage] { stages { $0 != .done } }

  /// Picks the stage that a free worker should do next, and the worker.
  ///
  /// The longest remaining chain goes first, so that it does not end up alone at the end; among
  /// stages of nearly as long chains, one whose inputs a free worker used last.
  ///
  /// - Parameters:
  ///   - free: Workers with nothing to do, and the inputs of what each did last.
  ///   - fits: Whether the machine has room for a stage now.
  /// - Returns: `nil` when nothing that is ready fits.
  package func next(
    free: [(worker: Int, holds: Set<StageKey>)], fits: (Stage) -> Bool
  ) -> (stage: Stage, worker: Int)? {
    let ready = stages { $0 == .ready }.filter(fits)
    guard let longest = ready.map({ pathCosts[$0.key] ?? 0 }).max() else { return nil }
    var best: (stage: Stage, worker: Int, shared: Int, cost: Double)?
    for stage in ready {
      let cost = pathCosts[stage.key] ?? 0
      guard cost >= Self.nearlyLongest * longest else { continue }
      let inputs = plan.artifacts(consumedBy: stage).map(\.key)
      for (worker, holds) in free {
        let shared = inputs.count(where: holds.contains)
        if let best, (best.shared, best.cost) >= (shared, cost) { continue }
        best = (stage, worker, shared, cost)
      }
    }
    return best.map { ($0.stage, $0.worker) }
  }

  /// Chains within this share of the longest one may be done in any order: costs are guesses.
  private static let nearlyLongest = 0.8

  package mutating func start(_ key: StageKey) { states[key] = .running }

  package mutating func leaveElsewhere(_ key: StageKey) { states[key] = .elsewhere }

  /// Puts a stage back among those to be done.
  package mutating func retry(_ key: StageKey) { states[key] = .ready }

  /// Notes that an artifact is there, and frees what waited for it.
  package mutating func finish(_ key: StageKey) {
    states[key] = .done
    for consumer in consumers[key] ?? [] where states[consumer] == .waiting {
      if inputs(of: consumer).allSatisfy({ states[$0] == .done }) { states[consumer] = .ready }
    }
  }

  /// Notes that a stage failed for good, and holds back what needs it, however indirectly.
  package mutating func fail(_ key: StageKey) {
    states[key] = .failed
    var affected = consumers[key] ?? []
    while let consumer = affected.popLast() {
      guard states[consumer] == .waiting else { continue }
      states[consumer] = .heldBack(by: key)
      affected += consumers[consumer] ?? []
    }
  }

  /// Looks again for the inputs of a stage that was running: those that are gone are to be made
  /// again, and all that is about to read them waits.
  ///
  /// - Returns: Whether the stage has to wait.
  package mutating func reopenInputs(of key: StageKey) -> Bool {
    for input in inputs(of: key) where states[input] == .done {
      guard let stage = plan.stages[input], !isDone(stage) else { continue }
      states[input] = nil
      open(input)
      for consumer in consumers[input] ?? [] where states[consumer] == .ready { settle(consumer) }
    }
    guard !inputs(of: key).allSatisfy({ states[$0] == .done }) else { return false }
    settle(key)
    measurePaths()
    return true
  }

  private func inputs(of key: StageKey) -> [StageKey] {
    plan.stages[key].map { plan.artifacts(consumedBy: $0).map(\.key) } ?? []
  }

  private mutating func open(_ key: StageKey) {
    guard states[key] == nil, let stage = plan.stages[key] else { return }
    if stage.kind.isVirtual {
      for input in inputs(of: key) { open(input) }
    } else if isDone(stage) {
      states[key] = .done
    } else {
      for input in inputs(of: key) { open(input) }
      settle(key)
    }
  }

  /// Decides whether a stage can begin, waits, or can never begin.
  private mutating func settle(_ key: StageKey) {
    states[key] = .ready
    for input in inputs(of: key) {
      switch states[input] {
      case .done: continue
      case .failed: states[key] = .heldBack(by: input)
      case .heldBack(let cause): states[key] = .heldBack(by: cause)
      default: if states[key] == .ready { states[key] = .waiting }
      }
    }
  }

  private mutating func measurePaths() {
    pathCosts = [:]
    for stage in plan.stages.values.reversed() where states[stage.key].map({ $0 != .done }) ?? false
    {
      let after = (consumers[stage.key] ?? []).compactMap { pathCosts[$0] }.max() ?? 0
      pathCosts[stage.key] = stage.resources.cost + after
    }
  }
}

extension Plan {
  /// The artifacts that somebody wants for themselves: results of the tables, and the plan's targets.
  package var wanted: [StageKey] {
    var seen: Set<StageKey> = []
    let results = cells.flatMap { cell in
      Array(cell.evaluations.values) + (cell.comparison.map { [$0] } ?? [])
    }
    return (results + targets).filter { seen.insert($0).inserted }
  }

  /// The stages whose artifacts `stage` reads, looking through virtual ones; each once.
  package func artifacts(consumedBy stage: Stage) -> [Stage] {
    var found: [Stage] = []
    func look(_ stage: Stage) {
      for key in stage.inputs.values.compactMap(\.stageKey) {
        guard let source = stages[key] else { continue }
        if source.kind.isVirtual {
          look(source)
        } else if !found.contains(source) {
          found.append(source)
        }
      }
    }
    look(stage)
    return found
  }
}
