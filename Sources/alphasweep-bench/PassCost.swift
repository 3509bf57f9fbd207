import ArgumentParser
import Artifacts
import Experiment
import Foundation
import SpeechFT
import Torch

/// Heads of three seeds on batches that are encoded anew and that all of them share: in one pass over these, or one stage
/// after the other. Downsampled frames are there in both.
struct PassCost: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "pass", abstract: "Times heads of several seeds; one JSON object.",
    shouldDisplay: false)

  static let task = "phones-nl"
  static let seeds = [1, 2, 3]
  private static let steps = 60

  @Option(help: "The folder that has tasks, corpora and models.") var experiments = "experiments"
  @Option(help: "Where the recordings are.") var recordings = ".alphasweep/recordings"
  @Option(help: "A folder for what is made.") var folder: String
  @Flag(help: "One stage after the other.") var alone = false

  func run() throws {
    let tasks = ShippedTasks(experiments: experiments, recordings: recordings)
    let plan = try tasks.plan(
      [Self.task], methods: "{ pre-trained: {} }",
      evaluate: ", frames-on-disk: 0 GB, batches: shared", seeds: Self.seeds, steps: Self.steps)
    let store = ArtifactStore(root: folder + "/artifacts")
    let bench = Workbench()
    func context(_ stage: Stage) -> StageContext {
      StageContext(
        request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: bench,
        report: { _ in })
    }
    let heads = plan.stages.values.filter { $0.kind == .evaluate }
    for stage in plan.stages.values where stage.kind != .evaluate {
      try StageExecution.run(context(stage))
    }
    let start = ContinuousClock.now
    for contexts in alone ? heads.map({ [context($0)] }) : [heads.map(context)] {
      var failure: (any Error)?
      try StageExecution.written(all: contexts) { _, result, _ in
        do {
          if let written = try result.get() {
            for outcome in StageExecution.publish([written], in: store) { _ = try outcome.get() }
          }
        } catch {
          failure = error
        }
      }
      if let failure { throw failure }
    }
    let measured = Measured(
      milliseconds: (ContinuousClock.now - start) / .milliseconds(1),
      peer: "libtorch \(TorchRuntime.version)", peakMegabytes: nil, metric: nil)
    print(String(decoding: try JSONEncoder().encode(measured), as: UTF8.self))
  }
}
