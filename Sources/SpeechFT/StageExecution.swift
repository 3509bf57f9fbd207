import Artifacts
import Experiment
import Foundation
import Speech
import Torch

/// Carries out one stage into one artifact.
package enum StageExecution {
  /// Runs the stage and publishes what it wrote; an artifact that is there already is kept.
  ///
  /// - Throws: `StageError`, also for a request whose key is not that of what it asks for, or the error
  ///   of the floor that failed; nothing is left behind then but the saved state of a long training.
  package static func run(_ context: StageContext) throws {
    guard let written = try written(context) else { return }
    for outcome in publish([written], in: context.store) { _ = try outcome.get() }
  }

  /// Runs the stage and leaves its files aside, to be published while the next stage is computed.
  ///
  /// - Returns: What is to be published; `nil` when the artifact is there already.
  /// - Throws: As `run`.
  package static func written(_ context: StageContext) throws -> UnpublishedArtifact? {
    let request = context.request
    try request.check()
    let written = try context.store.write(
      request.kind, request.key, identity: request.identity
    ) { staging in
      try DeviceScope.during(context.computing.device.description) {
        try DiskFault.named { try write(context, to: staging.folder) }
      }
    }
    if written == nil { TrainingState.remove(request.key, from: context.store) }
    return written
  }

  /// Publishes what `written` gave; the state that a training saved is not needed any more then.
  ///
  /// - Returns: Bytes of each artifact, or the `StorageError` that it met.
  package static func publish(
    _ written: [UnpublishedArtifact], in store: ArtifactStore
  ) -> [Result<Int, any Error>] {
    let outcomes = store.publish(all: written)
    for (one, outcome) in zip(written, outcomes) {
      if case .success = outcome { TrainingState.remove(one.key, from: store) }
    }
    return outcomes
  }

  /// How often a stage begins anew because its saved state cannot be used. A second time should not be.
  private static let mostRestarts = 3

  /// Writes what the stage gives into `folder`. A saved state that turns out to be damaged is removed, and
  /// the stage begun anew.
  static func write(_ context: StageContext, to folder: String) throws {
    var restarts = 0
    while true {
      do {
        return try carryOut(context, to: folder)
      } catch let damage as DamagedState {
        damage.discard()
        restarts += 1
        guard restarts <= mostRestarts else { throw damage }
        for name in try FileManager.default.contentsOfDirectory(atPath: folder) {
          try FileManager.default.removeItem(atPath: "\(folder)/\(name)")
        }
      }
    }
  }

  private static func carryOut(_ context: StageContext, to folder: String) throws {
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

extension StageRequest {
  /// - Throws: `StageError.request` where the key is that of something else.
  func check() throws(StageError) {
    guard isSound else {
      throw .request(
        stage: label,
        problem:
          "what it asks for has another key than \(key): it was changed after the plan was made")
    }
  }
}
