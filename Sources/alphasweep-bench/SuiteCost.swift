import ArgumentParser
import Artifacts
import Experiment
import Foundation
import SpeechFT
import Torch

/// Evaluations of several tasks over a grid of α, as one worker does them: recordings go through each
/// encoder once, tasks share features and all α the downsampling. Fine-tuning and decoding are not
/// counted: both ways need them.
struct SuiteCost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "suite", abstract: "Times evaluations over a grid of α; one JSON object.",
    shouldDisplay: false)

  /// Those of experiments/mini/superb.yaml whose heads the peer has and whose recordings `make recordings`
  /// fetches; the first is fine-tuned on.
  static let tasks = ["phones-nl", "voices", "tones-zh", "initials-zh", "finals-zh", "phrases"]
  /// With the pre-trained and the fine-tuned encoder, 0 and 1, eight.
  private static let between = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9]
  static var points: Int { between.count + 2 }

  @Option(help: "The folder that has tasks, corpora and models.") var experiments = "experiments"
  @Option(help: "Where the recordings are.") var recordings = ".alphasweep/recordings"
  @Option(help: "A folder for what is made, and for what the peer reads.") var folder: String

  func run() throws {
    let tasks = ShippedTasks(experiments: experiments, recordings: recordings)
    let alphas = Self.between.map { "\($0)" }.joined(separator: ", ")
    let plan = try tasks.plan(
      Self.tasks,
      methods: "{ pre-trained: {}, stable-ft: {}, speech-ft: { alpha: [\(alphas)] } }")
    let store = ArtifactStore(root: folder + "/artifacts")
    let first = plan.cells.first { $0.fineTuned == nil }?.evaluations ?? [:]
    let bench = Workbench()
    var milliseconds = 0.0
    for stage in plan.stages.values where !stage.kind.isVirtual {
      let context = StageContext(
        request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: bench,
        report: { _ in })
      let start = ContinuousClock.now
      try StageExecution.run(context)
      if [.downsample, .features, .evaluate].contains(stage.kind) {
        milliseconds += (ContinuousClock.now - start) / .milliseconds(1)
      }
      guard let task = first.first(where: { $0.value == stage.key })?.key else { continue }
      try FileManager.default.createDirectory(
        atPath: folder + "/" + task, withIntermediateDirectories: true)
      try EvaluationTrace(context).write(
        to: folder + "/" + task, normalises: try tasks.normalises())
    }
    let measured = Measured(
      milliseconds: milliseconds, peer: "libtorch \(TorchRuntime.version)", peakMegabytes: nil,
      metric: nil)
    print(String(decoding: try JSONEncoder().encode(measured), as: UTF8.self))
  }
}
