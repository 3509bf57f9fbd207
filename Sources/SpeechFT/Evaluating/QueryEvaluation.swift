import Experiment
import Foundation
import Scoring
import Speech
import Torch

/// Query by example (SUPERB's QbE): no head, but the hidden state that finds the dev split's queries best
/// looks for the test's.
struct QueryEvaluation {
  private let context: StageContext
  private let parameters: EvaluateParameters
  private let features: StoredFeatures
  private let utterances: EvaluatedUtterances

  init(
    _ context: StageContext, _ parameters: EvaluateParameters, _ features: StoredFeatures
  ) throws {
    self.context = context
    self.parameters = parameters
    self.features = features
    utterances = try EvaluatedUtterances(context, parameters, features.entries)
  }

  func write(to folder: String) throws {
    var best: (layer: Int, value: Double)?
    var curve = Curve()
    for layer in 0..<features.layers {
      let value = try value(found(.dev, layer: layer), of: .dev)
      curve.append("dev", step: layer, 100 * value)
      if value > best?.value ?? -.infinity { best = (layer, value) }
      context.progress(
        0.8 * Double(layer + 1) / Double(features.layers), "hidden state \(layer) on dev")
    }
    guard let best else {
      throw StageError.empty(stage: context.request.label, what: "hidden state")
    }
    let test = try found(.test, layer: best.layer)
    let (queries, _) = try members(.test)
    let scores = EvaluationScores(context, parameters)
    var record = try scores.record(
      test, ProbeFacts(utterances: utterances.of(.test).count, classes: queries.count),
      trainCount: 0)
    record.layer = best.layer
    record.dev = EvaluationRecord.Dev(
      value: 100 * best.value, count: utterances.of(.dev).count)
    context.metric(record.metric, step: best.layer, record.value)
    try curve.write(to: folder + "/curve.jsonl")
    try EvaluationScores.write(record, test, to: folder)
  }

  private func value(_ test: ProbeTest, of split: Split) throws -> Double {
    guard let value = test.scored.values?.first else {
      throw StageError.unusable(
        stage: context.request.label, problem: "no query of \(split.rawValue) occurs anywhere")
    }
    return value
  }

  /// Utterances of a split that are looked for, and those that they are looked for in: documents of the
  /// split, or of the test where it has none, as dev has none in QUESST.
  private func members(_ split: Split) throws -> (queries: [Int], documents: [Int]) {
    let queries = utterances.of(split).filter { utterances.all[$0]?.value.matches != nil }
    let found = [split, .test].lazy.map { split in
      utterances.of(split).filter { utterances.all[$0]?.value.matches == nil }
    }
    let documents = found.first { !$0.isEmpty } ?? []
    guard !queries.isEmpty, !documents.isEmpty else {
      throw StageError.empty(
        stage: context.request.label,
        what: "\(queries.isEmpty ? "query" : "document") in \(split.rawValue)")
    }
    return (queries, documents)
  }

  /// What one hidden state finds: a unit for each query with its score in every document.
  private func found(_ split: Split, layer: Int) throws -> ProbeTest {
    let (queries, documents) = try members(split)
    func frames(_ utterance: Int) throws -> Tensor {
      try features.features(utterance).select(dimension: 0, index: layer)
    }
    return try Autograd.disabled {
      var scale = FeatureScale()
      for utterance in queries + documents { try scale.add(frames(utterance)) }
      let detection = try QueryDetection(
        queries.map { try scale.standardised(frames($0)) }, settings: .superb)
      let scores = try documents.map { document in
        try detection.scores(scale.standardised(frames(document)))
      }
      return test(queries, documents, scores)
    }
  }

  /// `scores` are by document, then by query.
  private func test(
    _ queries: [Int], _ documents: [Int], _ scores: [[Double]]
  ) -> ProbeTest {
    let names = documents.map { utterances.unit($0).id }
    var lines: [Canonical] = []
    let units = queries.enumerated().map { place, query in
      var unit = utterances.unit(query)
      let matches = Set(utterances.all[query]?.value.matches ?? [])
      let own = QueryDetection.standardised(scores.map { $0[place] })
      for (name, score) in zip(names, own) {
        let isTarget = matches.contains(name)
        unit.parts += [score, isTarget ? 1 : 0]
        lines.append(
          .map([
            "query": .string(unit.id), "document": .string(name),
            "label": .string(isTarget ? "target" : "nontarget"),
            "score": .real(score),
          ]))
      }
      return unit
    }
    return ProbeTest(scored: ScoredTest(.terms, units), lines: lines, count: lines.count)
  }
}
