import Experiment
import Speech
import Torch

/// One task of a fine-tuning: its utterances, its head and its loss.
struct TaskLearning {
  let task: FineTuneTask
  let data: FineTuningData
  let head: TaskHead
  private let number: Int
  private let parameters: FineTuneParameters
  private let draws: Draws
  private let computing: Computing

  /// Task `number`, from 0, of a stage: the draws of the first are those of a single one. `start` is
  /// the state of the head-only phase, if there was one.
  init(
    _ stage: FineTuning, _ task: FineTuneTask, number: Int, configuration: EncoderConfiguration,
    start: [String: Tensor]?
  ) throws {
    self.task = task
    self.number = number
    parameters = stage.parameters
    draws = stage.draws
    computing = stage.context.computing
    data = try FineTuningData(
      stage.context, task, number: number, batchSeconds: stage.recipe.batchSeconds,
      configuration: configuration)
    if let start {
      head = try TaskHead(
        StatePart.tensors(of: start, prefix: Self.prefix(number)), parameters: task.head,
        isPooled: task.target.isPooled)
    } else {
      head = try TaskHead(
        random: task.head, width: configuration.width, outputs: data.inventory.outputs,
        isPooled: task.target.isPooled, generator: draws.generator(Self.purpose("head", number)))
    }
  }

  /// The head's tensors under names that no other task's have.
  var named: [(String, Tensor)] {
    head.weights.ordered.map { (Self.prefix(number) + $0.0, $0.1) }
  }

  private static func prefix(_ number: Int) -> String {
    number == 0 ? "head." : "head\(number)."
  }

  private static func purpose(_ word: String, _ number: Int) -> String {
    number == 0 ? word : "\(word).\(number)"
  }

  func batches() -> LengthBuckets {
    data.batches(draws, purpose: Self.purpose("order", number))
  }

  /// The mean loss of a batch. In the head-only phase the encoder is a fixed function: no gradient, no
  /// dropout. `draw` numbers the batch, since dropout follows from it; `share` is what the loss is
  /// multiplied by before its gradients are added, not before it is returned.
  func learn(
    _ batch: [Int], _ encoder: SpeechEncoder, draw: Int, share: Double
  ) throws -> Double {
    let isJoint = parameters.phase == .joint
    let dropout = EncoderDropout(
      probability: parameters.recipe.dropout,
      generator: try draws.generator(Self.purpose("dropout", number), draw))
    let checkpoints =
      isJoint && computing.checkpointsGradients
      ? GradientCheckpoints(narrowProducts: parameters.recipe.precision == .bfloat16) : nil
    let loss = try self.loss(batch, encoder, isJoint ? dropout : nil, checkpoints)
    try (share == 1 ? loss : loss.multiplying(by: share)).backward()
    try checkpoints?.backward()
    return try loss.item()
  }

  private func loss(
    _ batch: [Int], _ encoder: SpeechEncoder, _ dropout: EncoderDropout?,
    _ checkpoints: GradientCheckpoints?
  ) throws -> Tensor {
    let (outputs, frames) = try outputs(batch, encoder, dropout, checkpoints)
    return try task.target.loss(
      outputs, frames: frames, numbers: batch.map { data.numbers[$0] })
  }

  /// The head's outputs, and the frames of each utterance.
  private func outputs(
    _ batch: [Int], _ encoder: SpeechEncoder, _ dropout: EncoderDropout?,
    _ checkpoints: GradientCheckpoints?
  ) throws -> (outputs: Tensor, frames: [Int]) {
    let utterances = batch.map { data.utterances[$0] }
    let forward = {
      try NarrowProducts.during(parameters.recipe.precision == .bfloat16) {
        let input = try data.input.batch(utterances, encoder: encoder, checkpoints: checkpoints)
        let projected = try encoder.project(input.frames, dropout: dropout)
        let states = try encoder.encode(
          projected, padding: input.padding, dropout: dropout, checkpoints: checkpoints)
        return (states[states.count - 1], input.padding)
      }
    }
    let (hidden, padding) =
      try parameters.phase == .joint ? forward() : Autograd.disabled { try forward() }
    let outputs = try head(hidden, frames: padding?.frames, dropout: dropout)
    return (outputs, utterances.map { data.input.frames($0) })
  }

  // MARK: Dev

  /// The metric of the dev split as a share: accuracy, or 1 − the token error rate.
  func devMerit(_ encoder: SpeechEncoder) throws -> Double {
    var pairs: [(reference: [String], hypothesis: [String])] = []
    try Autograd.disabled {
      for batch in data.devBatches {
        let (outputs, frames) = try outputs(batch, encoder, nil, nil)
        let decoded = try task.target.decode(outputs, frames: frames)
        for (utterance, numbers) in zip(batch, decoded) {
          pairs.append((data.reference(utterance), data.inventory.symbols(of: numbers)))
        }
      }
    }
    return task.target.isPooled ? Metrics.accuracy(pairs) : 1 - Metrics.tokenErrorRate(pairs)
  }
}
