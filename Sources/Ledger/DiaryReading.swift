import Experiment
import Foundation
import GRDB

/// A stage that the diary knows of.
package struct KnownStage: Sendable, Hashable {
  package var key: StageKey
  package var kind: StageKind
  package var label: String
  /// `null` when all that is left of the stage is a failed attempt.
  package var identity: Canonical
}

/// An attempt as the diary has it, over or not.
package struct KnownAttempt: Sendable, Hashable {
  package var key: StageKey
  package var number: Int
  package var experiment: String
  package var worker: Int
  package var host: String
  package var started: Date
  /// Absent while it lasts.
  package var outcome: Attempt.Outcome?
  package var seconds: Double?
  package var reason: String?
  package var bytes: Int?
  /// Of the program that made the attempt; 0 where the diary was written again from the artifacts.
  package var process: Int32 = 0
}

extension Diary {
  /// Every stage of one kind, or of all kinds, the last tried first.
  ///
  /// - Throws: `LedgerError`.
  package func stages(_ kind: StageKind? = nil) throws(LedgerError) -> [KnownStage] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: """
          SELECT stage.* FROM stage
          WHERE (? IS NULL OR kind = ?)
          ORDER BY (SELECT max(started) FROM attempt WHERE attempt.key = stage.key) DESC NULLS LAST,
            key
          """, arguments: [kind?.rawValue, kind?.rawValue]
      ).compactMap(Self.stage)
    }
  }

  /// The attempts of one stage, or of all, in the order in which they began.
  ///
  /// - Throws: `LedgerError`.
  package func attempts(of key: StageKey? = nil) throws(LedgerError) -> [KnownAttempt] {
    try read { database in
      try Row.fetchAll(
        database,
        sql: "SELECT * FROM attempt WHERE (? IS NULL OR key = ?) ORDER BY started, key, number",
        arguments: [key?.hex, key?.hex]
      ).compactMap(Self.attempt)
    }
  }

  /// What a stage measured, by name and step.
  ///
  /// - Throws: `LedgerError`.
  package func metrics(of key: StageKey) throws(LedgerError) -> [Attempt.Metric] {
    try read { database in
      try Row.fetchAll(
        database, sql: "SELECT name, step, value FROM metric WHERE key = ? ORDER BY name, step",
        arguments: [key.hex]
      ).map { Attempt.Metric(name: $0["name"], step: $0["step"], value: $0["value"]) }
    }
  }

  /// How many seconds the last successful attempt of each stage took.
  ///
  /// - Throws: `LedgerError`.
  package func durations() throws(LedgerError) -> [StageKey: Double] {
    try read { database in
      var durations: [StageKey: Double] = [:]
      let rows = try Row.fetchAll(
        database,
        sql: "SELECT key, seconds FROM attempt WHERE outcome = 'done' ORDER BY started")
      for row in rows {
        guard let key = StageKey(hex: row["key"]), let seconds = row["seconds"] as Double? else {
          continue
        }
        durations[key] = seconds
      }
      return durations
    }
  }

  /// The experiments that were ever run.
  ///
  /// - Throws: `LedgerError`.
  package func experiments() throws(LedgerError) -> [String] {
    try read { try String.fetchAll($0, sql: "SELECT name FROM experiment ORDER BY name") }
  }

  /// The stages that each experiment had when it was run last, by its name.
  ///
  /// - Throws: `LedgerError`.
  package func plannedStages() throws(LedgerError) -> [(experiment: String, stages: [StageKey])] {
    try read { database in
      try String.fetchAll(database, sql: "SELECT name FROM experiment ORDER BY name").map { name in
        let keys = try String.fetchAll(
          database, sql: "SELECT key FROM plannedStage WHERE experiment = ? ORDER BY key",
          arguments: [name])
        return (name, keys.compactMap(StageKey.init(hex:)))
      }
    }
  }

  private static func stage(_ row: Row) -> KnownStage? {
    guard let key = StageKey(hex: row["key"]), let kind = StageKind(rawValue: row["kind"]) else {
      return nil
    }
    let text: String = row["identity"]
    return KnownStage(
      key: key, kind: kind, label: row["label"],
      identity: (try? Canonical(json: Data(text.utf8))) ?? .null)
  }

  private static func attempt(_ row: Row) -> KnownAttempt? {
    guard let key = StageKey(hex: row["key"]) else { return nil }
    return KnownAttempt(
      key: key, number: row["number"], experiment: row["experiment"], worker: row["worker"],
      host: row["host"], started: Date(timeIntervalSince1970: row["started"]),
      outcome: (row["outcome"] as String?).flatMap(Attempt.Outcome.init(rawValue:)),
      seconds: row["seconds"], reason: row["reason"], bytes: row["bytes"],
      process: row["process"])
  }
}
