import Experiment
import Foundation
import Scoring
import Speech
import Torch

/// The `evaluate` stage: fresh heads on frozen features, trained on the train split and scored on the
/// test split, as SUPERB does (Yang et al. 2021, arXiv 2105.01051).
package struct Evaluation {
  private let context: StageContext
  private let parameters: EvaluateParameters

  package init(_ context: StageContext) throws {
    self.context = context
    parameters = try context.parameters()
  }

  /// Writes `metrics.json`, `hypotheses.jsonl`, `scored.json` and `curve.jsonl`.
  package func write(to folder: String) throws {
    guard parameters.target != .queries else {
      try TorchRuntime.setThreads(parameters.recipe.threads)
      return try QueryEvaluation(context, parameters, stored).write(to: folder)
    }
    try Self.write([self]) { _, result, _ in try result.get().write(to: folder) }
  }

  /// Trains the heads of several evaluations of the same features in one pass over them.
  ///
  /// - Parameters:
  ///   - evaluations: Such as have equal `FeaturePass`es.
  ///   - ended: Told of each by its number, as soon as it is known: what writes its files, or why it failed, and the
  ///     seconds that it took.
  /// - Throws: What concerns all that have not ended, and what `ended` throws.
  static func write(
    _ evaluations: [Evaluation],
    ended: (Int, Result<any PassMember, any Error>, Double) throws -> Void
  ) throws {
    guard let first = evaluations.first else { return }
    try TorchRuntime.setThreads(first.parameters.recipe.threads)
    if let source = first.parameters.source {
      let features = try EncodedFeatures(first.context, first.parameters, source)
      try write(evaluations, features, ended: ended)
    } else {
      try write(evaluations, first.stored, ended: ended)
    }
  }

  private var stored: StoredFeatures {
    get throws {
      try context.bench.features(
        folder: context.folder("features"), isPooled: parameters.target.isPooled,
        isRaw: parameters.recipe.isRaw == true || parameters.target == .queries)
    }
  }

  private static func write(
    _ evaluations: [Evaluation], _ features: some FrozenFeatures,
    ended: (Int, Result<any PassMember, any Error>, Double) throws -> Void
  ) throws {
    var members: [any PassMember] = []
    for (number, evaluation) in evaluations.enumerated() {
      do {
        members.append(try evaluation.member(features))
      } catch {
        try ended(number, .failure(error), 0)
      }
    }
    let pass = ProbePass(features, members)
    try evaluations[0].context.stop.heard {
      try pass.run { member, result, seconds in
        let number = evaluations.firstIndex {
          $0.context.request.key == member.context.request.key
        }
        if let number { try ended(number, result.map { member }, seconds) }
      }
    }
  }

  /// The heads, as far as they were trained before. A saved state that turns out to be damaged is removed, and the
  /// training begun anew.
  private func member(_ features: some FrozenFeatures) throws -> any PassMember {
    do {
      let member = try training(features)
      try member.resume()
      return member
    } catch let damage as DamagedState {
      damage.discard()
      return try training(features)
    }
  }

  private func training(_ features: some FrozenFeatures) throws -> any PassMember {
    switch parameters.target {
    case .trials: try training(VerificationProbes(context, parameters, features), features)
    case .turns: try training(DiarizationProbes(context, parameters, features), features)
    default: try training(TargetProbes(context, parameters, features), features)
    }
  }

  private func training(
    _ task: some ProbeTask, _ features: some FrozenFeatures
  ) throws -> any PassMember {
    try ProbeTraining(context, parameters, task, features)
  }
}

/// What a test's answers are worth, as a record.
struct EvaluationScores {
  private let context: StageContext
  private let parameters: EvaluateParameters

  init(_ context: StageContext, _ parameters: EvaluateParameters) {
    self.context = context
    self.parameters = parameters
  }

  /// The metrics in percent, with the intervals that the test's units give.
  ///
  /// - Throws: `StageError.unusable` where a metric is not defined for the test.
  func record(
    _ test: ProbeTest, _ facts: ProbeFacts, trainCount: Int
  ) throws -> EvaluationRecord {
    let metrics = parameters.metrics
    guard let values = test.scored.values, values.count == metrics.count else {
      throw StageError.unusable(
        stage: context.request.label,
        problem: "\(metrics[0].name) is not defined for this test; widen the task's minutes")
    }
    let intervals = test.scored.intervals()?.map {
      EvaluationRecord.Interval(low: 100 * $0.low, high: 100 * $0.high)
    }
    var record = EvaluationRecord(
      task: parameters.task, metric: metrics[0].name, value: 100 * values[0],
      higherIsBetter: metrics[0].higherIsBetter, count: facts.utterances, units: test.count,
      chance: facts.chance.map { 100 * $0 }, trainCount: trainCount, classes: facts.classes)
    record.interval = intervals?[0]
    record.drawn = intervals == nil ? nil : parameters.together ?? "utterances"
    let others = metrics.indices.dropFirst().map { index in
      EvaluationRecord.Other(
        metric: metrics[index], value: 100 * values[index], interval: intervals?[index])
    }
    record.others = others.isEmpty ? nil : others
    return record
  }

  static func write(_ record: EvaluationRecord, _ test: ProbeTest, to folder: String) throws {
    func write(_ text: String, _ name: String) throws {
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(folder)/\(name)"))
    }
    try write(Canonical(encoding: record).text + "\n", "metrics.json")
    try write(Canonical(encoding: test.scored).text + "\n", "scored.json")
    try write(test.lines.map { $0.text + "\n" }.joined(), "hypotheses.jsonl")
    for (name, text) in test.files.sorted(by: { $0.key < $1.key }) { try write(text, name) }
  }
}
