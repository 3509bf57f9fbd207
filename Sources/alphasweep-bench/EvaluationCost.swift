import ArgumentParser
import Artifacts
import Experiment
import Foundation
import Speech
import SpeechFT
import Torch

/// The whole way from decoded recordings to a score: features once, then a head on them. In a process of
/// its own. The peer is `Tests/Benchmarks/evaluation.py`, which runs the encoder at every step on the same
/// waveforms, with the head's first weights, batches and targets that `EvaluationTrace` hands over.
struct EvaluationCost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "evaluation", abstract: "Times an evaluation; one JSON object.")

  @Option(help: "A task of experiments/tasks.") var task = "voices"
  @Option(help: "The folder that has tasks, corpora and models.") var experiments = "experiments"
  @Option(help: "Where the recordings are.") var recordings = ".alphasweep/recordings"
  @Option(help: "A folder for what is made, and for what the peer reads.") var folder: String
  @Flag(
    help:
      "Encode each batch anew, in float32, and store no frames in float16; nothing is left for a peer."
  )
  var anew = false

  private static let model = "models/tiny-hubert-debian"

  func run() throws {
    let plan = try plan()
    let store = ArtifactStore(root: folder + "/artifacts")
    var milliseconds = 0.0
    for stage in plan.stages.values {
      let context = StageContext(
        request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: Workbench(),
        report: { _ in })
      let start = ContinuousClock.now
      try StageExecution.run(context)
      // Decoding is not what is compared: the peer reads what it gave.
      if stage.kind != .corpus { milliseconds += (ContinuousClock.now - start) / .milliseconds(1) }
      if stage.kind == .evaluate {
        if !anew {
          try EvaluationTrace(context).write(to: folder, normalises: try normalises())
        }
        let record = try JSONDecoder().decode(
          EvaluationRecord.self,
          from: Data(
            contentsOf: URL(
              fileURLWithPath: store.folder(.evaluate, stage.key) + "/metrics.json")))
        let measured = Measured(
          milliseconds: milliseconds, peer: "libtorch \(TorchRuntime.version)",
          peakMegabytes: nil, metric: record.value)
        print(String(decoding: try JSONEncoder().encode(measured), as: UTF8.self))
      }
    }
  }

  private func text(_ path: String) throws -> String {
    try String(contentsOfFile: "\(experiments)/\(path)", encoding: .utf8)
  }

  /// The task as it is shipped, but for features as the encoder gives them and one learning rate, which
  /// the peer takes too.
  private func plan() throws -> Plan {
    var definition = try TaskDefinition(
      yaml: text("tasks/\(task).yaml"), file: "tasks/\(task).yaml")
    if let recipe = definition.evaluation?.recipe {
      let rates = recipe.learningRates
      definition.evaluation?.recipe = recipe.plain(learningRate: rates[rates.count / 2])
    }
    let corpus = try CorpusDefinition(
      yaml: text("corpora/\(definition.corpus).yaml"), file: "corpora/\(definition.corpus).yaml")
    let spec = try Spec(
      yaml: """
        experiment: evaluation-cost
        question: What does an evaluation cost?
        seeds: [1]
        models: { tiny: { checkpoint: \(Self.model) } }
        methods: { pre-trained: {} }
        evaluate: { tasks: [\(task)]\(anew ? ", frames-on-disk: 0 GB" : "") }
        """, file: "evaluation-cost.yaml")
    let listing = try RecordingListing(corpus, below: recordings)
    let checkpoint = "\(experiments)/\(Self.model)"
    return try Planner.plan(
      PlannerInput(
        spec: spec,
        definitions: Definitions(
          tasks: [task: definition], corpora: [definition.corpus: corpus]),
        recordings: [definition.corpus: try listing.recordings(of: corpus)],
        recordingsFolder: recordings,
        checkpoints: [Self.model: try facts(checkpoint)]))
  }

  private func normalises() throws -> Bool {
    try CheckpointFolder.read("\(experiments)/\(Self.model)").configuration.normalisesWaveform
  }

  private func facts(_ path: String) throws -> CheckpointFacts {
    let configuration = try CheckpointFolder.read(path).configuration
    return CheckpointFacts(
      digest: try CheckpointDigest.of(path), path: path, layers: configuration.layers,
      width: configuration.width, convolutionChannels: configuration.downsampledWidth)
  }
}
