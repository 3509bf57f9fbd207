import Speech
import Torch

/// One head in training.
struct ProbeLearner<Head> {
  let head: Head
  let weights: HeadWeights
  let learningRate: Double
  private let optimiser: Adam
  /// Whether its loss was always a number.
  var isAlive = true
  /// What dev shows of what is kept, in percent of the metric that decides.
  private(set) var dev: Double?
  /// The same where higher is better.
  private(set) var merit: Double?
  /// The step that is kept.
  private(set) var step: Int?
  /// Its weights.
  private var best: [String: Tensor] = [:]

  /// `decay` is AdamW's; `nil` for Adam.
  init(head: Head, weights: HeadWeights, learningRate: Double, decay: Double?) throws {
    self.head = head
    self.weights = weights
    self.learningRate = learningRate
    optimiser = try Adam(
      parameters: weights.ordered, learningRate: learningRate, weightDecay: decay ?? 0,
      decoupled: decay != nil)
  }

  /// One step of Adam.
  func update(clip: Double) throws {
    _ = try clipGradients(optimiser.parameters.map(\.tensor), maximumNorm: clip)
    try optimiser.step(learningRate: learningRate)
    try optimiser.clearGradients()
  }

  /// Keeps the weights if dev shows more than it ever did.
  mutating func see(_ value: Double, merit: Double, after step: Int) throws {
    guard merit > self.merit ?? -.infinity else { return }
    (dev, self.merit, self.step) = (value, merit, step)
    best = try Autograd.disabled {
      try Dictionary(
        uniqueKeysWithValues: weights.ordered.map { ($0.0, try $0.1.detached().clone()) })
    }
  }

  /// Takes back the weights that dev chose.
  func keepBest() throws {
    try Autograd.disabled {
      for (name, tensor) in weights.ordered {
        if let kept = best[name] { try tensor.copy_(from: kept) }
      }
    }
  }

  // MARK: State

  func tensors() throws -> [(String, Tensor)] {
    var facts = [isAlive ? 1.0 : 0]
    if let dev, let merit, let step { facts += [dev, merit, Double(step)] }
    return try weights.ordered.map { ("head." + $0.0, $0.1) }
      + optimiser.state().map { ("optimiser." + $0.name, $0.tensor) }
      + best.sorted { $0.key < $1.key }.map { ("best." + $0.key, $0.value) }
      + [("facts", try Tensor(facts, shape: [facts.count]))]
  }

  /// Takes over what `tensors` gave.
  ///
  /// - Throws: `StageError.unusable` naming a tensor that is missing, `TorchError.mismatchedState`.
  mutating func restore(_ saved: [String: Tensor], stage: String) throws {
    func part(_ prefix: String) -> [String: Tensor] {
      StatePart.tensors(of: saved, prefix: prefix)
    }
    try Autograd.disabled {
      let head = part("head.")
      for (name, tensor) in weights.ordered {
        try tensor.copy_(from: StatePart.tensor(name, like: tensor, of: head, stage: stage))
      }
    }
    try optimiser.restore(part("optimiser."))
    best = part("best.")
    guard let facts = try saved["facts"]?.doubles(), facts.count == 1 || facts.count == 4 else {
      throw StageError.unusable(stage: stage, problem: "the saved state lacks facts")
    }
    isAlive = facts[0] > 0
    if facts.count == 4 { (dev, merit, step) = (facts[1], facts[2], Int(facts[3])) }
  }
}
