/// The stages that could begin now, the longest remaining chain first: all of them, and those that read
/// each artifact. What is best is found without looking at all.
struct ReadyStages: Sendable {
  /// Ranks in falling order, so that the best is taken from the end.
  private struct Line: Sendable {
    var ranks: [Int32] = []

    mutating func insert(_ rank: Int32) { ranks.insert(rank, at: place(of: rank)) }

    mutating func remove(_ rank: Int32) {
      let place = place(of: rank)
      if place < ranks.count, ranks[place] == rank { ranks.remove(at: place) }
    }

    /// Where `rank` stands or would stand.
    private func place(of rank: Int32) -> Int {
      var (low, high) = (0, ranks.count)
      while low < high {
        let middle = (low + high) / 2
        if ranks[middle] > rank { low = middle + 1 } else { high = middle }
      }
      return low
    }
  }

  private let graph: StageGraph
  /// Cost of the longest chain of needed stages that begins with each stage.
  private let costs: [Double]
  /// Stages by rank: by falling cost, equal ones in the plan's order; and the rank of each.
  private let order: [Int32]
  private var ranks: [Int32]
  private var all = Line()
  private var byInput: [Int32: Line] = [:]

  init(graph: StageGraph, costs: [Double], ready: some Sequence<Int>) {
    self.graph = graph
    self.costs = costs
    let order = costs.indices.map { Int32($0) }.sorted {
      (costs[Int($1)], $0) < (costs[Int($0)], $1)
    }
    self.order = order
    ranks = [Int32](repeating: 0, count: order.count)
    for (rank, stage) in order.enumerated() { ranks[Int(stage)] = Int32(rank) }
    // Many at once are sorted, not inserted.
    for stage in ready {
      all.ranks.append(ranks[stage])
      for input in graph.inputs(of: stage) {
        byInput[input, default: Line()].ranks.append(ranks[stage])
      }
    }
    all.ranks.sort(by: >)
    for input in Array(byInput.keys) { byInput[input]?.ranks.sort(by: >) }
  }

  mutating func insert(_ stage: Int) {
    all.insert(ranks[stage])
    for input in graph.inputs(of: stage) {
      byInput[input, default: Line()].insert(ranks[stage])
    }
  }

  mutating func remove(_ stage: Int) {
    all.remove(ranks[stage])
    for input in graph.inputs(of: stage) {
      byInput[input]?.remove(ranks[stage])
      if byInput[input]?.ranks.isEmpty == true { byInput[input] = nil }
    }
  }

  /// A stage, and how much it has in common with what a worker did last.
  struct Choice {
    var stage: Int
    var shared: Int
    var cost: Double

    /// More in common counts first, then the longer chain, then the plan's order.
    func isBetter(than other: Choice?) -> Bool {
      guard let other else { return true }
      return (shared, cost, -stage) > (other.shared, other.cost, -other.stage)
    }
  }

  /// Those that read exactly what a stage reads, by falling cost. It may be ready itself, and is not among them.
  func alike(_ stage: Int) -> [Int] {
    let inputs = Set(graph.inputs(of: stage))
    let lines = inputs.compactMap { byInput[$0]?.ranks }
    // Whoever reads all of them stands in each line.
    guard lines.count == inputs.count, let shortest = lines.min(by: { $0.count < $1.count }) else {
      return []
    }
    return shortest.reversed().map { Int(order[Int($0)]) }
      .filter { $0 != stage && Set(graph.inputs(of: $0)) == inputs }
  }

  /// The first stage that fits, by cost.
  func longest(_ fits: (Int) -> Bool) -> Choice? {
    for rank in all.ranks.reversed() where fits(Int(order[Int(rank)])) {
      let stage = Int(order[Int(rank)])
      return Choice(stage: stage, shared: 0, cost: costs[stage])
    }
    return nil
  }

  /// The best stage that reads some of what a worker holds, of chains that cost no less than `least`.
  ///
  /// The artifacts that fewest wait for are looked at first. Whoever reads none of these can share no
  /// more than the rest, so the long lines of what everything reads are hardly ever walked along.
  func best(holding held: Set<Int32>, least: Double, _ fits: (Int) -> Bool) -> Choice? {
    let lines = held.compactMap { byInput[$0]?.ranks }.sorted { $0.count < $1.count }
    var best: Choice?
    for (looked, line) in lines.enumerated() {
      // What a stage has in common that stands in none of the lines looked at before.
      let most = lines.count - looked
      if let best, best.shared > most { break }
      for rank in line.reversed() {
        let stage = Int(order[Int(rank)])
        guard costs[stage] >= least else { break }
        guard fits(stage) else { continue }
        let shared = graph.inputs(of: stage).count { held.contains($0) }
        let choice = Choice(stage: stage, shared: shared, cost: costs[stage])
        if choice.isBetter(than: best) { best = choice }
        // The next ones in this line have no more in common and no longer chains.
        if shared >= most { break }
      }
    }
    return best
  }
}
