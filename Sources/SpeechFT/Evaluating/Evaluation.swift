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
    try TorchRuntime.setThreads(parameters.recipe.threads)
    if let source = parameters.source {
      return try write(EncodedFeatures(context, parameters, source), to: folder)
    }
    let features = try context.bench.features(
      folder: context.folder("features"), isPooled: parameters.target.isPooled,
      isRaw: parameters.recipe.isRaw == true || parameters.target == .queries)
    if parameters.target == .queries {
      try QueryEvaluation(context, parameters, features).write(to: folder)
    } else {
      try write(features, to: folder)
    }
  }

  private func write(_ features: some FrozenFeatures, to folder: String) throws {
    switch parameters.target {
    case .trials:
      try write(VerificationProbes(context, parameters, features), features, to: folder)
    case .turns:
      try write(DiarizationProbes(context, parameters, features), features, to: folder)
    default:
      try write(TargetProbes(context, parameters, features), features, to: folder)
    }
  }

  private func write<Task: ProbeTask>(
    _ task: Task, _ features: some FrozenFeatures, to folder: String
  ) throws {
    var training = try ProbeTraining(context, parameters.recipe, task, features)
    try training.run()
    guard let best = training.ranked.first else {
      throw StageError.unusable(
        stage: context.request.label,
        problem: "the loss of every learning rate became no number; name lower ones")
    }
    let test = try training.test(best)
    var record = try EvaluationScores(context, parameters).record(
      test, task.facts, trainCount: task.training.count)
    record.layers = try LayerShares.shares(of: best.weights).doubles()
    record.dev = best.dev.map {
      EvaluationRecord.Dev(value: $0, count: task.asked(.dev).count)
    }
    record.step = parameters.recipe.devEvery == nil ? nil : best.step
    if parameters.recipe.otherRates != nil {
      record.learningRate = best.learningRate
      record.rates = training.all.map { learner in
        EvaluationRecord.Rate(
          learningRate: learner.learningRate, dev: learner.isAlive ? learner.dev : nil)
      }
    }
    context.metric(record.metric, step: parameters.recipe.steps, record.value)
    try training.curve.write(to: folder + "/curve.jsonl")
    try EvaluationScores.write(record, test, to: folder)
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
