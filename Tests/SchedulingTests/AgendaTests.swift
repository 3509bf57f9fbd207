import Experiment
import Scheduling
import Synchronization
import Testing

@Suite struct AgendaTests {
  /// corpus → pretrain → tune → (virtual) interpolate → evaluate, and corpus → loose.
  private func chain() throws -> SmallPlan {
    var small = SmallPlan()
    try small.add("corpus", kind: .corpus)
    try small.add("pretrain", kind: .pretrain, from: ["corpus"])
    try small.add("tune", kind: .fineTune, from: ["pretrain", "corpus"])
    try small.add("mix", kind: .interpolate, from: ["pretrain", "tune"])
    try small.add("evaluate", kind: .evaluate, from: ["mix", "corpus"])
    try small.add("loose", from: ["corpus"])
    small.want("evaluate")
    return small
  }

  private func agenda(_ small: SmallPlan, done: String...) throws -> Agenda {
    let done = Set(try done.map(small.key))
    return Agenda(small.plan) { done.contains($0.key) }
  }

  @Test func whatNothingWantsIsNotDone() throws {
    let small = try chain()
    #expect(
      try agenda(small).remaining.map(\.label) == ["corpus", "pretrain", "tune", "evaluate"])
  }

  @Test func inputsOfAFinishedStageNeedNotBeThere() throws {
    let small = try chain()
    #expect(try agenda(small, done: "evaluate").remaining.isEmpty)
    #expect(
      try agenda(small, done: "tune", "corpus").remaining.map(\.label) == ["pretrain", "evaluate"])
  }

  @Test func aVirtualStageIsLookedThrough() throws {
    let small = try chain()
    let evaluate = try #require(small.plan.stages[try small.key("evaluate")])
    #expect(
      small.plan.artifacts(consumedBy: evaluate).map(\.label) == ["corpus", "pretrain", "tune"])
    let agenda = try agenda(small, done: "corpus", "pretrain")
    #expect(agenda.stages { $0 == .ready }.map(\.label) == ["tune"])
    #expect(agenda.stages { $0 == .waiting }.map(\.label) == ["evaluate"])
  }

  @Test func aFailedStageHoldsBackOnlyWhatNeedsIt() throws {
    var small = try chain()
    small.want("loose")
    var agenda = try agenda(small, done: "corpus")
    let pretrain = try small.key("pretrain")
    agenda.fail(pretrain)
    #expect(
      agenda.stages { $0 == .heldBack(by: pretrain) }.map(\.label) == ["tune", "evaluate"])
    #expect(agenda.stages { $0 == .ready }.map(\.label) == ["loose"])
  }

  @Test func theLongestRemainingChainGoesFirst() throws {
    var small = SmallPlan()
    try small.add("short", cost: 5)
    try small.add("long", cost: 1)
    try small.add("end", from: ["long"], cost: 10)
    small.want("short", "end")
    let next = try agenda(small).next(free: [(1, [])]) { _ in true }
    #expect(next?.stage.label == "long")
  }

  @Test func amongEqualChainsAWorkerKeepsItsInputs() throws {
    var small = SmallPlan()
    try small.add("a")
    try small.add("b")
    try small.add("from a", from: ["a"])
    try small.add("from b", from: ["b"])
    small.want("from a", "from b")
    let agenda = try agenda(small, done: "a", "b")
    let free: [(worker: Int, holds: Set<StageKey>)] = [(1, []), (2, [try small.key("b")])]
    let next = try #require(agenda.next(free: free) { _ in true })
    #expect(next.stage.label == "from b")
    #expect(next.worker == 2)
  }

  @Test func inputsThatVanishedAreMadeAgainAndTheirConsumersWait() throws {
    var small = SmallPlan()
    try small.add("corpus", kind: .corpus)
    try small.add("a", from: ["corpus"])
    try small.add("b", from: ["corpus"])
    small.want("a", "b")
    let corpus = try small.key("corpus")
    let isThere = Mutexed(true)
    var agenda = Agenda(small.plan) { $0.key == corpus && isThere.value }
    agenda.start(try small.key("a"))
    #expect(agenda.reopenInputs(of: try small.key("a")) == false)
    isThere.value = false
    #expect(agenda.reopenInputs(of: try small.key("a")))
    #expect(agenda.stages { $0 == .ready }.map(\.label) == ["corpus"])
    #expect(agenda.stages { $0 == .waiting }.map(\.label) == ["a", "b"])
    agenda.finish(corpus)
    #expect(agenda.stages { $0 == .ready }.map(\.label) == ["a", "b"])
  }
}

private final class Mutexed: Sendable {
  private let storage: Mutex<Bool>
  init(_ value: Bool) { storage = Mutex(value) }
  var value: Bool {
    get { storage.withLock { $0 } }
    set { storage.withLock { $0 = newValue } }
  }
}
