import ArgumentParser
import Artifacts
import Experiment
import Foundation
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

  func run() throws {
    let tasks = ShippedTasks(experiments: experiments, recordings: recordings)
    let plan = try tasks.plan(
      [task], methods: "{ pre-trained: {} }", evaluate: anew ? ", frames-on-disk: 0 GB" : "")
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
          try EvaluationTrace(context).write(to: folder, normalises: try tasks.normalises())
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
}
