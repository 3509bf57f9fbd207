import Artifacts
import Experiment
import Foundation
import Speech
import Torch

/// What a stage is carried out with: its request, its inputs, and where to report.
package struct StageContext {
  package let request: StageRequest
  package let store: ArtifactStore
  package let bench: Workbench
  package let computing: Computing
  package let stop: StopRequest
  /// Says what an event is; the worker prints it.
  package let report: (WorkerEvent) -> Void

  package init(
    request: StageRequest, store: ArtifactStore, bench: Workbench,
    computing: Computing = Computing(), stop: StopRequest = StopRequest(),
    report: @escaping (WorkerEvent) -> Void
  ) {
    self.request = request
    self.store = store
    self.bench = bench
    self.computing = computing
    self.stop = stop
    self.report = report
  }

  /// The stage's draws; stages without a seed make none.
  var draws: Draws {
    get throws {
      guard let seed = request.seed else {
        throw StageError.request(stage: request.label, problem: "it draws numbers and has no seed")
      }
      return Draws(seed: seed)
    }
  }

  /// The draws of a head's batches.
  func batchDraws(_ recipe: HeadRecipe) throws -> Draws {
    recipe.sharesBatches == true ? Draws(seed: 0) : try draws
  }

  /// The typed parameters of the stage.
  func parameters<Parameters: Decodable>(_ type: Parameters.Type = Parameters.self) throws
    -> Parameters
  {
    do {
      return try request.parameters.decoded(as: type)
    } catch {
      throw StageError.request(
        stage: request.label, problem: "its parameters cannot be read: \(error)")
    }
  }

  func has(_ role: String) -> Bool { request.inputs[role] != nil }

  func input(_ role: String) throws -> ResolvedInput {
    guard let input = request.inputs[role] else {
      throw StageError.request(stage: request.label, problem: "it has no input '\(role)'")
    }
    return input
  }

  /// The verified folder of an input that is an artifact (or a folder inside one).
  func folder(_ role: String) throws -> String { try bench.folder(of: input(role), in: store) }

  /// The corpus in `role`.
  func corpus(_ role: String = "corpus") throws -> Corpus {
    try bench.corpus(folder: folder(role))
  }

  /// The weights that an input stands for: a checkpoint, a trained model, or their interpolation.
  func weights(_ role: String) throws -> EncoderWeights {
    try bench.weights(of: input(role), in: store)
  }

  func progress(_ fraction: Double, _ detail: String) {
    report(.progress(key: request.key, fraction: min(1, max(0, fraction)), detail: detail))
  }

  func metric(_ name: String, step: Int, _ value: Double) {
    report(.metric(key: request.key, name: name, step: step, value: value))
  }
}

/// Why a stage could not be done.
package enum StageError: Error, Sendable, Equatable, CustomStringConvertible {
  case request(stage: String, problem: String)
  case empty(stage: String, what: String)
  case diverged(stage: String, step: Int, utterances: [String])
  case unusable(stage: String, problem: String)
  case stopped(stage: String, step: Int)

  package var description: String {
    switch self {
    case .request(let stage, let problem):
      "\(stage): \(problem)"
    case .empty(let stage, let what):
      "\(stage): there is no \(what); widen the task's minutes or the corpus's split"
    case .diverged(let stage, let step, let utterances):
      "\(stage): the loss is not a number at step \(step), in the batch of "
        + utterances.joined(separator: ", ")
        + "; lower the learning rate or drop the recordings (the state before that step is kept)"
    case .stopped(let stage, let step):
      "\(stage): stopped before step \(step), from which the same command goes on"
    case .unusable(let stage, let problem):
      "\(stage): \(problem)"
    }
  }
}
