import Foundation

/// One try of a stage: where and when it was made, and how it ended. Attempts are kept beside the
/// artifacts, never in them, so that artifacts hold no time and no host.
package struct Attempt: Sendable, Hashable, Codable {
  package enum Outcome: String, Sendable, Hashable, Codable, CaseIterable {
    /// The artifact is there.
    case done
    /// The stage cannot be done as it is asked for; trying again gives the same.
    case failed
    /// The worker died (a signal, memory); trying again may help.
    case crashed
    /// The program was told to stop.
    case interrupted
    /// Somebody asked for this stage to be given up.
    case cancelled
  }

  /// One number that a worker reported.
  package struct Metric: Sendable, Hashable, Codable {
    package var name: String
    package var step: Int
    package var value: Double

    package init(name: String, step: Int, value: Double) {
      self.name = name
      self.step = step
      self.value = value
    }
  }

  package var key: StageKey
  package var kind: StageKind
  package var label: String
  /// Counts the tries of a stage from 1.
  package var number: Int
  package var experiment: String
  package var worker: Int
  package var host: String
  package var started: Date
  package var seconds: Double
  package var outcome: Outcome
  /// Why it failed, or the end of the dead worker's log.
  package var reason: String?
  /// Size of the artifact.
  package var bytes: Int?
  package var metrics: [Metric]

  package init(
    key: StageKey, kind: StageKind, label: String, number: Int, experiment: String, worker: Int,
    host: String, started: Date, seconds: Double, outcome: Outcome, reason: String? = nil,
    bytes: Int? = nil, metrics: [Metric] = []
  ) {
    self.key = key
    self.kind = kind
    self.label = label
    self.number = number
    self.experiment = experiment
    self.worker = worker
    self.host = host
    self.started = started
    self.seconds = seconds
    self.outcome = outcome
    self.reason = reason
    self.bytes = bytes
    self.metrics = metrics
  }
}

extension Attempt {
  /// One attempt for each stage and number, by both. Where a diary was lost while programs still wrote into
  /// it, a number may be there twice: what was done is then known to be done, and of others the one that
  /// began last counts. In what order they are given does not matter.
  package static func settled(_ attempts: [Attempt]) -> [Attempt] {
    struct Place: Hashable {
      var key: StageKey
      var number: Int
    }
    func counts(_ one: Attempt, beyond other: Attempt) -> Bool {
      func rank(_ attempt: Attempt) -> (Int, Date, Double, String, String) {
        (
          attempt.outcome == .done ? 1 : 0, attempt.started, attempt.seconds, attempt.host,
          attempt.outcome.rawValue + attempt.experiment + (attempt.reason ?? "")
        )
      }
      return rank(one) > rank(other)
    }
    return Dictionary(attempts.map { (Place(key: $0.key, number: $0.number), $0) }) {
      counts($1, beyond: $0) ? $1 : $0
    }
    .values.sorted { ($0.key, $0.number) < ($1.key, $1.number) }
  }
}
