import Experiment
import Scoring
import Speech
import Torch

/// Embeddings that are trained to tell speakers and judged by trials of others (SUPERB's ASV).
struct VerificationProbes: ProbeTask {
  struct Head {
    let embedding: SpeakerEmbedding
    let margin: AngularMargin
    let weights: HeadWeights
  }

  private struct Trial {
    var enrolled: Int
    var tested: Int
    var isSame: Bool
  }

  let training: [Int]
  let metric: TaskMetric
  private let features: (layers: Int, width: Int)
  private let sizes: SpeakerEmbedding.Sizes
  private let utterances: EvaluatedUtterances
  private let speakers: OutputInventory
  /// The speaker of each training utterance.
  private let numbers: [Int: Int]
  private let trials: [Split: [Trial]]

  init(
    _ context: StageContext, _ parameters: EvaluateParameters, _ features: some FrozenFeatures
  ) throws {
    guard let label = parameters.target.labels.first, let width = parameters.head.projection,
      let pooledWidth = parameters.head.pooledWidth
    else {
      throw StageError.request(
        stage: context.request.label, problem: "its head has no 'projection' and 'pooled-width'")
    }
    sizes = SpeakerEmbedding.Sizes(width: width, pooledWidth: pooledWidth)
    metric = parameters.metrics[0]
    self.features = (features.layers, features.width)
    let utterances = try EvaluatedUtterances(context, parameters, features.entries)
    let heard = utterances.of(.train)
    let speakers = OutputInventory(
      .label(label), training: heard.compactMap { utterances.all[$0]?.value })
    var numbers: [Int: Int] = [:]
    for utterance in heard where features.frames(utterance) >= SpeakerEmbedding.leastFrames {
      numbers[utterance] =
        utterances.all[utterance]?.value.labels[label]
        .flatMap { speakers.numbers(of: [$0]).first }
    }
    var trials: [Split: [Trial]] = [:]
    for split in parameters.selection.splits where split != .train {
      trials[split] =
        Self.listed(utterances, split)
        ?? parameters.trials.map { Self.drawn($0, utterances, split, label) }
    }
    training = numbers.keys.sorted()
    (self.utterances, self.speakers, self.numbers, self.trials) =
      (utterances, speakers, numbers, trials)
    guard parameters.trials != nil || trials[.test] != nil else {
      throw StageError.unusable(
        stage: context.request.label,
        problem:
          "the corpus lists no trials of its test; give the task 'trials: 2_000', say, to draw "
          + "as many pairs")
    }
    try utterances.check(
      training: training, asked: { asked($0) }, what: "\(label) that is in a trial", parameters)
  }

  var classes: [String]? { nil }

  // MARK: Trials

  /// The trials that the corpus lists; `nil` where it lists none of this split.
  private static func listed(_ utterances: EvaluatedUtterances, _ split: Split) -> [Trial]? {
    let members = utterances.of(split)
    let byName = Dictionary(
      members.compactMap { number in utterances.all[number].map { ($0.value.id, number) } },
      uniquingKeysWith: { first, _ in first })
    let trials = members.flatMap { number in
      (utterances.all[number]?.value.trials ?? []).compactMap { trial in
        byName[trial.other].map { Trial(enrolled: number, tested: $0, isSame: trial.isSame) }
      }
    }
    return trials.isEmpty ? nil : trials
  }

  /// Pairs of utterances, half of one speaker and half of two. Draws depend on the split alone, so
  /// that all rows and seeds have the same trials.
  private static func drawn(
    _ count: Int, _ utterances: EvaluatedUtterances, _ split: Split, _ label: String
  ) -> [Trial] {
    let members = utterances.of(split).filter { utterances.all[$0]?.value.labels[label] != nil }
    func speaker(_ number: Int) -> String { utterances.all[number]?.value.labels[label] ?? "" }
    var numbers = Draws(seed: 0).numbers("trials \(split.rawValue)")
    var sides: [Bool: [Trial]] = [true: [], false: []]
    for (place, first) in members.enumerated() {
      for second in members[(place + 1)...] {
        let isSame = speaker(first) == speaker(second)
        sides[isSame]?.append(Trial(enrolled: first, tested: second, isSame: isSame))
      }
    }
    return [true, false].flatMap { isSame -> [Trial] in
      let all = sides[isSame] ?? []
      return numbers.permutation(all.count).prefix(count / 2).sorted().map { all[$0] }
    }
  }

  func asked(_ split: Split) -> [Int] {
    Set((trials[split] ?? []).flatMap { [$0.enrolled, $0.tested] }).sorted()
  }

  // MARK: Head

  func head(_ generator: Generator) throws -> Head {
    let embedding = try SpeakerEmbedding(
      random: sizes, width: features.width, generator: generator)
    let margin = try AngularMargin(
      random: .superb, width: sizes.width, speakers: speakers.outputs, generator: generator)
    return Head(
      embedding: embedding, margin: margin,
      weights: try LayerShares.adding(features.layers, to: embedding.weights, margin.weights))
  }

  func weights(_ head: Head) -> HeadWeights { head.weights }

  func loss(_ head: Head, _ mixed: Tensor, _ batch: ProbeBatch) throws -> Tensor {
    let vectors = try head.embedding.trainingVector(mixed, lengths: batch.frames)
    return try head.margin(vectors, speakers: batch.utterances.map { numbers[$0] ?? 0 })
  }

  /// Embeddings, each utterance alone, as s3prl makes those of trials. One that is shorter than the layers
  /// reach is repeated until it is long enough.
  func answers(_ head: Head, _ mixed: Tensor, _ batch: ProbeBatch) throws -> [[Float]] {
    try batch.frames.enumerated().map { row, length in
      let count = max(length, SpeakerEmbedding.leastFrames)
      let own = try mixed.select(dimension: 0, index: row)
        .indexSelect(dimension: 0, indices: Tensor(indices: (0..<count).map { $0 % length }))
      return try head.embedding.embedding(own.unsqueezed(0), lengths: [count]).floats()
    }
  }

  // MARK: Scores

  /// Both speakers of a trial are drawn for intervals.
  func test(_ answers: [Int: [Float]], _ split: Split) throws -> ProbeTest {
    let trials = trials[split] ?? []
    let scores = trials.map {
      SpeakerEmbedding.score(answers[$0.enrolled] ?? [], answers[$0.tested] ?? [])
    }
    let units = zip(trials, scores).map { trial, score in
      var unit = utterances.unit(trial.enrolled)
      let tested = utterances.unit(trial.tested)
      unit.id += " " + tested.id
      if !trial.isSame { unit.other = tested.group }
      unit.parts = [score, trial.isSame ? 1 : 0]
      return unit
    }
    let lines = zip(trials, scores).map { trial, score in
      Canonical.map([
        "enrol": .string(utterances.unit(trial.enrolled).id),
        "test": .string(utterances.unit(trial.tested).id),
        "label": .string(trial.isSame ? "target" : "nontarget"), "score": .real(score),
      ])
    }
    return ProbeTest(
      scored: ScoredTest(.verification, units), lines: lines, count: trials.count)
  }

  var facts: ProbeFacts {
    ProbeFacts(utterances: asked(.test).count, classes: speakers.symbols.count, chance: nil)
  }
}
