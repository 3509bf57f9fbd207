import Experiment
import Foundation
import Scoring
import Speech
import Torch

/// A batch of utterances for heads.
struct ProbeBatch {
  /// Numbers in the features' index.
  var utterances: [Int]
  /// T of each; 1 where features are pooled.
  var frames: [Int]
  /// The step of the training; `nil` where nothing learns.
  var step: Int?
}

/// What a kind of task makes of features: a head, a loss and a score.
protocol ProbeTask {
  associatedtype Head
  associatedtype Answer

  /// Utterances to train on.
  var training: [Int] { get }
  /// The class of each training utterance, where classes are to be balanced.
  var classes: [String]? { get }
  /// Utterances to be answered for a look at a split.
  func asked(_ split: Split) -> [Int]
  /// A new head.
  func head(_ generator: Generator) throws -> Head
  func weights(_ head: Head) -> HeadWeights
  /// The mean loss of B×T×D.
  func loss(_ head: Head, _ mixed: Tensor, _ batch: ProbeBatch) throws -> Tensor
  /// What the head says of each utterance of B×T×D.
  func answers(_ head: Head, _ mixed: Tensor, _ batch: ProbeBatch) throws -> [Answer]
  /// What the answers are worth, by utterance.
  func test(_ answers: [Int: Answer], _ split: Split) throws -> ProbeTest
  /// What decides.
  var metric: TaskMetric { get }
  /// What the record says of the task beside its scores.
  var facts: ProbeFacts { get }
}

/// A split's answers and what they are worth.
struct ProbeTest {
  var scored: ScoredTest
  /// A line of `hypotheses.jsonl` for each unit, which `alphasweep score` reads.
  var lines: [Canonical]
  /// What errors are counted over: tokens, utterances, trials.
  var count: Int
  /// What is written beside, by file name.
  var files: [String: String] = [:]
}

/// Numbers of a task that no head changes.
struct ProbeFacts {
  /// Of the test.
  var utterances: Int
  var classes: Int
  /// A share.
  var chance: Double?
}

/// The batches of a head's training.
struct ProbeBatches {
  private enum Order {
    case buckets(LengthBuckets)
    /// All classes are as likely.
    case balanced(ClassBalance, draws: Draws)
  }

  private var order: Order
  private let size: Int
  private var step = 0

  /// - Parameters:
  ///   - lengths: Of the utterances to train on.
  ///   - classes: What they are of, where classes are balanced.
  ///   - isShuffled: Whether any utterances make a batch; otherwise those of like length do.
  ///   - size: Utterances in a batch.
  ///   - draws: The stage's.
  init(
    lengths: [Int], classes: [String]?, isShuffled: Bool = false, size: Int, draws: Draws
  ) {
    self.size = size
    if let classes {
      order = .balanced(ClassBalance(classes), draws: draws)
    } else {
      order = .buckets(
        LengthBuckets(
          lengths: lengths, limit: .count(size),
          pool: isShuffled ? size : LengthBuckets.usualPool, draws: draws, purpose: "order"))
    }
  }

  /// Positions among the utterances to train on.
  mutating func next() -> [Int] {
    defer { step += 1 }
    switch order {
    case .buckets(var buckets):
      let batch = buckets.next()
      order = .buckets(buckets)
      return batch
    case .balanced(let balance, let draws):
      var numbers = draws.numbers("order", step)
      return (0..<size).compactMap { _ in balance.place(of: numbers.unit()) }
    }
  }

  mutating func skip(_ count: Int) {
    if case .buckets = order {
      for _ in 0..<count { _ = next() }
    } else {
      step += count
    }
  }
}
