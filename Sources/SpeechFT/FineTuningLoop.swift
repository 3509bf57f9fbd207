import Experiment
import Foundation
import Speech
import Torch

/// The steps of one phase of a fine-tuning, which go on from a saved state.
struct FineTuningLoop {
  private let stage: FineTuning
  private let encoder: LearningEncoder
  private let tasks: [TaskLearning]
  private let optimisers: [Adam]
  private let changing: FineTuningState
  private var state: TrainingState
  private let shorter: ShorterTraining?
  private var dev = DevLooks()
  private(set) var curve = Curve()

  private var recipe: FineTuneRecipe { stage.recipe }
  private var context: StageContext { stage.context }
  private var isJoint: Bool { stage.parameters.phase == .joint }

  /// `learning` are the encoder's tensors that learn in this phase.
  init(
    _ stage: FineTuning, _ encoder: LearningEncoder, _ tasks: [TaskLearning],
    _ optimisers: [Adam], learning: [(String, Tensor)]
  ) {
    self.stage = stage
    self.encoder = encoder
    self.tasks = tasks
    self.optimisers = optimisers
    changing = FineTuningState(
      encoder: learning, heads: tasks.flatMap(\.named), optimisers: optimisers)
    state = TrainingState(stage.context)
    shorter = ShorterTraining(stage.context, stage.parameters)
  }

  /// Takes the steps that are still to do.
  ///
  /// - Throws: `StageError.diverged` for a loss that is no number, `StageError.stopped` after the state
  ///   was saved.
  mutating func run(_ steps: Range<Int>) throws {
    let first = try resume() ?? steps.lowerBound
    let schedule = LearningRateSchedule(warmUp: recipe.warmUp, hold: recipe.hold)
    var batches = tasks.map { $0.batches() }
    for task in tasks.indices { batches[task].skip(first * recipe.batchesPerStep) }
    var progress = TrainingProgress()
    for step in first..<max(first, steps.upperBound) {
      let loss = try learn(step, &batches)
      try update(recipe.learningRate * schedule.factor(step: step, of: recipe.steps))
      if step % Self.curveInterval == 0 || step == recipe.steps - 1 {
        curve.append("loss", step: step, loss)
        context.metric("loss", step: step, loss)
      }
      if isJoint { try look(after: step + 1) }
      if state.isDue || context.stop.isMade { try save(step + 1) }
      if context.stop.isMade {
        throw StageError.stopped(stage: context.request.label, step: step + 1)
      }
      if progress.isDue(loss: loss) {
        context.progress(
          Double(step + 1 - steps.lowerBound) / Double(max(1, steps.count)),
          "step \(step + 1)/\(recipe.steps) · \(progress.text)")
      }
    }
  }

  /// The first step to do after a saved state; `nil` without one.
  private mutating func resume() throws -> Int? {
    guard let saved = try state.load() ?? shorter?.load() else { return nil }
    try saved.restore { try changing.restore($0, stage: context.request.label) }
    curve = Curve(saved.curve)
    for point in saved.curve where point.name == Self.devName {
      dev.add(step: point.step, merit: point.value)
    }
    return saved.step
  }

  private mutating func save(_ step: Int) throws {
    try state.save(step: step, tensors: changing.tensors(), curve: curve.points)
  }

  /// Adds the gradients of a step's batches and gives the mean of their losses.
  private mutating func learn(_ step: Int, _ batches: inout [LengthBuckets]) throws -> Double {
    let share = 1 / Double(recipe.batchesPerStep * tasks.count)
    var value = 0.0
    for part in 0..<recipe.batchesPerStep {
      for (number, task) in tasks.enumerated() {
        let batch = batches[number].next()
        value +=
          try share
          * task.learn(
            batch, encoder.encoder, draw: step * recipe.batchesPerStep + part, share: share)
        guard value.isFinite else {
          if changing.isFinite { try save(step) }
          throw StageError.diverged(
            stage: context.request.label, step: step, utterances: task.data.names(batch))
        }
      }
    }
    return value
  }

  private func update(_ learningRate: Double) throws {
    if isJoint {
      try encoder.addPenaltyGradients(head: tasks.flatMap { $0.head.weights.ordered.map(\.1) })
    }
    _ = try clipGradients(
      optimisers.flatMap { $0.parameters.map(\.tensor) }, maximumNorm: recipe.clip)
    for optimiser in optimisers {
      try optimiser.step(learningRate: learningRate)
      try optimiser.clearGradients()
    }
  }

  // MARK: What is kept of the way

  /// Steps between two points of the curve.
  static let curveInterval = 25

  private static let devName = "dev merit"

  private var checkpoints: Set<Int> {
    Set(recipe.checkpoints.map { recipe.checkpointStep($0) })
  }

  /// Looks at the dev split where the recipe says so, and keeps the tensors that are wanted.
  private mutating func look(after step: Int) throws {
    if recipe.looksAtDev(after: step) {
      let merits = try tasks.map { try $0.devMerit(encoder.encoder) }
      let merit = merits.reduce(0, +) / Double(merits.count)
      curve.append(Self.devName, step: step, merit)
      context.metric(Self.devName, step: step, merit)
      dev.add(step: step, merit: merit)
    }
    let wanted = checkpoints.union(chosen)
    guard wanted.contains(step) else { return }
    try state.keep(changing.learning, after: step)
    // A state that is older than this step takes it again and keeps the same.
    state.forget(besides: wanted)
  }

  /// Steps that dev chooses so far.
  private var chosen: Set<Int> {
    Set(((recipe.patience ?? []).map { dev.best(patience: $0) } + [bestStep]).compactMap { $0 })
  }

  private var bestStep: Int? { recipe.keep == .best ? dev.best : nil }

  /// Writes `model/` with its heads, `checkpoints/`, `curve.jsonl` and `training.json`.
  func write(to folder: String) throws {
    try shorter?.save(tensors: changing.tensors(), curve: curve.points)
    if let bestStep { try restore(bestStep) }
    try encoder.write(to: folder)
    try Safetensors.write(
      tensors: tasks.enumerated().flatMap { number, task in
        try task.head.weights.ordered.map {
          (name: (number == 0 ? "" : "\(number).") + $0.0, tensor: try $0.1.detached())
        }
      }, metadata: [:], to: folder + "/head.safetensors")
    let stops = Dictionary(
      uniqueKeysWithValues: (recipe.patience ?? []).compactMap { patience in
        dev.best(patience: patience).map { (String(patience), $0) }
      })
    let record = TrainingRecord(
      steps: recipe.steps, step: bestStep ?? recipe.steps, learningRate: recipe.learningRate,
      devMerit: dev.merit(of: bestStep ?? recipe.steps), stops: stops.isEmpty ? nil : stops)
    let text = try Canonical(encoding: record).text + "\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/training.json"))
    try curve.write(to: folder + "/curve.jsonl")
    let points =
      checkpoints.map { (String($0), $0) } + stops.map { ("patience-" + $0.key, $0.value) }
    for (name, step) in points.sorted(by: { $0.0 < $1.0 }) {
      try restore(step)
      try CheckpointFolder.write(encoder.weights, to: "\(folder)/checkpoints/\(name)")
    }
  }

  /// Puts back the learning tensors as they were after a step that was kept.
  private func restore(_ step: Int) throws {
    try changing.restoreLearning(state.kept(after: step), stage: context.request.label)
  }
}
