import Experiment
import Scoring
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
  /// What takes the place of masked frames; of codewords.
  private let maskEmbedding: Tensor?
  /// D of the hidden states.
  private let width: Int

  /// Task `number`, from 0, of a stage: the draws of the first are those of a single one. `start` is
  /// the state of the head-only phase, if there was one.
  init(
    _ stage: FineTuning, _ task: FineTuneTask, number: Int, encoder: EncoderWeights,
    start: [String: Tensor]?
  ) throws {
    let configuration = encoder.configuration
    width = configuration.width
    maskEmbedding = try task.mask.map { _ in
      guard let embedding = encoder[tensor: EncoderTensors.mask] else {
        throw CheckpointError.tensors(
          path: "encoder", problems: ["missing \(EncoderTensors.mask)"])
      }
      return embedding
    }
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
        random: task.head, width: configuration.width, outputs: data.outputs,
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
    let mask = try mask(batch, purpose: "mask", draw)
    let loss = try self.loss(
      batch, encoder, mask, isJoint ? dropout : nil, checkpoints, augment(batch, draw))
    try (share == 1 ? loss : loss.multiplying(by: share)).backward()
    try checkpoints?.backward()
    return try loss.item()
  }

  private func loss(
    _ batch: [Int], _ encoder: SpeechEncoder, _ mask: SpanMask?, _ dropout: EncoderDropout?,
    _ checkpoints: GradientCheckpoints?, _ augment: SpecAugment?
  ) throws -> Tensor {
    let (outputs, frames) = try outputs(
      batch, encoder, mask, dropout, checkpoints, augment: augment)
    if let mask {
      return try targets(batch, mask).loss(outputs)
    }
    return try task.target.loss(
      outputs, frames: frames, numbers: batch.map { data.numbers[$0] })
  }

  /// The head's outputs, and the frames of each utterance.
  private func outputs(
    _ batch: [Int], _ encoder: SpeechEncoder, _ mask: SpanMask?, _ dropout: EncoderDropout?,
    _ checkpoints: GradientCheckpoints?, augment: SpecAugment? = nil
  ) throws -> (outputs: Tensor, frames: [Int]) {
    let utterances = batch.map { data.utterances[$0] }
    let forward = {
      try NarrowProducts.during(parameters.recipe.precision == .bfloat16) {
        let input = try data.input.batch(utterances, encoder: encoder, checkpoints: checkpoints)
        var projected = try encoder.project(input.frames, dropout: dropout)
        if let mask, let maskEmbedding {
          projected = try mask.apply(to: projected, embedding: maskEmbedding)
        }
        let states = try encoder.encode(
          projected, padding: input.padding, dropout: dropout, checkpoints: checkpoints)
        return (states[states.count - 1], input.padding)
      }
    }
    let frames = utterances.map { data.input.frames($0) }
    var (hidden, padding) =
      try parameters.phase == .joint ? forward() : Autograd.disabled { try forward() }
    if let augment { hidden = try augment(hidden, frames: frames) }
    let outputs = try head(
      hidden, frames: padding?.frames, lengths: padding == nil ? nil : frames, dropout: dropout)
    return (outputs, frames)
  }

  /// What is done to the head's features; `nil` where they stay as they are.
  private func augment(_ batch: [Int], _ draw: Int) -> SpecAugment? {
    task.augment.map { parameters in
      var numbers = draws.numbers(Self.purpose("augment", number), draw)
      return SpecAugment(
        parameters, frames: batch.map { data.input.frames(data.utterances[$0]) }, width: width,
        numbers: &numbers)
    }
  }

  /// Spans of a padded batch; `nil` where nothing is masked.
  private func mask(_ batch: [Int], purpose: String, _ draw: Int) throws -> SpanMask? {
    try task.mask.map { mask in
      var numbers = draws.numbers(Self.purpose(purpose, number), draw)
      let frames = batch.map { data.input.frames(data.utterances[$0]) }
      return try SpanMask(
        batch: batch.count, frames: frames.max() ?? 0, probability: mask.probability,
        length: mask.length, numbers: &numbers)
    }
  }

  // MARK: Dev

  /// The metric of the dev split as a share: accuracy, or 1 − the token error rate; of frames
  /// their accuracy, of codewords under one mask that is the same in every look.
  func devMerit(_ encoder: SpeechEncoder) throws -> Double {
    if task.target.isFramewise { return try frameMerit(encoder) }
    var pairs: [(reference: [String], hypothesis: [String])] = []
    try Autograd.disabled {
      for batch in data.devBatches {
        let (outputs, frames) = try outputs(batch, encoder, nil, nil, nil)
        let decoded = try task.target.decode(outputs, frames: frames)
        for (utterance, numbers) in zip(batch, decoded) {
          pairs.append((data.reference(utterance), data.inventory.symbols(of: numbers)))
        }
      }
    }
    return task.target.isPooled ? Metrics.accuracy(pairs) : 1 - Metrics.tokenErrorRate(pairs)
  }

  private func targets(_ batch: [Int], _ mask: SpanMask?) -> FrameTargets {
    let frames = batch.map { data.input.frames(data.utterances[$0]) }.max() ?? 0
    return FrameTargets(batch.map { data.numbers[$0] }, frames: frames, mask: mask)
  }

  private func frameMerit(_ encoder: SpeechEncoder) throws -> Double {
    var (hits, count) = (0, 0)
    try Autograd.disabled {
      for (draw, batch) in data.devBatches.enumerated() {
        let mask = try mask(batch, purpose: "dev mask", draw)
        let (outputs, _) = try outputs(batch, encoder, mask, nil, nil)
        let found = try targets(batch, mask).hits(outputs)
        hits += found.hits
        count += found.count
      }
    }
    return Double(hits) / Double(max(1, count))
  }
}
