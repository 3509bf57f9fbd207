import Experiment
import Foundation
import Scoring
import Speech
import Torch

/// The `evaluate` stage: a fresh head on frozen features, trained on the train split and scored on the
/// test split, as SUPERB does (Yang et al. 2021, arXiv 2105.01051).
package struct Evaluation {
  private let context: StageContext
  private let parameters: EvaluateParameters
  private let draws: Draws

  package init(_ context: StageContext) throws {
    self.context = context
    parameters = try context.parameters()
    draws = try context.draws
  }

  /// Writes `metrics.json`, `hypotheses.jsonl` and `curve.jsonl`.
  package func write(to folder: String) throws {
    try TorchRuntime.setThreads(parameters.recipe.threads)
    let data = try EvaluationData(context, parameters)
    let heads = try parameters.recipe.learningRates.compactMap { try trained($0, data) }
    guard let best = heads.max(by: { ($0.merit ?? 0) < ($1.merit ?? 0) }) else {
      throw StageError.unusable(
        stage: context.request.label,
        problem: "the loss of every learning rate became no number; name lower ones")
    }
    let hypotheses = try self.hypotheses(best.head, data, data.test)
    try Self.write(hypotheses, to: folder + "/hypotheses.jsonl")
    try best.curve.write(to: folder + "/curve.jsonl")
    var record = data.record(parameters, hypotheses)
    record.dev = best.dev
    if parameters.recipe.otherRates != nil {
      record.learningRate = best.learningRate
      record.rates = parameters.recipe.learningRates.map { rate in
        EvaluationRecord.Rate(
          learningRate: rate, dev: heads.first { $0.learningRate == rate }?.dev?.value)
      }
    }
    context.metric(record.metric, step: parameters.recipe.steps, record.value)
    let text = try Canonical(encoding: record).text + "\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/metrics.json"))
  }

  /// A head after its training.
  private struct Trained {
    var learningRate: Double
    var head: ProbeHead
    var curve: Curve
    var dev: EvaluationRecord.Dev?
    /// What dev shows, higher being better; the first of equals is the lowest rate.
    var merit: Double?
  }

  /// A head of one learning rate, from the same first weights and over the same batches as of any other;
  /// `nil` where its loss became no number and there are others.
  private func trained(_ learningRate: Double, _ data: EvaluationData) throws -> Trained? {
    guard let projection = parameters.head.projection else {
      throw StageError.request(
        stage: context.request.label, problem: "an evaluation head has a projection")
    }
    let head = try ProbeHead(
      layers: data.features.layers, width: data.features.width,
      projection: projection, outputs: data.inventory.outputs,
      generator: draws.generator("head"))
    var result = Trained(learningRate: learningRate, head: head, curve: Curve())
    do {
      try train(head, learningRate, data, &result.curve)
    } catch StageError.diverged where parameters.recipe.otherRates != nil {
      return nil
    }
    if !data.dev.isEmpty {
      let dev = data.record(parameters, try hypotheses(head, data, data.dev))
      result.dev = EvaluationRecord.Dev(value: dev.value, count: data.dev.count)
      result.merit = dev.higherIsBetter ? dev.value : -dev.value
    }
    return result
  }

  private func train(
    _ head: ProbeHead, _ learningRate: Double, _ data: EvaluationData, _ curve: inout Curve
  ) throws {
    let recipe = parameters.recipe
    let optimiser = try Adam(parameters: head.weights.ordered, learningRate: learningRate)
    var batches = LengthBuckets(
      lengths: data.training.map { data.frames($0) }, limit: .count(recipe.batch), draws: draws,
      purpose: "order")
    var progress = TrainingProgress()
    for step in 0..<recipe.steps {
      let batch = batches.next().map { data.training[$0] }
      let loss = try parameters.target.loss(
        self.outputs(head, data, batch), frames: batch.map { data.frames($0) },
        numbers: batch.map { data.numbers[$0] })
      try loss.backward()
      let value = try loss.item()
      guard value.isFinite else {
        throw StageError.diverged(
          stage: context.request.label, step: step,
          utterances: batch.map { data.features.entries[$0].id })
      }
      _ = try clipGradients(optimiser.parameters.map(\.tensor), maximumNorm: recipe.clip)
      try optimiser.step(learningRate: learningRate)
      try optimiser.clearGradients()
      if step % 25 == 0 || step == recipe.steps - 1 { curve.append("loss", step: step, value) }
      if progress.isDue(loss: value) {
        context.progress(
          0.9 * Double(step + 1) / Double(recipe.steps),
          "step \(step + 1)/\(recipe.steps) · \(progress.text)")
      }
    }
  }

  private func outputs(
    _ head: ProbeHead, _ data: EvaluationData, _ batch: [Int]
  ) throws -> Tensor {
    let (features, longest) = try data.features.batch(batch)
    let outputs = try head(features)
    return parameters.target.isPooled
      ? outputs : try outputs.reshape([batch.count, longest, outputs.shape[1]])
  }

  private func hypotheses(
    _ head: ProbeHead, _ data: EvaluationData, _ utterances: [Int]
  ) throws -> [Hypothesis] {
    var result: [Hypothesis] = []
    for start in stride(from: 0, to: utterances.count, by: parameters.recipe.batch) {
      let batch = Array(utterances[start..<min(start + parameters.recipe.batch, utterances.count)])
      let decoded = try Autograd.disabled {
        try parameters.target.decode(
          outputs(head, data, batch), frames: batch.map { data.frames($0) })
      }
      for (utterance, numbers) in zip(batch, decoded) {
        result.append(
          Hypothesis(
            id: data.features.entries[utterance].id, reference: data.references[utterance],
            hypothesis: data.inventory.symbols(of: numbers)))
      }
      context.progress(0.9 + 0.1 * Double(start) / Double(utterances.count), "scoring")
    }
    return result
  }

  private static func write(_ hypotheses: [Hypothesis], to path: String) throws {
    var text = ""
    for hypothesis in hypotheses { text += try Canonical(encoding: hypothesis).text + "\n" }
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }
}

/// What a head said of a test utterance, and what was right.
struct Hypothesis: Codable {
  var id: String
  var reference: [String]
  var hypothesis: [String]
}

/// Features and targets of an evaluation; utterances are numbers in the features' index.
struct EvaluationData {
  let features: StoredFeatures
  let inventory: OutputInventory
  let training: [Int]
  let test: [Int]
  /// Those that rows are chosen by; none where the spec does not choose.
  let dev: [Int]
  /// Output numbers of each utterance.
  let numbers: [[Int]]
  /// What the corpus says of each utterance; empty where it says nothing.
  let references: [[String]]
  private let chance: Double?

  init(_ context: StageContext, _ parameters: EvaluateParameters) throws {
    let target = parameters.target
    features = try StoredFeatures(
      folder: context.folder("features"), isPooled: target.isPooled)
    let corpus = try context.corpus()
    let byName = Dictionary(
      corpus.utterances.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let entries = features.entries
    let references = entries.map { entry -> [String] in
      guard let utterance = byName[entry.id], let values = target.values(of: utterance) else {
        return []
      }
      return target.isFramewise
        ? utterance.alignedPhones(frames: entry.frames).map { $0 ?? Self.nothing } : values
    }
    let inventory = OutputInventory(
      target, training: entries.filter { $0.split == .train }.compactMap { byName[$0.id] })
    let numbers = references.map { values in
      target.isFramewise
        ? values.map { inventory.numbers(of: [$0]).first ?? -100 } : inventory.numbers(of: values)
    }
    let training = entries.indices.filter {
      entries[$0].split == .train && !numbers[$0].isEmpty
        && (target.isPooled || target.isFramewise
          || entries[$0].frames >= 2 * numbers[$0].count - 1)
    }
    func spoken(_ split: Split) -> [Int] {
      entries.indices.filter { entries[$0].split == split && !references[$0].isEmpty }
    }
    let test = spoken(.test)
    let wantsDev = parameters.selection.splits.contains(.dev)
    dev = wantsDev ? spoken(.dev) : []
    guard !dev.isEmpty || !wantsDev else {
      throw StageError.empty(
        stage: context.request.label, what: "dev utterance with \(target.word)")
    }
    guard !training.isEmpty, !test.isEmpty else {
      throw StageError.empty(
        stage: context.request.label,
        what: "\(training.isEmpty ? "training" : "test") utterance with \(target.word)")
    }
    self.references = references
    self.inventory = inventory
    self.numbers = numbers
    self.training = training
    self.test = test
    chance =
      target.higherIsBetter
      ? Metrics.majorityAccuracy(
        training: training.flatMap { references[$0] }.filter { $0 != Self.nothing },
        test: test.flatMap { references[$0] }.filter { $0 != Self.nothing }) : nil
  }

  /// The reference of a frame in which no phone was heard, which counts for nothing.
  private static let nothing = ""

  /// Frames of an utterance for a sequence head; 1 where features are pooled.
  func frames(_ utterance: Int) -> Int { features[utterance].shape[1] }

  /// The metric over all test utterances, in percent.
  func record(_ parameters: EvaluateParameters, _ hypotheses: [Hypothesis]) -> EvaluationRecord {
    let target = parameters.target
    let value: Double
    if target.isFramewise {
      let frames = hypotheses.flatMap { zip($0.reference, $0.hypothesis) }
      value =
        100 * Metrics.accuracy(frames.filter { $0.0 != Self.nothing }.map { ($0.0, $0.1) })
    } else if target.isPooled {
      value = 100 * Metrics.accuracy(hypotheses.map { ($0.reference, $0.hypothesis) })
    } else {
      value = 100 * Metrics.tokenErrorRate(hypotheses.map { ($0.reference, $0.hypothesis) })
    }
    return EvaluationRecord(
      task: parameters.task, metric: target.metric, value: value,
      higherIsBetter: target.higherIsBetter, count: test.count,
      units: hypotheses.reduce(0) { $0 + $1.reference.count { $0 != Self.nothing } },
      chance: chance.map { 100 * $0 }, trainCount: training.count,
      classes: inventory.symbols.count)
  }
}
