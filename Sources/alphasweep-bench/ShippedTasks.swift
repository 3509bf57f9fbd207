import Artifacts
import Experiment
import Foundation
import Speech

/// Tasks of experiments/ on the encoder that is shipped, but for features as the encoder gives them and one
/// learning rate, which the peer takes too.
struct ShippedTasks {
  /// The folder that has tasks, corpora and models.
  let experiments: String
  /// Where the recordings are.
  let recordings: String

  static let model = "models/tiny-hubert-debian"

  private var checkpoint: String { "\(experiments)/\(Self.model)" }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(experiments)/\(path)", encoding: .utf8)
  }

  /// Plans evaluations.
  ///
  /// - Parameters:
  ///   - names: The tasks.
  ///   - methods: As in a spec; what is fine-tuned learns the first task.
  ///   - evaluate: More of the spec's `evaluate:`.
  ///   - seeds: Of the heads, and of what is fine-tuned.
  ///   - steps: Of every head; its task's where absent.
  /// - Returns: The plan.
  /// - Throws: What reading definitions and recordings, and planning, throws.
  func plan(
    _ names: [String], methods: String, evaluate: String = "", seeds: [Int] = [1],
    steps: Int? = nil
  ) throws -> Plan {
    var definitions = Definitions()
    var found: [String: CorpusRecordings] = [:]
    for name in names {
      var task = try plain(name)
      if let steps { task.evaluation?.recipe.steps = steps }
      definitions.tasks[name] = task
      guard definitions.corpora[task.corpus] == nil else { continue }
      let file = "corpora/\(task.corpus).yaml"
      let corpus = try CorpusDefinition(yaml: text(file), file: file)
      definitions.corpora[task.corpus] = corpus
      found[task.corpus] = try RecordingListing(corpus, below: recordings).recordings(of: corpus)
    }
    let learns = methods.contains("-ft") ? "fine-tune: { tasks: [\(names[0])] }" : ""
    let spec = try Spec(
      yaml: """
        experiment: evaluation-cost
        question: What does an evaluation cost?
        seeds: [\(seeds.map(String.init).joined(separator: ", "))]
        models: { tiny: { checkpoint: \(Self.model) } }
        \(learns)
        methods: \(methods)
        evaluate: { tasks: [\(names.joined(separator: ", "))]\(evaluate) }
        """, file: "evaluation-cost.yaml")
    return try Planner.plan(
      PlannerInput(
        spec: spec, definitions: definitions, recordings: found, recordingsFolder: recordings,
        checkpoints: [Self.model: try facts()]))
  }

  private func plain(_ name: String) throws -> TaskDefinition {
    let file = "tasks/\(name).yaml"
    var task = try TaskDefinition(yaml: text(file), file: file)
    if let recipe = task.evaluation?.recipe {
      let rates = recipe.learningRates
      task.evaluation?.recipe = recipe.plain(learningRate: rates[rates.count / 2])
    }
    return task
  }

  /// Whether the encoder is given waveforms of mean 0 and variance 1.
  func normalises() throws -> Bool {
    try CheckpointFolder.read(checkpoint).configuration.normalisesWaveform
  }

  private func facts() throws -> CheckpointFacts {
    let configuration = try CheckpointFolder.read(checkpoint).configuration
    return CheckpointFacts(
      digest: try CheckpointDigest.of(checkpoint), path: checkpoint, layers: configuration.layers,
      width: configuration.width, convolutionChannels: configuration.downsampledWidth)
  }
}
