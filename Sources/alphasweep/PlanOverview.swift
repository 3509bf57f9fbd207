import Artifacts
import Experiment
import Scheduling

/// A plan, and how much of it is there.
struct PlanOverview {
  enum State: String {
    case done
    case todo = "to do"
    /// Not there, and nothing that is to be done reads it.
    case unneeded = "not needed"
  }
  let plan: Plan
  let states: [StageKey: State]
  /// What was planned with without being there.
  let missing: [MissingInput]

  init(_ plan: Plan, store: ArtifactStore, missing: [MissingInput] = []) {
    self.plan = plan
    self.missing = missing
    let finished = store.finished(plan.stages.values.filter { !$0.kind.isVirtual })
    let agenda = Agenda(plan) { finished.contains($0.key) }
    var states: [StageKey: State] = [:]
    for stage in plan.stages.values where !stage.kind.isVirtual {
      switch agenda.state(of: stage.key) {
      case .done: states[stage.key] = .done
      case .some: states[stage.key] = .todo
      case nil: states[stage.key] = finished.contains(stage.key) ? .done : .unneeded
      }
    }
    self.states = states
  }

  func count(_ kind: StageKind, _ state: State) -> Int {
    plan.stages.values.count { $0.kind == kind && states[$0.key] == state }
  }

  var remaining: [Stage] { plan.stages.values.filter { states[$0.key] == .todo } }

  /// Disk that the stages still to be done will take, as far as the plan can tell.
  func bytes(of kinds: [StageKind]) -> Int {
    remaining.filter { kinds.contains($0.kind) }.reduce(0) { $0 + $1.resources.diskBytes }
  }

  /// Stages that each result of the tables would take, computed by itself: what sharing saves.
  var unsharedCount: Int {
    plan.wanted.reduce(0) { $0 + closure(of: $1).count }
  }

  /// The longest chain of stages, first to last.
  var longestChain: [Stage] {
    var best: [StageKey: [Stage]] = [:]
    for stage in plan.stages.values where !stage.kind.isVirtual {
      let before = plan.artifacts(consumedBy: stage).compactMap { best[$0.key] }
        .max { $0.count < $1.count }
      best[stage.key] = (before ?? []) + [stage]
    }
    return plan.stages.keys.compactMap { best[$0] }.max { $0.count < $1.count } ?? []
  }

  /// A stage and all artifacts that it is made from.
  func closure(of key: StageKey) -> Set<StageKey> {
    var found: Set<StageKey> = [key]
    var open = [key]
    while let next = open.popLast() {
      guard let stage = plan.stages[next] else { continue }
      for input in plan.artifacts(consumedBy: stage) where found.insert(input.key).inserted {
        open.append(input.key)
      }
    }
    return found
  }
}
