import Experiment
import Scoring
import Speech

/// The utterances of an evaluation: what a corpus says of each that has features.
struct EvaluatedUtterances {
  struct Member {
    var value: Utterance
    var frames: Int
  }

  /// By their numbers in the features' index; `nil` where the corpus knows none of that name.
  let all: [Member?]
  private let stage: String
  /// The label whose values are drawn together in intervals.
  private let together: String?

  init(
    _ context: StageContext, _ parameters: EvaluateParameters, _ entries: [FrameIndex.Entry]
  ) throws {
    let byName = Dictionary(
      try context.corpus().utterances.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    all = entries.map { entry in
      byName[entry.id].map { Member(value: $0, frames: entry.frames) }
    }
    stage = context.request.label
    together = parameters.together
  }

  /// In order.
  func of(_ split: Split) -> [Int] { all.indices.filter { all[$0]?.value.split == split } }

  /// An utterance as it is drawn in a bootstrap, without parts.
  func unit(_ utterance: Int) -> ScoredTest.Unit {
    let value = all[utterance]?.value
    return ScoredTest.Unit(
      value?.id ?? "", group: together.flatMap { value?.labels[$0] }, parts: [])
  }

  /// - Throws: `StageError.empty` where there is nothing to train on, to test with or to choose by.
  func check(
    training: [Int], asked: (Split) -> [Int], what: String, _ parameters: EvaluateParameters
  ) throws {
    let splits = parameters.selection.splits
    for split in [Split.train, .dev, .test] where splits.contains(split) {
      if split == .train ? training.isEmpty : asked(split).isEmpty {
        let word = split == .train ? "training" : split.rawValue
        throw StageError.empty(stage: stage, what: "\(word) utterance with \(what)")
      }
    }
  }
}
