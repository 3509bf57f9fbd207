import Experiment
import Foundation
import Scoring
import Speech
import Torch

/// Heads that name a label, several labels, a sequence, or the phone of each frame.
struct TargetProbes: ProbeTask {
  let training: [Int]
  let classes: [String]?
  let metric: TaskMetric
  private let target: Target
  private let head: HeadParameters
  private let augment: AugmentParameters?
  private let draws: Draws
  private let features: (layers: Int, width: Int)
  private let utterances: EvaluatedUtterances
  /// One of each label that is asked for; one for all else.
  private let inventories: [OutputInventory]
  /// What the corpus says of each utterance; empty where it says nothing.
  private let references: [[String]]
  /// Output numbers of each utterance; of several labels one of each inventory.
  let numbers: [[Int]]

  /// The reference of a frame in which no phone was heard, which counts for nothing.
  private static let nothing = ""

  init(
    _ context: StageContext, _ parameters: EvaluateParameters, _ features: some FrozenFeatures
  ) throws {
    let target = parameters.target
    self.target = target
    metric = parameters.metrics[0]
    head = parameters.head
    augment = parameters.recipe.augment
    draws = try context.draws
    self.features = (features.layers, features.width)
    utterances = try EvaluatedUtterances(context, parameters, features.entries)
    let references = utterances.all.map { utterance -> [String] in
      guard let utterance, let values = target.values(of: utterance.value) else { return [] }
      return target.isFramewise
        ? utterance.value.alignedPhones(frames: utterance.frames).map { $0 ?? Self.nothing }
        : values
    }
    let (utterances, heard) = (utterances, utterances.of(.train))
    if case .labels(let names) = target {
      inventories = names.map { name in
        OutputInventory(.label(name), training: heard.compactMap { utterances.all[$0]?.value })
      }
    } else {
      inventories = [
        OutputInventory(target, training: heard.compactMap { utterances.all[$0]?.value })
      ]
    }
    let inventories = inventories
    let numbers = references.map { Self.numbers(of: $0, target, inventories) }
    let training = heard.filter {
      !numbers[$0].isEmpty
        && (!target.isSequence || features.frames($0) >= Self.leastFrames(for: numbers[$0]))
    }
    classes =
      parameters.recipe.isBalanced == true
      ? training.map { references[$0].joined(separator: " ") } : nil
    (self.references, self.numbers, self.training) = (references, numbers, training)
    try utterances.check(
      training: training, asked: { asked($0) }, what: target.word, parameters)
  }

  /// Frames that CTC needs for a sequence: one a symbol, and a blank between equal ones.
  static func leastFrames(for numbers: [Int]) -> Int {
    numbers.count + zip(numbers, numbers.dropFirst()).count { $0 == $1 }
  }

  private static func numbers(
    of values: [String], _ target: Target, _ inventories: [OutputInventory]
  ) -> [Int] {
    switch target {
    case .labels:
      return zip(values, inventories).map { $1.numbers(of: [$0]).first ?? -100 }
    case _ where target.isFramewise:
      return values.map { inventories[0].numbers(of: [$0]).first ?? -100 }
    default:
      return inventories[0].numbers(of: values)
    }
  }

  func asked(_ split: Split) -> [Int] {
    utterances.of(split).filter { !references[$0].isEmpty }
  }

  /// What somebody else is to find in an utterance: the output numbers of its reference, each in its
  /// place, with −1 for what no training utterance has and no head can say.
  func wanted(_ utterance: Int) -> [Int] { places(of: references[utterance]) }

  /// The output numbers of what a head said, as `wanted` has them.
  func places(of symbols: [String]) -> [Int] {
    symbols.map { inventories[0].numbers(of: [$0]).first ?? -1 }
  }

  // MARK: Head

  func head(_ generator: Generator) throws -> ProbeHead {
    try ProbeHead(
      layers: features.layers, width: features.width, parameters: head, target: target,
      outputs: inventories.map(\.outputs), generator: generator)
  }

  func weights(_ head: ProbeHead) -> HeadWeights { head.weights }

  func loss(_ head: ProbeHead, _ mixed: Tensor, _ batch: ProbeBatch) throws -> Tensor {
    var features = mixed
    if let augment, let step = batch.step {
      var numbers = draws.numbers("augment", step)
      features = try SpecAugment(
        augment, frames: batch.frames, width: self.features.width, numbers: &numbers
      )(features, frames: batch.frames)
    }
    let dropout = try batch.step.map { step in
      EncoderDropout(
        probability: self.head.dropout, generator: try draws.generator("dropout", step))
    }
    let outputs = try head(features, lengths: batch.frames, dropout: dropout)
    let numbers = batch.utterances.map { self.numbers[$0] }
    return try head.slots?.loss(outputs, labels: numbers)
      ?? target.loss(outputs, frames: batch.frames, numbers: numbers)
  }

  func answers(
    _ head: ProbeHead, _ mixed: Tensor, _ batch: ProbeBatch
  ) throws -> [[String]] {
    let outputs = try head(mixed, lengths: batch.frames)
    if let slots = head.slots {
      return try slots.decoded(outputs).map { classes in
        zip(classes, inventories).flatMap { $1.symbols(of: [$0]) }
      }
    }
    return try target.decode(outputs, frames: batch.frames).map { inventories[0].symbols(of: $0) }
  }

  // MARK: Scores

  func test(_ answers: [Int: [String]], _ split: Split) throws -> ProbeTest {
    let asked = asked(split)
    let pairs = asked.map { utterance in
      (
        unit: utterances.unit(utterance), reference: references[utterance],
        hypothesis: answers[utterance] ?? []
      )
    }
    let lines = try pairs.map {
      try Canonical(
        encoding: Hypothesis(id: $0.unit.id, reference: $0.reference, hypothesis: $0.hypothesis))
    }
    return ProbeTest(
      scored: scored(pairs), lines: lines,
      count: pairs.reduce(0) { $0 + $1.reference.count { $0 != Self.nothing } })
  }

  private func scored(
    _ pairs: [(unit: ScoredTest.Unit, reference: [String], hypothesis: [String])]
  ) -> ScoredTest {
    switch target {
    case .slots:
      return .slots(pairs.map { ($0.unit, $0.reference.joined(), $0.hypothesis.joined()) })
    case .characters where metric == .wer:
      return .words(pairs.map { ($0.unit, $0.reference.joined(), $0.hypothesis.joined()) })
    case _ where target.isSequence:
      return .tokens(pairs)
    default:
      return ScoredTest(
        .ratios,
        pairs.map { pair in
          var unit = pair.unit
          unit.parts =
            target.isFramewise
            ? Self.frameParts(pair.reference, pair.hypothesis)
            : [pair.reference == pair.hypothesis ? 1 : 0, 1]
          return unit
        })
    }
  }

  private static func frameParts(_ reference: [String], _ hypothesis: [String]) -> [Double] {
    let asked = zip(reference, hypothesis).filter { $0.0 != nothing }
    return [Double(asked.count { $0.0 == $0.1 }), Double(asked.count)]
  }

  var facts: ProbeFacts {
    let test = asked(.test)
    func labels(_ utterances: [Int]) -> [String] {
      switch target {
      case .labels: utterances.map { references[$0].joined(separator: " ") }
      default: utterances.flatMap { references[$0] }.filter { $0 != Self.nothing }
      }
    }
    return ProbeFacts(
      utterances: test.count, classes: inventories.reduce(0) { $0 + $1.symbols.count },
      chance: target.isSequence
        ? nil : Metrics.majorityAccuracy(training: labels(training), test: labels(test)))
  }
}

/// What a head said of a test utterance, and what was right.
struct Hypothesis: Codable {
  var id: String
  var reference: [String]
  var hypothesis: [String]
}
