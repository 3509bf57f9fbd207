import Experiment
import Foundation
import Speech
import Torch

/// The heads of one evaluation, one for each learning rate: they start from the same weights and see the same
/// batches. What a head becomes does not depend on what others there are.
final class ProbeTraining<Task: ProbeTask>: PassMember {
  let context: StageContext
  let parameters: EvaluateParameters
  private(set) var step = 0
  private(set) var test: ProbeTest?
  private let task: Task
  /// T of an utterance.
  private let frames: (Int) -> Int
  private let names: [String]
  private var batches: ProbeBatches
  private var learners: [ProbeLearner<Task.Head>]
  /// Of the step at hand: those whose loss was a number, and what it was.
  private var losses: [(learner: Int, value: Double)] = []
  private var state: TrainingState
  private var curve = Curve()
  private var progress = TrainingProgress()

  init(
    _ context: StageContext, _ parameters: EvaluateParameters, _ task: Task,
    _ features: some FrozenFeatures
  ) throws {
    let (recipe, draws) = (parameters.recipe, try context.draws)
    self.context = context
    self.parameters = parameters
    self.task = task
    frames = { features.frames($0) }
    names = features.entries.map(\.id)
    batches = ProbeBatches(
      lengths: task.training.map { features.frames($0) }, classes: task.classes,
      isShuffled: recipe.isShuffled == true, size: recipe.batch,
      draws: try context.batchDraws(recipe))
    state = TrainingState(context)
    learners = try recipe.learningRates.map { rate in
      let head = try task.head(draws.generator("head"))
      return try ProbeLearner(
        head: head, weights: task.weights(head), learningRate: rate, decay: recipe.decay)
    }
  }

  private var recipe: HeadRecipe { parameters.recipe }

  var steps: Int { recipe.steps }

  private var living: [Int] { learners.indices.filter { learners[$0].isAlive } }

  // MARK: Steps

  func nextBatch() -> [Int] { batches.next().map { task.training[$0] } }

  func shares() throws -> [Tensor] {
    try living.map { try LayerShares.shares(of: learners[$0].weights) }
  }

  func learn(_ mixed: [Tensor], _ batch: ProbeBatch) throws -> [Tensor] {
    losses = []
    var sum: Tensor?
    for (learner, mixed) in zip(living, mixed) {
      try mixed.setRequiresGradient(true)
      let loss = try task.loss(learners[learner].head, mixed, batch)
      let value = try loss.item()
      if value.isFinite {
        losses.append((learner, value))
        sum = try sum?.adding(loss) ?? loss
      } else {
        learners[learner].isAlive = false
        curve.append(name("diverged", learner), step: step, 1)
      }
    }
    try sum?.backward()
    guard !losses.isEmpty else {
      throw StageError.diverged(
        stage: context.request.label, step: step, utterances: batch.utterances.map { names[$0] })
    }
    return try mixed.map { try $0.gradient ?? Tensor.zeros($0.shape) }
  }

  func update() throws {
    for (learner, value) in losses {
      try learners[learner].update(clip: recipe.clip)
      if step % Self.curveInterval == 0 || step == steps - 1 {
        curve.append(name("loss", learner), step: step, value)
      }
    }
    step += 1
    let loss = losses.reduce(0) { $0 + $1.value } / Double(losses.count)
    if progress.isDue(loss: loss) {
      context.progress(
        0.9 * Double(step) / Double(steps), "step \(step)/\(steps) · \(progress.text)")
    }
  }

  private static var curveInterval: Int { 25 }

  // MARK: Answers

  func look() -> ProbeQuestion? {
    // Where nothing was looked at on the way, dev still chooses between rates and rows.
    let isAtEnd = step == steps && recipe.devEvery == nil
    return recipe.looksAtDev(after: step) || isAtEnd && !task.asked(.dev).isEmpty ? dev : nil
  }

  func ask() throws -> ProbeQuestion {
    for learner in learners { try learner.keepBest() }
    guard let best = ranked.first else {
      throw StageError.unusable(
        stage: context.request.label,
        problem: "the loss of every learning rate became no number; name lower ones")
    }
    return question([best.head], .test) { self.test = try self.task.test($0[0], .test) }
  }

  /// The heads that learnt, by falling merit on dev where it was looked at; the first of equals has the
  /// lowest rate.
  private var ranked: [ProbeLearner<Task.Head>] {
    learners.filter(\.isAlive).enumerated().sorted {
      let (left, right) = ($0.element.merit ?? 0, $1.element.merit ?? 0)
      return left == right ? $0.offset < $1.offset : left > right
    }.map(\.element)
  }

  private var dev: ProbeQuestion {
    let asked = living
    return question(asked.map { learners[$0].head }, .dev) { answers in
      for (learner, said) in zip(asked, answers) {
        let test = try self.task.test(said, .dev)
        guard let value = test.scored.values?[0] else { continue }
        self.curve.append(self.name("dev", learner), step: self.step, 100 * value)
        let merit = self.task.metric.higherIsBetter ? 100 * value : -100 * value
        try self.learners[learner].see(100 * value, merit: merit, after: self.step)
        if self.recipe.devEvery != nil {
          self.context.metric("dev", step: self.step, 100 * value)
        }
      }
    }
  }

  /// Some heads are to say what they hear in a split, in one reading of its features.
  private func question(
    _ heads: [Task.Head], _ split: Split,
    _ finish: @escaping ([[Int: Task.Answer]]) throws -> Void
  ) -> ProbeQuestion {
    let order = task.asked(split).sorted { (frames($0), $0) < (frames($1), $1) }
    var answers = heads.map { _ in [Int: Task.Answer]() }
    return ProbeQuestion(
      batches: stride(from: 0, to: order.count, by: recipe.batch).map {
        Array(order[$0..<min($0 + recipe.batch, order.count)])
      },
      shares: { try heads.map { try LayerShares.shares(of: self.task.weights($0)) } },
      hear: { mixed, batch in
        for (number, head) in heads.enumerated() {
          let said = try self.task.answers(head, mixed[number], batch)
          for (utterance, answer) in zip(batch.utterances, said) {
            answers[number][utterance] = answer
          }
        }
        if split == .test {
          let share = Double(answers[0].count) / Double(order.count)
          self.context.progress(0.9 + 0.1 * share, "scoring")
        }
      },
      finish: { try finish(answers) })
  }

  /// What a curve calls something of one of several rates.
  private func name(_ word: String, _ learner: Int) -> String {
    learners.count == 1
      ? word : "\(word) at \(Canonical(number: learners[learner].learningRate).text)"
  }

  // MARK: State

  func saveIfDue() throws {
    guard state.isDue || context.stop.isMade else { return }
    let tensors = try learners.enumerated().flatMap { number, learner in
      try learner.tensors().map { ("\(number)." + $0.0, $0.1) }
    }
    try state.save(step: step, tensors: tensors, curve: curve.points)
  }

  func resume() throws {
    guard let saved = try state.load() else { return }
    curve = Curve(saved.curve)
    try saved.restore { tensors in
      for number in learners.indices {
        try learners[number].restore(
          StatePart.tensors(of: tensors, prefix: "\(number)."), stage: context.request.label)
      }
    }
    step = saved.step
    batches.skip(step)
  }

  // MARK: Record

  func write(to folder: String) throws {
    guard let test, let best = ranked.first else { return }
    var record = try EvaluationScores(context, parameters).record(
      test, task.facts, trainCount: task.training.count)
    record.layers = try LayerShares.shares(of: best.weights).doubles()
    record.dev = best.dev.map {
      EvaluationRecord.Dev(value: $0, count: task.asked(.dev).count)
    }
    record.step = recipe.devEvery == nil ? nil : best.step
    if recipe.otherRates != nil {
      record.learningRate = best.learningRate
      record.rates = learners.map { learner in
        EvaluationRecord.Rate(
          learningRate: learner.learningRate, dev: learner.isAlive ? learner.dev : nil)
      }
    }
    context.metric(record.metric, step: steps, record.value)
    try curve.write(to: folder + "/curve.jsonl")
    try EvaluationScores.write(record, test, to: folder)
  }
}
