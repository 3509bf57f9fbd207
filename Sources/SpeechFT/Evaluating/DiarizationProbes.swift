import Experiment
import Scoring
import Speech
import Torch

/// Heads that say who of two speakers speaks in each frame (SUPERB's SD).
///
/// s3prl takes recordings in pieces of 40 s and gives the lowest error rate over thresholds and medians of
/// the test; here recordings are whole, the threshold is 0.5 and the median over 11 frames.
struct DiarizationProbes: ProbeTask {
  struct Head {
    let head: DiarizationHead
    let weights: HeadWeights
  }

  let training: [Int]
  let metric: TaskMetric
  private let features: (layers: Int, width: Int)
  private let sizes: DiarizationHead.Sizes
  private let utterances: EvaluatedUtterances
  /// Frames × speakers of each utterance; empty where nobody told who speaks.
  private let labels: [[Float]]

  private static let speakers = 2
  /// Samples from one frame to the next.
  private static let shift = 320
  private static let (threshold, median): (Float, Int) = (0.5, 11)

  init(
    _ context: StageContext, _ parameters: EvaluateParameters, _ features: some FrozenFeatures
  ) throws {
    guard let cells = parameters.head.recurrentWidth else {
      throw StageError.request(
        stage: context.request.label, problem: "its head has no 'recurrent-width'")
    }
    sizes = DiarizationHead.Sizes(
      layers: parameters.head.recurrentLayers ?? 1, width: cells, speakers: Self.speakers)
    metric = parameters.metrics[0]
    self.features = (features.layers, features.width)
    let utterances = try EvaluatedUtterances(context, parameters, features.entries)
    let labels = try utterances.all.map { member -> [Float] in
      guard let utterance = member?.value, let turns = utterance.turns else { return [] }
      let frames = DiarizationTurns.frames(
        seconds: Double(utterance.samples) / 16_000, shift: Self.shift)
      return try DiarizationTurns.labels(
        turns.map { .init(speaker: $0.speaker, start: $0.start, end: $0.end) },
        frames: 0..<frames, speakers: Self.speakers, shift: Self.shift)
    }
    training = utterances.of(.train).filter { !labels[$0].isEmpty }
    (self.utterances, self.labels) = (utterances, labels)
    try utterances.check(
      training: training, asked: { asked($0) }, what: "turns", parameters)
  }

  var classes: [String]? { nil }

  func asked(_ split: Split) -> [Int] { utterances.of(split).filter { !labels[$0].isEmpty } }

  func head(_ generator: Generator) throws -> Head {
    let head = try DiarizationHead(random: sizes, width: features.width, generator: generator)
    return Head(head: head, weights: try LayerShares.adding(features.layers, to: head.weights))
  }

  func weights(_ head: Head) -> HeadWeights { head.weights }

  private func frames(_ utterance: Int) -> Int { labels[utterance].count / Self.speakers }

  /// B×T×speakers, T being the most frames that have labels.
  private func logits(_ head: Head, _ mixed: Tensor, _ batch: ProbeBatch) throws -> Tensor {
    let longest = batch.utterances.map { frames($0) }.max() ?? 0
    return try head.head(DiarizationHead.matched(mixed, frames: longest))
  }

  func loss(_ head: Head, _ mixed: Tensor, _ batch: ProbeBatch) throws -> Tensor {
    let logits = try logits(head, mixed, batch)
    let padded = logits.shape[1] * Self.speakers
    let wanted = batch.utterances.flatMap { utterance in
      labels[utterance] + [Float](repeating: 0, count: padded - labels[utterance].count)
    }
    return try DiarizationHead.loss(
      logits, labels: Tensor(wanted, shape: logits.shape),
      lengths: batch.utterances.map { frames($0) }
    ).loss
  }

  /// Logits of each utterance's own frames.
  func answers(_ head: Head, _ mixed: Tensor, _ batch: ProbeBatch) throws -> [[Float]] {
    let logits = try logits(head, mixed, batch)
    return try batch.utterances.enumerated().map { row, utterance in
      try logits.select(dimension: 0, index: row)
        .narrow(dimension: 0, start: 0, count: frames(utterance)).contiguous().floats()
    }
  }

  // MARK: Scores

  func test(_ answers: [Int: [Float]], _ split: Split) throws -> ProbeTest {
    var units: [ScoredTest.Unit] = []
    var lines: [Canonical] = []
    var (reference, hypothesis) = ("", "")
    for utterance in asked(split) {
      var unit = utterances.unit(utterance)
      let spoken = (utterances.all[utterance]?.value.turns ?? []).map {
        Scoring.SpeakerTurn(speaker: $0.speaker, start: $0.start, end: $0.end)
      }
      let found = try DiarizationTurns.decoded(
        answers[utterance] ?? [], speakers: Self.speakers, threshold: Self.threshold,
        median: Self.median, shift: Self.shift
      ).map {
        Scoring.SpeakerTurn(
          speaker: "\($0.speaker)", start: $0.start, end: $0.start + $0.duration)
      }
      let errors = DiarizationErrors(reference: spoken, hypothesis: found)
      unit.parts = [errors.missed + errors.falseAlarms + errors.confused, errors.speech]
      lines.append(
        .map([
          "id": .string(unit.id), "reference": Self.canonical(spoken),
          "hypothesis": Self.canonical(found),
        ]))
      reference += Self.rttm(unit.id, spoken)
      hypothesis += Self.rttm(unit.id, found)
      units.append(unit)
    }
    return ProbeTest(
      scored: ScoredTest(.ratios, units), lines: lines, count: units.count,
      files: ["reference.rttm": reference, "hypothesis.rttm": hypothesis])
  }

  private static func canonical(_ turns: [Scoring.SpeakerTurn]) -> Canonical {
    .list(turns.map { .list([.real($0.start), .real($0.end), .string($0.speaker)]) })
  }

  /// NIST's format, which `alphasweep score sd` reads.
  private static func rttm(_ id: String, _ turns: [Scoring.SpeakerTurn]) -> String {
    turns.map { turn in
      let seconds = [turn.start, turn.end - turn.start].map { Canonical(number: $0).text }
      return "SPEAKER \(id) 1 \(seconds[0]) \(seconds[1]) <NA> <NA> \(turn.speaker) <NA> <NA>\n"
    }.joined()
  }

  var facts: ProbeFacts {
    ProbeFacts(utterances: asked(.test).count, classes: Self.speakers, chance: nil)
  }
}
