import Artifacts
import Experiment
import Foundation
import Ledger

/// Stages that were done while no program watched: their attempts are noted as if one had.
package enum SlurmSettling {
  /// Notes what the elements of gone programs left: durations, sizes and metrics.
  ///
  /// - Throws: `LedgerError`, `StorageError`.
  package static func settle(_ store: ArtifactStore, _ ledger: Diary) throws {
    for batch in SlurmBatch.all(in: store) where batch.isOrphan {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: batch.folder)) ?? []
      for index in batch.manifest.keys.indices {
        let element = SlurmElement(batch: batch, index: index)
        guard let request = element.request, store.contains(request.kind, request.key),
          let known = try ledger.attempts(of: request.key).first(where: {
            $0.number == request.attempt && ($0.outcome == nil || $0.outcome == .interrupted)
          }), let attempt = attempt(request, known, element.events(names))
        else { continue }
        try store.keep([attempt])
        try ledger.end([attempt])
      }
    }
  }

  /// The attempt that `events` tell of; `nil` where they do not end with the stage being done.
  private static func attempt(
    _ request: StageRequest, _ known: KnownAttempt, _ events: [WorkerEvent]
  ) -> Attempt? {
    let metrics = MetricsHeard()
    var attempt: Attempt?
    for event in events {
      switch event {
      case .metric(_, let name, let step, let value):
        metrics.add(Attempt.Metric(name: name, step: step, value: value))
      case .done(_, let seconds, let bytes):
        attempt = Attempt(
          key: request.key, kind: request.kind, label: request.label, number: request.attempt,
          experiment: known.experiment, worker: known.worker, host: known.host,
          started: known.started, seconds: seconds, outcome: .done, bytes: bytes)
      case .ready, .progress, .failed: break
      }
    }
    attempt?.metrics = metrics.all
    return attempt
  }
}

extension SlurmElement {
  /// What it was asked for.
  var request: StageRequest? {
    FileManager.default.contents(atPath: "\(batch.folder)/request.\(index).json").flatMap {
      try? JSONDecoder().decode(StageRequest.self, from: $0)
    }
  }
}
