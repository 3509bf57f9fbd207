import Experiment
import Foundation
import Speech
import Torch

/// Trains heads of one kind side by side, one for each learning rate: they start from the same weights and
/// see the same batches, and features are read once for all of them. What a head becomes does not depend
/// on what others there are.
struct ProbeTraining<Task: ProbeTask, Features: FrozenFeatures> {
  private let context: StageContext
  private let recipe: HeadRecipe
  private let task: Task
  private let features: Features
  private let draws: Draws
  private var learners: [ProbeLearner<Task.Head>]
  private var state: TrainingState
  private(set) var curve = Curve()

  init(
    _ context: StageContext, _ recipe: HeadRecipe, _ task: Task, _ features: Features
  ) throws {
    self.context = context
    self.recipe = recipe
    self.task = task
    self.features = features
    draws = try context.draws
    state = TrainingState(context)
    let (task, draws) = (task, draws)
    learners = try recipe.learningRates.map { rate in
      let head = try task.head(draws.generator("head"))
      return try ProbeLearner(
        head: head, weights: task.weights(head), learningRate: rate, decay: recipe.decay)
    }
  }

  /// The heads that learnt, by falling merit on dev where it was looked at; the first of equals has the
  /// lowest rate.
  var ranked: [ProbeLearner<Task.Head>] {
    learners.filter(\.isAlive).enumerated().sorted {
      let (left, right) = ($0.element.merit ?? 0, $1.element.merit ?? 0)
      return left == right ? $0.offset < $1.offset : left > right
    }.map(\.element)
  }

  /// All heads, those whose loss became no number among them.
  var all: [ProbeLearner<Task.Head>] { learners }

  /// Takes all steps, from a saved state where there is one.
  ///
  /// - Throws: `StageError.diverged` where no head's loss is a number any more, `StageError.stopped` after
  ///   the state was saved.
  mutating func run() throws {
    let first = try resume()
    var batches = ProbeBatches(
      lengths: task.training.map { features.frames($0) }, classes: task.classes,
      isShuffled: recipe.isShuffled == true, size: recipe.batch, draws: draws)
    batches.skip(first)
    var progress = TrainingProgress()
    for step in first..<max(first, recipe.steps) {
      let loss = try learn(step, batches.next().map { task.training[$0] })
      if recipe.looksAtDev(after: step + 1) { try look(after: step + 1) }
      if state.isDue || context.stop.isMade { try save(step + 1) }
      if context.stop.isMade {
        throw StageError.stopped(stage: context.request.label, step: step + 1)
      }
      if progress.isDue(loss: loss) {
        context.progress(
          0.9 * Double(step + 1) / Double(recipe.steps),
          "step \(step + 1)/\(recipe.steps) · \(progress.text)")
      }
    }
    // Where nothing was looked at on the way, dev still chooses between rates and rows.
    if recipe.devEvery == nil, !task.asked(.dev).isEmpty { try look(after: recipe.steps) }
    for learner in learners { try learner.keepBest() }
  }

  /// One step of every head that still learns; the mean of their losses.
  private mutating func learn(_ step: Int, _ utterances: [Int]) throws -> Double {
    let batch = ProbeBatch(
      utterances: utterances, frames: utterances.map { features.frames($0) }, step: step)
    let living = learners.indices.filter { learners[$0].isAlive }
    let mixed = try mixed(living.map { learners[$0].weights }, batch)
    var losses: [Tensor] = []
    for (row, learner) in living.enumerated() {
      losses.append(
        try task.loss(
          learners[learner].head, mixed.select(dimension: 0, index: row), batch))
    }
    let values = try losses.map { try $0.item() }
    let sound = living.indices.filter { values[$0].isFinite }
    for row in living.indices where !values[row].isFinite {
      learners[living[row]].isAlive = false
      curve.append(name("diverged", living[row]), step: step, 1)
    }
    guard !sound.isEmpty else {
      throw StageError.diverged(
        stage: context.request.label, step: step,
        utterances: utterances.map { features.entries[$0].id })
    }
    try sound.map { losses[$0] }.reduce(Tensor.scalar(0)) { try $0.adding($1) }.backward()
    for row in sound {
      try learners[living[row]].update(clip: recipe.clip)
      if step % Self.curveInterval == 0 || step == recipe.steps - 1 {
        curve.append(name("loss", living[row]), step: step, values[row])
      }
    }
    return sound.reduce(0) { $0 + values[$1] } / Double(sound.count)
  }

  private static var curveInterval: Int { 25 }

  /// K×B×T×D.
  private func mixed(_ weights: [HeadWeights], _ batch: ProbeBatch) throws -> Tensor {
    let shares = try weights.map { try LayerShares.shares(of: $0) }
    return try features.mixed(batch.utterances, shares: Tensor.stacked(shares, dimension: 0))
  }

  // MARK: Answers

  /// What some heads say of a split, by utterance, in one reading of its features.
  private func answers(
    _ heads: [Task.Head], _ split: Split, progress: (Double) -> Void = { _ in }
  ) throws -> [[Int: Task.Answer]] {
    let order = task.asked(split).sorted {
      (features.frames($0), $0) < (features.frames($1), $1)
    }
    var answers = heads.map { _ in [Int: Task.Answer]() }
    try Autograd.disabled {
      for start in stride(from: 0, to: order.count, by: recipe.batch) {
        let utterances = Array(order[start..<min(start + recipe.batch, order.count)])
        let batch = ProbeBatch(
          utterances: utterances, frames: utterances.map { features.frames($0) }, step: nil)
        let mixed = try mixed(heads.map { task.weights($0) }, batch)
        for (number, head) in heads.enumerated() {
          let said = try task.answers(head, mixed.select(dimension: 0, index: number), batch)
          for (utterance, answer) in zip(utterances, said) { answers[number][utterance] = answer }
        }
        progress(Double(start) / Double(order.count))
      }
    }
    return answers
  }

  /// What the test shows of one head.
  func test(_ learner: ProbeLearner<Task.Head>) throws -> ProbeTest {
    let answers = try answers([learner.head], .test) { context.progress(0.9 + 0.1 * $0, "scoring") }
    return try task.test(answers[0], .test)
  }

  private mutating func look(after step: Int) throws {
    let living = learners.indices.filter { learners[$0].isAlive }
    let answers = try answers(living.map { learners[$0].head }, .dev)
    for (learner, said) in zip(living, answers) {
      let test = try task.test(said, .dev)
      guard let value = test.scored.values?[0] else { continue }
      curve.append(name(Self.devName, learner), step: step, 100 * value)
      try see(100 * value, learner, step)
      if recipe.devEvery != nil { context.metric(Self.devName, step: step, 100 * value) }
    }
  }

  private static var devName: String { "dev" }

  private mutating func see(_ value: Double, _ learner: Int, _ step: Int) throws {
    let merit = task.metric.higherIsBetter ? value : -value
    try learners[learner].see(value, merit: merit, after: step)
  }

  /// What a curve calls something of one of several rates.
  private func name(_ word: String, _ learner: Int) -> String {
    learners.count == 1
      ? word : "\(word) at \(Canonical(number: learners[learner].learningRate).text)"
  }

  // MARK: State

  private mutating func save(_ step: Int) throws {
    let tensors = try learners.enumerated().flatMap { number, learner in
      try learner.tensors().map { ("\(number)." + $0.0, $0.1) }
    }
    try state.save(step: step, tensors: tensors, curve: curve.points)
  }

  private mutating func resume() throws -> Int {
    guard let saved = try state.load() else { return 0 }
    curve = Curve(saved.curve)
    try saved.restore { tensors in
      for number in learners.indices {
        try learners[number].restore(
          StatePart.tensors(of: tensors, prefix: "\(number)."), stage: context.request.label)
      }
    }
    return saved.step
  }
}
