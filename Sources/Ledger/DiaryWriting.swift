import Experiment
import Foundation
import GRDB

extension Diary {
  /// Notes an experiment and all its stages; what is known already stays, but for labels.
  ///
  /// - Throws: `LedgerError`.
  package func note(experiment: String, question: String, stages: [Stage]) throws(LedgerError) {
    try write { database in
      try database.execute(
        sql: """
          INSERT INTO experiment (name, question) VALUES (?, ?)
          ON CONFLICT (name) DO UPDATE SET question = excluded.question
          """, arguments: [experiment, question])
      try database.execute(
        sql: "DELETE FROM plannedStage WHERE experiment = ?", arguments: [experiment])
      for stage in stages {
        try Self.insert(
          stage.key, stage.kind, label: stage.label, identity: stage.identityText, in: database)
        try database.cachedStatement(
          sql: "INSERT OR IGNORE INTO plannedStage (experiment, key) VALUES (?, ?)"
        ).execute(arguments: [experiment, stage.key.hex])
      }
    }
  }

  /// Opens attempts of noted stages in one transaction and numbers them; two processes never get the same
  /// number.
  ///
  /// - Parameters:
  ///   - stages: Who is given which stage.
  ///   - experiment: Whose plan it is.
  ///   - host: This machine.
  ///   - process: This program.
  ///   - started: When they begin.
  /// - Returns: A number for each, counted from 1 for each stage.
  /// - Throws: `LedgerError`; no attempt is open then.
  package func begin(
    _ stages: [(key: StageKey, worker: Int)], experiment: String, host: String, process: Int32,
    started: Date
  ) throws(LedgerError) -> [Int] {
    try write { database in
      let last = try database.cachedStatement(sql: "SELECT max(number) FROM attempt WHERE key = ?")
      let insert = try database.cachedStatement(
        sql: """
          INSERT INTO attempt (key, number, experiment, worker, host, process, started)
          VALUES (?, ?, ?, ?, ?, ?, ?)
          """)
      return try stages.map { key, worker in
        let number = (try Int.fetchOne(last, arguments: [key.hex]) ?? 0) + 1
        try insert.execute(arguments: [
          key.hex, number, experiment, worker, host, process, started.timeIntervalSince1970,
        ])
        return number
      }
    }
  }

  /// Notes how attempts ended, with all that they measured, in one transaction.
  ///
  /// - Throws: `LedgerError`; none is noted then.
  package func end(_ attempts: [Attempt]) throws(LedgerError) {
    try write { database in
      let update = try database.cachedStatement(
        sql: """
          UPDATE attempt SET outcome = ?, seconds = ?, reason = ?, bytes = ?
          WHERE key = ? AND number = ?
          """)
      for attempt in attempts {
        try update.execute(arguments: [
          attempt.outcome.rawValue, attempt.seconds, attempt.reason, attempt.bytes,
          attempt.key.hex, attempt.number,
        ])
        try Self.insert(attempt.metrics, of: attempt.key, in: database)
      }
    }
  }

  /// Notes that attempts of processes that are gone were interrupted.
  ///
  /// - Parameters:
  ///   - host: This machine; other machines' processes cannot be asked for.
  ///   - isAlive: Whether a process of this machine is still there.
  /// - Throws: `LedgerError`.
  package func closeAbandoned(
    host: String, isAlive: (Int32) -> Bool
  ) throws(LedgerError) {
    try write { database in
      let processes = try Int32.fetchAll(
        database,
        sql: "SELECT DISTINCT process FROM attempt WHERE outcome IS NULL AND host = ?",
        arguments: [host])
      for process in processes where !isAlive(process) {
        try database.execute(
          sql: """
            UPDATE attempt SET outcome = ?, reason = ?
            WHERE outcome IS NULL AND host = ? AND process = ?
            """,
          arguments: [
            Attempt.Outcome.interrupted.rawValue, "the program ended before the stage did", host,
            process,
          ])
      }
    }
  }

  /// Adds to the diary what lies in the artifact folder and is missing in it: into an empty one, all.
  /// Nothing is removed, so two processes that find no diary may both write it.
  ///
  /// - Parameters:
  ///   - artifacts: What made each finished artifact.
  ///   - attempts: How each kept attempt went; of two of one number the one that says more.
  ///   - plans: What each experiment had when it was run last.
  /// - Throws: `LedgerError`; the diary is then as it was.
  package func rebuild(
    artifacts: [(key: StageKey, identity: Canonical)], attempts: [Attempt],
    plans: [PlanOutline] = []
  ) throws(LedgerError) {
    try write { database in
      for (key, identity) in artifacts {
        let kind = identity["kind"]?.string.flatMap(StageKind.init(rawValue:))
        guard let kind else { continue }
        try Self.insert(key, kind, label: nil, identity: identity.text, in: database)
      }
      for attempt in Attempt.settled(attempts) {
        try Self.insert(
          attempt.key, attempt.kind, label: attempt.label, identity: nil, in: database)
        try Self.insert(attempt, in: database)
      }
      for plan in plans { try Self.insert(plan, in: database) }
      try database.execute(sql: "PRAGMA user_version = \(Self.written)")
    }
  }

  /// Adds what an experiment had, unless more is known of it.
  private static func insert(_ plan: PlanOutline, in database: Database) throws {
    try database.execute(
      sql: "INSERT OR IGNORE INTO experiment (name, question) VALUES (?, ?)",
      arguments: [plan.experiment, plan.question])
    for stage in plan.stages {
      try insert(stage.key, stage.kind, label: stage.label, identity: nil, in: database)
      try database.cachedStatement(
        sql: "INSERT OR IGNORE INTO plannedStage (experiment, key) VALUES (?, ?)"
      ).execute(arguments: [plan.experiment, stage.key.hex])
    }
  }

  /// Adds a stage, or what was not known of it: an artifact has no label, an attempt no identity.
  private static func insert(
    _ key: StageKey, _ kind: StageKind, label: String?, identity: String?, in database: Database
  ) throws {
    try database.cachedStatement(
      sql: """
        INSERT INTO stage (key, kind, label, identity)
        VALUES (:key, :kind, coalesce(:label, :name), coalesce(:identity, 'null'))
        ON CONFLICT (key) DO UPDATE SET
          label = coalesce(:label, label), identity = coalesce(:identity, identity)
        """
    ).execute(arguments: [
      "key": key.hex, "kind": kind.rawValue, "label": label, "name": "\(kind.rawValue) \(key)",
      "identity": identity,
    ])
  }

  private static func insert(_ attempt: Attempt, in database: Database) throws {
    try database.execute(
      sql: """
        INSERT OR REPLACE INTO attempt
          (key, number, experiment, worker, host, process, started, outcome, seconds, reason, bytes)
        VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?)
        """,
      arguments: [
        attempt.key.hex, attempt.number, attempt.experiment, attempt.worker, attempt.host,
        attempt.started.timeIntervalSince1970, attempt.outcome.rawValue, attempt.seconds,
        attempt.reason, attempt.bytes,
      ])
    try insert(attempt.metrics, of: attempt.key, in: database)
  }

  private static func insert(
    _ metrics: [Attempt.Metric], of key: StageKey, in database: Database
  ) throws {
    for metric in metrics {
      try database.cachedStatement(
        sql: "INSERT OR REPLACE INTO metric (key, name, step, value) VALUES (?, ?, ?, ?)"
      ).execute(arguments: [key.hex, metric.name, metric.step, metric.value])
    }
  }
}
