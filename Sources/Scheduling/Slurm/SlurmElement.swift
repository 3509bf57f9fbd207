import Artifacts
import Experiment
import Foundation

/// How one run of an element ended, as its script says.
package struct SlurmOutcome: Sendable, Hashable {
  package enum How: String, Sendable {
    /// The worker ended.
    case byItself = "by-itself"
    /// Slurm gave notice (time limit, preemption), and the worker was told to save its state.
    case stopped
    /// A module or a line of the site's setup failed.
    case setup
    /// The request is not the one that was sent.
    case forged
  }
  package var how: How
  package var code: Int32
  package var node: String
  package var what: String

  package init(how: How, code: Int32, node: String = "", what: String = "") {
    (self.how, self.code, self.node, self.what) = (how, code, node, what)
  }

  /// - Parameter text: Lines of how, code, node and what.
  init?(text: String) {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    guard lines.count >= 4, let how = How(rawValue: lines[0]), let code = Int32(lines[1]) else {
      return nil
    }
    self.init(how: how, code: code, node: lines[2], what: lines[3])
  }
}

/// What an element's files say, read anew at each look.
package struct SlurmElement: Sendable {
  let batch: SlurmBatch
  let index: Int

  var key: StageKey { batch.manifest.keys[index] }

  /// The runs that left a file called `<what>.<index>.<job>.<restart>`, the latest last.
  private func runs(_ what: String, in names: [String]) -> [String] {
    let prefix = "\(what).\(index)."
    return names.filter { $0.hasPrefix(prefix) && !$0.hasSuffix(".new") }
      .sorted { $0.compare($1, options: .numeric) == .orderedAscending }
  }

  private func text(_ name: String) -> String? {
    FileManager.default.contents(atPath: "\(batch.folder)/\(name)").map {
      String(decoding: $0, as: UTF8.self)
    }
  }

  /// How its last run ended, as the files of the batch called `names` say.
  ///
  /// - Parameter names: The files of the batch.
  /// - Returns: `nil` while no run ended.
  func outcome(_ names: [String]) -> SlurmOutcome? {
    runs("outcome", in: names).last.flatMap(text).flatMap(SlurmOutcome.init(text:))
  }

  /// What its workers said, in all runs.
  func events(_ names: [String]) -> [WorkerEvent] {
    let decoder = JSONDecoder()
    return runs("events", in: names).compactMap(text).flatMap { text in
      // A line that is still being written has no end yet, and is no event.
      text.split(separator: "\n").compactMap {
        try? decoder.decode(WorkerEvent.self, from: Data($0.utf8))
      }
    }
  }

  /// Whether its stage saved something since the last run began.
  func madeProgress(_ names: [String], store: ArtifactStore) -> Bool {
    guard let run = runs("started", in: names).last,
      let began = Self.changed("\(batch.folder)/\(run)")
    else { return false }
    let state = "\(store.root)/state/\(key.hex)"
    let saved = (try? FileManager.default.subpathsOfDirectory(atPath: state)) ?? []
    return saved.contains { name in
      Self.changed("\(state)/\(name)").map { $0 > began } ?? false
    }
  }

  private static func changed(_ path: String) -> Date? {
    try? FileManager.default.attributesOfItem(atPath: path)[.modificationDate] as? Date
  }

  /// The end of its log, for people.
  var tail: String {
    let lines = (text("log.\(index)") ?? "").split(separator: "\n").suffix(12)
    return lines.isEmpty
      ? "it left no log"
      : "the end of its log, \(batch.folder)/log.\(index):\n"
        + lines.map { "  | \($0)" }.joined(separator: "\n")
  }
}
