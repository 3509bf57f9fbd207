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
  /// By the stage's place in the plan. Stages that nobody needs (all that consumes them is done) and
  /// virtual stages have none.
  private var known: [State?]
  private let graph: StageGraph
  /// How many inputs of each stage are not done.
  private var missing: [Int32]
  /// Absent until all is known that is to be lined up.
  private var ready: ReadyStages?
  private let isDone: @Sendable (Stage) -> Bool
  /// What was there at the beginning, until all has been looked at once.
  private var finished: Set<StageKey>?

  /// Needed stages that are not done.
  package private(set) var remainingCount = 0
  /// How many stages are done, of those that are looked at.
  package private(set) var doneCount = 0
  private var elsewhere: Set<Int> = []
  /// What the stages cost together that could begin now.
  private(set) var readyCost = 0.0

  /// Works out what the wanted artifacts of `plan` still need.
  ///
  /// - Parameters:
  ///   - plan: The plan.
  ///   - isDone: Whether a stage's artifact is there.
  package init(_ plan: Plan, isDone: @escaping @Sendable (Stage) -> Bool) {
    self.init(plan, finished: nil, isDone: isDone)
  }

  /// - Parameters:
  ///   - plan: The plan.
  ///   - finished: The stages whose artifacts are there now; asked for one by one where absent.
  ///   - isDone: Whether a stage's artifact is there, when it is looked for again.
  package init(
    _ plan: Plan, finished: Set<StageKey>?, isDone: @escaping @Sendable (Stage) -> Bool
  ) {
    self.plan = plan
    self.isDone = isDone
    self.finished = finished
    let graph = StageGraph(plan)
    self.graph = graph
    known = Array(repeating: nil, count: plan.stages.count)
    missing = (0..<plan.stages.count).map { Int32(graph.inputs(of: $0).count) }
    for key in plan.wanted {
      if let index = plan.stages.index(forKey: key) { open(index) }
    }
    lineUp()
    self.finished = nil
  }

  /// The state of a stage; `nil` when nobody needs it, and for virtual ones.
  package func state(of key: StageKey) -> State? {
    plan.stages.index(forKey: key).flatMap { known[$0] }
  }

  /// The stages in one of the given states, in the plan's order.
  package func stages(where matches: (State) -> Bool) -> [Stage] {
    known.indices.filter { known[$0].map(matches) ?? false }.map { plan.stages.values[$0] }
  }

  /// The needed stages that are not done.
  package var remaining: [Stage] { stages { $0 != .done } }

  /// The stages that other runs of the program make, in the plan's order.
  package var madeElsewhere: [Stage] { elsewhere.sorted().map { plan.stages.values[$0] } }

  package var hasElsewhere: Bool { !elsewhere.isEmpty }

  /// The keys of the artifacts that a stage reads.
  package func inputs(of key: StageKey) -> Set<StageKey> {
    guard let index = plan.stages.index(forKey: key) else { return [] }
    return Set(graph.inputs(of: index).map { plan.stages.keys[Int($0)] })
  }

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
    guard let first = free.first else { return nil }
    let fits = { (index: Int) in fits(plan.stages.values[index]) }
    guard let ready, let longest = ready.longest(fits) else { return nil }
    var best = (choice: longest, worker: first.worker)
    for (worker, holds) in free where !holds.isEmpty {
      let held = Set(holds.compactMap { plan.stages.index(forKey: $0).map { Int32($0) } })
      let least = Self.nearlyLongest * longest.cost
      guard let choice = ready.best(holding: held, least: least, fits) else { continue }
      if choice.isBetter(than: best.choice) { best = (choice, worker) }
    }
    return (plan.stages.values[best.choice.stage], best.worker)
  }

  /// Chains within this share of the longest one may be done in any order: costs are guesses.
  private static let nearlyLongest = 0.8

  /// The stages that could begin now and read what another one reads, the longest remaining chain first.
  func readyAlike(_ key: StageKey) -> [Stage] {
    guard let ready, let index = plan.stages.index(forKey: key) else { return [] }
    return ready.alike(index).map { plan.stages.values[$0] }
  }

  package mutating func start(_ key: StageKey) { set(key, .running) }

  package mutating func leaveElsewhere(_ key: StageKey) { set(key, .elsewhere) }

  /// Puts a stage back among those to be done.
  package mutating func retry(_ key: StageKey) { set(key, .ready) }

  /// Notes that an artifact is there, and frees what waited for it.
  package mutating func finish(_ key: StageKey) {
    guard let index = plan.stages.index(forKey: key) else { return }
    set(index, .done)
    for reader in graph.readers(of: index).map(Int.init)
    where known[reader] == .waiting && missing[reader] == 0 {
      set(reader, .ready)
    }
  }

  /// Notes that a stage failed for good, and holds back what needs it, however indirectly.
  ///
  /// - Returns: What is held back, in the plan's order.
  @discardableResult
  package mutating func fail(_ key: StageKey) -> [Stage] {
    guard let index = plan.stages.index(forKey: key) else { return [] }
    set(index, .failed)
    var affected = graph.readers(of: index).map(Int.init)
    var held: [Int] = []
    while let reader = affected.popLast() {
      guard known[reader] == .waiting else { continue }
      set(reader, .heldBack(by: key))
      held.append(reader)
      affected += graph.readers(of: reader).map(Int.init)
    }
    return held.sorted().map { plan.stages.values[$0] }
  }

  /// Looks again for the inputs of a stage that was running: those that are gone are to be made
  /// again, and all that is about to read them waits.
  ///
  /// - Returns: Whether the stage has to wait.
  package mutating func reopenInputs(of key: StageKey) -> Bool {
    guard let index = plan.stages.index(forKey: key) else { return false }
    for input in graph.inputs(of: index).map(Int.init) where known[input] == .done {
      guard !isDone(plan.stages.values[input]) else { continue }
      set(input, nil)
      open(input)
      for reader in graph.readers(of: input).map(Int.init) where known[reader] == .ready {
        settle(reader)
      }
    }
    guard missing[index] > 0 else { return false }
    settle(index)
    lineUp()
    return true
  }

  private mutating func open(_ index: Int) {
    guard known[index] == nil else { return }
    let stage = plan.stages.values[index]
    if !stage.kind.isVirtual, finished?.contains(stage.key) ?? isDone(stage) {
      set(index, .done)
      return
    }
    for input in graph.inputs(of: index) { open(Int(input)) }
    if !stage.kind.isVirtual { settle(index) }
  }

  /// Decides whether a stage can begin, waits, or can never begin.
  private mutating func settle(_ index: Int) {
    var state = State.ready
    for input in graph.inputs(of: index).map(Int.init) {
      switch known[input] {
      case .done: continue
      case .failed: state = .heldBack(by: plan.stages.keys[input])
      case .heldBack(let cause): state = .heldBack(by: cause)
      default: if state == .ready { state = .waiting }
      }
    }
    set(index, state)
  }

  private mutating func set(_ key: StageKey, _ state: State) {
    if let index = plan.stages.index(forKey: key) { set(index, state) }
  }

  /// Every change of a state goes through here, which keeps what is counted and lined up.
  private mutating func set(_ index: Int, _ state: State?) {
    let before = known[index]
    guard before != state else { return }
    known[index] = state
    let cost = plan.stages.values[index].resources.cost
    if before == .ready {
      ready?.remove(index)
      readyCost -= cost
    }
    if state == .ready {
      ready?.insert(index)
      readyCost += cost
    }
    if before == .elsewhere { elsewhere.remove(index) }
    if state == .elsewhere { elsewhere.insert(index) }
    if before != nil, before != .done { remainingCount -= 1 }
    if state != nil, state != .done { remainingCount += 1 }
    if before == .done { count(index, missingBy: 1) }
    if state == .done { count(index, missingBy: -1) }
  }

  private mutating func count(_ done: Int, missingBy change: Int32) {
    doneCount -= Int(change)
    for reader in graph.readers(of: done) { missing[Int(reader)] += change }
  }

  /// Measures the chains of what is needed and lines up what is ready.
  private mutating func lineUp() {
    var costs = [Double](repeating: 0, count: known.count)
    for index in known.indices.reversed() where known[index] != nil && known[index] != .done {
      let after = graph.readers(of: index).reduce(0.0) { max($0, costs[Int($1)]) }
      costs[index] = plan.stages.values[index].resources.cost + after
    }
    ready = ReadyStages(
      graph: graph, costs: costs, ready: known.indices.filter { known[$0] == .ready })
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
