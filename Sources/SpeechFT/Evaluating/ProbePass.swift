import Experiment
import Torch

/// The heads of one stage in a pass over features: one for each learning rate.
protocol PassMember: AnyObject {
  var context: StageContext { get }
  /// Steps that are done, of `steps`.
  var step: Int { get }
  var steps: Int { get }
  /// The utterances of the next step.
  func nextBatch() -> [Int]
  /// L weights of layers of each head that still learns.
  func shares() throws -> [Tensor]
  /// How the loss of each of these heads changes with its B×T×D; their own gradients are there afterwards.
  ///
  /// - Throws: `StageError.diverged` where no head's loss is a number any more.
  func learn(_ mixed: [Tensor], _ batch: ProbeBatch) throws -> [Tensor]
  /// Ends the step, once the weights of layers have their gradients too.
  func update() throws
  /// What is asked on dev after the last step that was done.
  func look() -> ProbeQuestion?
  /// What is asked on the test, when all steps are done.
  func ask() throws -> ProbeQuestion
  /// Makes the state durable where that is due, or the end is wished for.
  func saveIfDue() throws
  /// Goes on from a saved state, if there is one.
  func resume() throws
  /// Writes `metrics.json`, `hypotheses.jsonl`, `scored.json` and `curve.jsonl`, once the test was answered.
  func write(to folder: String) throws
}

/// Heads that are to say what they hear in some utterances.
struct ProbeQuestion {
  let batches: [[Int]]
  /// L weights of layers of each head.
  let shares: () throws -> [Tensor]
  /// Takes B×T×D of each head, of one batch.
  let hear: ([Tensor], ProbeBatch) throws -> Void
  /// After the last batch.
  let finish: () throws -> Void
}

/// One pass over frozen features for the heads of one or several stages: of the tasks, seeds and learning rates
/// that read them. In each step those who have the same batch learn from one reading of it.
///
/// Every stage has the bits that it has alone, whatever others there are and when they began or failed.
final class ProbePass<Features: FrozenFeatures> {
  private let features: Features
  /// Those whose test is not answered, and that did not fail.
  private var members: [any PassMember]
  private var ended: [(member: any PassMember, result: Result<Void, any Error>)] = []
  private var seconds: [ObjectIdentifier: Double] = [:]

  /// - Parameters:
  ///   - features: What all read.
  ///   - members: In the order in which each step is done.
  init(_ features: Features, _ members: [any PassMember]) {
    self.features = features
    self.members = members
  }

  /// What is told of a member that ended: how, and the seconds that it took, its own and its share of what was done for
  /// several.
  typealias Ending = (any PassMember, Result<Void, any Error>, Double) throws -> Void

  /// Takes all steps of all members, from where each is.
  ///
  /// - Parameter tell: Told once of each, soon after its test was answered or it failed.
  /// - Throws: What concerns all that are left: that features cannot be read, say; `StageError.stopped` after the
  ///   states were saved; what `tell` throws.
  func run(_ tell: Ending) throws {
    try end(tell)
    while let step = members.map(\.step).min() {
      let now = members.filter { $0.step == step }
      var batches: [(utterances: [Int], members: [any PassMember])] = []
      for member in now {
        let utterances = member.nextBatch()
        if let place = batches.firstIndex(where: { $0.utterances == utterances }) {
          batches[place].members.append(member)
        } else {
          batches.append((utterances, [member]))
        }
      }
      for batch in batches { try learn(batch.members, batch.utterances) }
      let left = now.filter(isLeft)
      try answer(left.filter { $0.step < $0.steps }) { $0.look() }
      for member in left { attempt(member) { try member.saveIfDue() } }
      if let stopped = now.first, stopped.context.stop.isMade {
        throw StageError.stopped(stage: stopped.context.request.label, step: stopped.step)
      }
      try end(tell)
    }
  }

  /// Answers what is still asked of those that have done all steps.
  private func end(_ tell: Ending) throws {
    let done = members.filter { $0.step >= $0.steps }
    try answer(done) { $0.look() }
    try answer(done.filter(isLeft)) { try $0.ask() }
    for member in done.filter(isLeft) { end(member, .success(())) }
    let told = ended
    ended = []
    for (member, result) in told {
      try tell(member, result, seconds[ObjectIdentifier(member)] ?? 0)
    }
  }

  private func isLeft(_ member: any PassMember) -> Bool { members.contains { $0 === member } }

  private func end(_ member: any PassMember, _ result: Result<Void, any Error>) {
    members.removeAll { $0 === member }
    ended.append((member, result))
  }

  // MARK: One reading

  private func learn(_ all: [any PassMember], _ utterances: [Int]) throws {
    let batch = probeBatch(utterances, step: all[0].step)
    let hidden = try together(all) { try features.hidden(utterances) }
    try mix(all, hidden, { try $0.shares() }) { members, mixed, rows in
      // The graph of a member's heads ends at their sums, and is gone before the next one's begins.
      let gradients = try zip(members, rows).flatMap { member, own in
        let learnt = attempt(member) { try member.learn(own, batch) }
        return try learnt ?? own.map { try Tensor.zeros($0.shape) }
      }
      try together(members) {
        try mixed.backward(gradient: Tensor.stacked(gradients, dimension: 0))
      }
      for member in members where isLeft(member) { attempt(member) { try member.update() } }
    }
  }

  /// Puts questions; those with the same batches are answered in one reading of them.
  private func answer(
    _ members: [any PassMember], _ question: (any PassMember) throws -> ProbeQuestion?
  ) throws {
    var groups: [[(member: any PassMember, question: ProbeQuestion)]] = []
    for member in members {
      guard let one = attempt(member, { try question(member) }) ?? nil else { continue }
      if let place = groups.firstIndex(where: { $0[0].question.batches == one.batches }) {
        groups[place].append((member, one))
      } else {
        groups.append([(member, one)])
      }
    }
    for group in groups {
      try Autograd.disabled { try answer(group) }
      for (member, question) in group where isLeft(member) {
        attempt(member) { try question.finish() }
      }
    }
  }

  private func answer(
    _ group: [(member: any PassMember, question: ProbeQuestion)]
  ) throws {
    for utterances in group[0].question.batches {
      let batch = probeBatch(utterances, step: nil)
      let asked = group.filter { isLeft($0.member) }
      guard !asked.isEmpty else { return }
      func question(_ member: any PassMember) -> ProbeQuestion? {
        asked.first { $0.member === member }?.question
      }
      let hidden = try together(asked.map(\.member)) { try features.hidden(utterances) }
      try mix(asked.map(\.member), hidden, { try question($0)?.shares() ?? [] }) {
        members, _, rows in
        for (member, own) in zip(members, rows) {
          attempt(member) { try question(member)?.hear(own, batch) }
        }
      }
    }
  }

  private func probeBatch(_ utterances: [Int], step: Int?) -> ProbeBatch {
    ProbeBatch(
      utterances: utterances, frames: utterances.map { features.frames($0) }, step: step)
  }

  /// Mixes layers for the heads of some members: in main memory for all of them in one loop, on another device for one
  /// after the other, since there sums depend on how many heads there are.
  ///
  /// - Parameters:
  ///   - members: Whose heads.
  ///   - hidden: The batch.
  ///   - shares: L weights of layers of each head.
  ///   - body: Takes the members, their K×B×T×D with its history, and without it B×T×D of each one's heads.
  /// - Throws: What mixing and `body` throw.
  private func mix(
    _ members: [any PassMember], _ hidden: HiddenBatch,
    _ shares: (any PassMember) throws -> [Tensor],
    _ body: ([any PassMember], Tensor, [[Tensor]]) throws -> Void
  ) throws {
    let all = members.compactMap { member in
      attempt(member) { try shares(member) }.map { (member: member, shares: $0) }
    }
    guard let first = all.first?.shares.first else { return }
    for group in first.isInMainMemory ? [all] : all.map({ [$0] }) {
      let members = group.map(\.member)
      let mixed = try together(members) {
        try hidden.mixed(Tensor.stacked(group.flatMap(\.shares), dimension: 0))
      }
      let plain = try mixed.detached()
      var row = 0
      let rows = try group.map { member in
        try member.shares.map { _ in
          defer { row += 1 }
          return try plain.select(dimension: 0, index: row)
        }
      }
      try body(members, mixed, rows)
    }
  }

  // MARK: Whose time, whose failure

  /// Does what is one member's alone: when it fails, the others go on.
  @discardableResult
  private func attempt<Value>(
    _ member: any PassMember, _ body: () throws -> Value
  ) -> Value? {
    let start = ContinuousClock.now
    let result = Result { try body() }
    seconds[ObjectIdentifier(member), default: 0] += (ContinuousClock.now - start) / .seconds(1)
    switch result {
    case .success(let value): return value
    case .failure(let error):
      end(member, .failure(error))
      return nil
    }
  }

  /// Does what is for several: each has an equal share of the time.
  private func together<Value>(
    _ members: [any PassMember], _ body: () throws -> Value
  ) rethrows -> Value {
    let start = ContinuousClock.now
    defer {
      let share = (ContinuousClock.now - start) / .seconds(1) / Double(members.count)
      for member in members { seconds[ObjectIdentifier(member), default: 0] += share }
    }
    return try body()
  }
}
