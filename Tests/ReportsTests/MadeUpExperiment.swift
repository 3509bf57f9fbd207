import Experiment
import Foundation
import OrderedCollections
import Scoring

@testable import Reports

/// A made-up experiment: its plan, and the numbers that its stages would have left.
struct MadeUpExperiment {
  struct Task {
    var column: TaskColumn
    var chance: Double?
    /// Results with log-mel, log-mel normalised, pre-trained, and what fine-tuning on it gains.
    var logMel: Double
    var normalised: Double
    var pretrained: Double
    var gain: Double
  }

  var plan: Plan
  var source = MeasurementsInMemory()
  private let tasks: [Task]
  private let layers: Int

  /// - Parameters:
  ///   - tasks: The columns, with numbers to start from.
  ///   - fineTuning: Names of the tasks to fine-tune on.
  ///   - methods: The rows of each fine-tuning, with how far each goes from θ₀ (Stable-FT is 1).
  ///   - seeds: Seeds of all rows.
  ///   - layers: Hidden states of the encoder.
  ///   - isScored: Whether the plan has a score.
  ///   - question: What the experiment asks.
  /// - Throws: `PlanError` or `EncodingError`; neither happens.
  init(
    tasks: [Task], fineTuning: [String], methods: [(point: MethodPoint, reach: Double)],
    seeds: [UInt64], layers: Int, isScored: Bool = true,
    question: String = "After fine-tuning, which α keeps what was not asked for?"
  ) throws {
    self.tasks = tasks
    self.layers = layers
    plan = Plan(experiment: "made-up", question: question)
    plan.tasks = tasks.map(\.column)
    if isScored {
      plan.score = ScoreRule(
        name: "superb-s form", floorRow: "log-mel", tasks: tasks.map(\.column))
    }
    plan.comparison = ComparisonRule(
      measures: ["linear-cka", "debiased-cka", "r2", "weight-distance"],
      corpora: ["fillets-nl", "gcin"], frames: 4000)
    plan.heldOut = [
      HeldOutCorpus(
        corpus: "fillets-nl", splitBy: "level", trainRecordings: 1402, devRecordings: 180,
        testRecordings: 260, testGroups: 11, duplicates: 3,
        trainedOnBy: ["fine-tune phones-nl · stable-ft · seed 1", "evaluate phones-nl, \"x\""])
    ]
    for seed in seeds {
      for name in ["log-mel", "log-mel, normalised"] {
        try addCell(nil, MethodPoint(name: "log-mel", title: name), nil, seed, reach: 0)
      }
      let point = MethodPoint(name: "pre-trained", title: "Pre-trained", alpha: 0)
      try addCell("tiny", point, nil, seed, reach: 0)
    }
    for task in fineTuning {
      for method in methods {
        for seed in seeds {
          try addCell("tiny", method.point, task, seed, reach: method.reach)
        }
      }
    }
  }

  private mutating func addCell(
    _ model: String?, _ method: MethodPoint, _ fineTuned: String?, _ seed: UInt64, reach: Double
  ) throws {
    let label = [method.title, fineTuned ?? "none", "seed \(seed)"].joined(separator: " · ")
    var evaluations: OrderedDictionary<String, StageKey> = [:]
    for (index, task) in tasks.enumerated() {
      let key = try plan.add(stage(.evaluate, "evaluate \(task.column.name) · \(label)"))
      evaluations[task.column.name] = key
      let value =
        model == nil
        ? (method.title == "log-mel" ? task.logMel : task.normalised)
        : task.pretrained + change(task, fineTuned, reach)
      source.evaluations[key] = EvaluationRecord(
        task: task.column.name, metric: task.column.metric,
        value: value + noise(seed, index, reach + (model == nil ? 3 : 0)),
        higherIsBetter: task.column.higherIsBetter,
        count: 240, units: task.column.higherIsBetter ? 240 : 5120, chance: task.chance,
        trainCount: 900, classes: task.column.higherIsBetter ? 5 : 41)
    }
    var comparison: StageKey?
    if model != nil {
      let key = try plan.add(stage(.compare, "compare \(label)"))
      comparison = key
      source.similarities[key] = similarity(reach, seed)
    }
    plan.cells.append(
      Cell(
        model: model, method: method, fineTuned: fineTuned, seed: seed, evaluations: evaluations,
        comparison: comparison))
  }

  private func stage(_ kind: StageKind, _ label: String) throws -> Stage {
    try Stage(
      kind, parameters: ["label": Canonical.string(label), "ridge": .real(0.001)], inputs: [:],
      label: label)
  }

  /// Fine-tuning helps its own task and hurts the others late; half of it helps everybody a little.
  private func change(_ task: Task, _ fineTuned: String?, _ reach: Double) -> Double {
    guard let fineTuned else { return 0 }
    let sign = task.column.higherIsBetter ? 1.0 : -1
    if fineTuned == task.column.name { return sign * task.gain * reach * (1.6 - 0.6 * reach) }
    return sign * (5 * reach - 7.5 * reach * reach)
  }

  /// Fixed numbers that look like noise.
  private func noise(_ seed: UInt64, _ index: Int, _ reach: Double) -> Double {
    let wild = 43758.5453 * sin(Double(seed) * 12.9898 + Double(index) * 78.233 + reach * 37.719)
    return 1.6 * (wild - wild.rounded(.down)) - 0.8
  }

  private func similarity(_ reach: Double, _ seed: UInt64) -> SimilarityRecord {
    let noise = 0.004 * sin(Double(seed) * 7)
    return SimilarityRecord(
      layers: (0..<layers).map { layer in
        let depth = Double(layer) / Double(max(1, layers - 1))
        let loss = reach == 0 ? 0 : reach * reach * depth * (0.35 + noise)
        return .init(
          layer: layer, linearCKA: 1 - loss, debiasedCKA: 1 - 1.1 * loss, r2: 1 - 0.5 * loss)
      },
      weightDistance: .init(
        total: reach * (6 + noise * 10),
        byLayer: [
          .init(name: "projection", distance: reach * 2),
          .init(name: "layer 0", distance: reach * (5 + noise)),
        ]),
      frames: 4000, corpora: ["fillets-nl", "gcin"])
  }

  /// Takes a measurement away, as if its stage had failed.
  mutating func forget(label: String) {
    for stage in plan.stages.values where stage.label == label {
      source.evaluations[stage.key] = nil
      source.similarities[stage.key] = nil
      source.tests[stage.key] = nil
    }
  }
}

extension MadeUpExperiment {
  /// Gives every evaluation a record of its 240 utterances, of the same hardness for all rows, whose
  /// value is the evaluation's.
  mutating func addTests() {
    for (number, key) in source.evaluations.keys.sorted().enumerated() {
      guard var record = source.evaluations[key] else { continue }
      let tokens = record.units / 240
      let right = record.higherIsBetter ? record.value : 100 - record.value
      var errors = Int((Double(tokens * 240) * (1 - right / 100)).rounded())
      // Hard utterances first, with a little of the row's own.
      let order = (0..<240).sorted { hardness($0, number) > hardness($1, number) }
      var parts = [Int](repeating: 0, count: 240)
      for utterance in order {
        parts[utterance] = min(
          tokens, errors, tokens == 1 ? 1 : (errors + 239) / 240 + utterance % 3)
        errors -= parts[utterance]
      }
      for utterance in order {
        let more = min(errors, tokens - parts[utterance])
        parts[utterance] += more
        errors -= more
      }
      let test = ScoredTest(
        .ratios,
        parts.enumerated().map { index, errors in
          ScoredTest.Unit(
            "\(record.task)-\(1000 + index)",
            parts: [Double(record.higherIsBetter ? tokens - errors : errors), Double(tokens)])
        })
      record.value = 100 * (test.values?[0] ?? 0)
      record.drawn = "utterances"
      source.evaluations[key] = record
      source.tests[key] = test
    }
  }

  private func hardness(_ utterance: Int, _ row: Int) -> Double {
    func wild(_ number: Double) -> Double {
      let value = 43758.5453 * sin(number)
      return value - value.rounded(.down)
    }
    return wild(Double(utterance) * 12.9898) + 0.4 * wild(Double(row * 240 + utterance) * 78.233)
  }

  /// Three tasks, one fine-tuning, four rows, two seeds; a title that would be markup.
  static func small(seeds: [UInt64] = [1, 2]) throws -> MadeUpExperiment {
    try MadeUpExperiment(
      tasks: [
        Task(
          column: TaskColumn(
            name: "phones-nl", title: "Dutch phonemes", metric: "PER", higherIsBetter: false,
            caveat: nil),
          chance: nil, logMel: 73.8, normalised: 76.8, pretrained: 70.4, gain: 9),
        Task(
          column: TaskColumn(
            name: "tones-zh", title: "Tone", metric: "accuracy", higherIsBetter: true,
            caveat: "Channel & speaker_set are shared, 100% of them."),
          chance: 26.5, logMel: 81.6, normalised: 65.2, pretrained: 63.1, gain: 12),
        Task(
          column: TaskColumn(
            name: "voices", title: "Voice <script>alert(1)</script> | a_b", metric: "accuracy",
            higherIsBetter: true, caveat: nil),
          chance: 8.1, logMel: 57.8, normalised: 8.2, pretrained: 58.9, gain: 5),
      ],
      fineTuning: ["phones-nl"],
      methods: [
        (MethodPoint(name: "regular-ft", title: "Regular fine-tuning"), 1.2),
        (MethodPoint(name: "stable-ft", title: "Stable-FT", alpha: 1), 1),
        (MethodPoint(name: "speech-ft", title: "Speech-FT α 0.5", alpha: 0.5), 0.5),
        (MethodPoint(name: "l2-sp", title: "L2-SP λ 0.1"), 0.7),
      ],
      seeds: seeds, layers: 3)
  }
}
