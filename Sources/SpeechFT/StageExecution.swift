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
      try DeviceScope.during(context.computing.device.description) {
        try write(context, to: staging.folder)
      }
    }
    TrainingState.remove(request.key, from: context.store)
  }

  /// Writes what the stage gives into `folder`.
  static func write(_ context: StageContext, to folder: String) throws {
    switch context.request.kind {
    case .corpus: try CorpusStage(context).write(to: folder)
    case .pretrain: try Pretraining(context).write(to: folder)
    case .downsample: try Downsampling(context).write(to: folder)
    case .codewords: try Codewords(context).write(to: folder)
    case .fineTune: try FineTuning(context).write(to: folder)
    case .command: try CommandStage(context).write(to: folder)
    case .features: try Extraction(context).write(to: folder)
    case .evaluate: try Evaluation(context).write(to: folder)
    case .compare: try Comparison(context).write(to: folder)
    case .interpolate:
      throw StageError.request(
        stage: context.request.label, problem: "an interpolation is carried out by its consumers")
    }
  }
}
