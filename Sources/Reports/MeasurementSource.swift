import Artifacts
import Experiment
import Foundation
import Scoring

/// Where a report finds what stages measured.
package protocol MeasurementSource {
  /// What an `evaluate` stage measured; `nil` when it is not done.
  func metrics(for key: StageKey) throws -> EvaluationRecord?
  /// What each unit of its test adds to that; `nil` when it is not done, or an older version did it.
  func scored(for key: StageKey) throws -> ScoredTest?
  /// What a `compare` stage measured; `nil` when it is not done.
  func similarity(for key: StageKey) throws -> SimilarityRecord?
  /// What a `fine-tune` stage says of its training; `nil` when it is not done or says nothing.
  func training(for key: StageKey) -> TrainingRecord?
  /// How the head of an `evaluate` stage learnt; empty when it is not done or nothing learnt.
  func curve(for key: StageKey) -> [Attempt.Metric]
}

/// Measurements in the artifacts of a store, each verified when it is read.
package struct StoredMeasurements: MeasurementSource {
  private let store: ArtifactStore

  package init(store: ArtifactStore) { self.store = store }

  /// Reads `metrics.json`.
  ///
  /// - Throws: `ArtifactError` for an artifact that is damaged, `MeasurementError` for a record that is
  ///   no such record.
  package func metrics(for key: StageKey) throws -> EvaluationRecord? {
    try record(.evaluate, key, file: "metrics.json")
  }

  /// Reads `scored.json`.
  ///
  /// - Throws: As `metrics(for:)`, but not where the file is lacking.
  package func scored(for key: StageKey) throws -> ScoredTest? {
    let file = "scored.json"
    guard FileManager.default.fileExists(atPath: store.folder(.evaluate, key) + "/" + file) else {
      return nil
    }
    return try record(.evaluate, key, file: file)
  }

  /// Reads `similarity.json`.
  ///
  /// - Throws: As `metrics(for:)`.
  package func similarity(for key: StageKey) throws -> SimilarityRecord? {
    try record(.compare, key, file: "similarity.json")
  }

  /// Reads `training.json`, without the rest of its artifact: models would be hashed for a few words.
  package func training(for key: StageKey) -> TrainingRecord? {
    FileManager.default.contents(atPath: store.folder(.fineTune, key) + "/training.json")
      .flatMap { try? JSONDecoder().decode(TrainingRecord.self, from: $0) }
  }

  /// Reads `curve.jsonl`, which was verified with `metrics.json`.
  package func curve(for key: StageKey) -> [Attempt.Metric] {
    TrainingCurves.points(ofArtifactIn: store.folder(.evaluate, key))
  }

  private func record<Record: Decodable>(
    _ kind: StageKind, _ key: StageKey, file: String
  ) throws -> Record? {
    let artifact: Artifact
    do throws(ArtifactError) {
      artifact = try store.open(kind, key)
    } catch {
      if case .missing = error { return nil }
      throw error
    }
    let path = artifact.folder + "/" + file
    guard let data = FileManager.default.contents(atPath: path) else {
      throw MeasurementError.noRecord(path: path)
    }
    do {
      return try JSONDecoder().decode(Record.self, from: data)
    } catch {
      throw MeasurementError.unreadable(path: path)
    }
  }
}

/// Measurements held in memory.
package struct MeasurementsInMemory: MeasurementSource {
  package var evaluations: [StageKey: EvaluationRecord]
  package var similarities: [StageKey: SimilarityRecord]
  package var trainings: [StageKey: TrainingRecord] = [:]
  package var tests: [StageKey: ScoredTest] = [:]
  package var curves: [StageKey: [Attempt.Metric]] = [:]

  package init(
    evaluations: [StageKey: EvaluationRecord] = [:],
    similarities: [StageKey: SimilarityRecord] = [:]
  ) {
    self.evaluations = evaluations
    self.similarities = similarities
  }

  package func metrics(for key: StageKey) -> EvaluationRecord? { evaluations[key] }
  package func scored(for key: StageKey) -> ScoredTest? { tests[key] }
  package func similarity(for key: StageKey) -> SimilarityRecord? { similarities[key] }
  package func training(for key: StageKey) -> TrainingRecord? { trainings[key] }
  package func curve(for key: StageKey) -> [Attempt.Metric] { curves[key] ?? [] }
}

/// A measurement that cannot stand in the report.
package enum MeasurementError: Error, Sendable, Equatable, CustomStringConvertible {
  case noRecord(path: String)
  case unreadable(path: String)
  /// The record answers another question than the plan's.
  case mismatch(stage: String, key: StageKey, found: String, expected: String)

  package var description: String {
    switch self {
    case .noRecord(let path):
      "\(path): the artifact holds no such file; move its folder away and give 'alphasweep run' again"
    case .unreadable(let path):
      "\(path): this is not a record that this version reads; move its folder away and give "
        + "'alphasweep run' again"
    case .mismatch(let stage, let key, let found, let expected):
      "'\(stage)' (\(key)) measured \(found), but the plan asks for \(expected); another version made "
        + "it: move its folder away and give 'alphasweep run' again"
    }
  }
}
