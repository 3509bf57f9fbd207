import Artifacts
import Experiment
import Speech
import Torch

/// Carries out one stage into one artifact.
package enum StageExecution {
  /// Runs the stage and publishes what it wrote; an artifact that is there already is kept.
  ///
  /// - Throws: `StageError`, or the error of the floor that failed; nothing is left behind then but
  ///   the saved state of a long training.
  package static func run(_ context: StageContext) throws {
    let request = context.request
    try context.store.publish(request.kind, request.key, identity: request.identity) { staging in
      switch request.kind {
      case .corpus: try CorpusStage(context).write(to: staging.folder)
      case .pretrain: try Pretraining(context).write(to: staging.folder)
      case .downsample: try Downsampling(context).write(to: staging.folder)
      case .fineTune: try FineTuning(context).write(to: staging.folder)
      case .features: try Extraction(context).write(to: staging.folder)
      case .evaluate: try Evaluation(context).write(to: staging.folder)
      case .compare: try Comparison(context).write(to: staging.folder)
      case .interpolate:
        throw StageError.request(
          stage: request.label, problem: "an interpolation is carried out by its consumers")
      }
    }
  }
}
