import Artifacts
import Experiment
import Foundation
import Ledger
import Reports
import Scheduling

/// Writes an experiment's report, unless an equal one is there.
struct ReportStep {
  private let workspace: Workspace
  private let results: String

  /// - Parameters:
  ///   - workspace: The experiment.
  ///   - results: The experiment's own folder of results.
  init(_ workspace: Workspace, results: String) {
    self.workspace = workspace
    self.results = results
  }

  private var page: String { results + "/report.html" }

  /// What the last report was written from. It is kept beside the artifacts: results hold no such
  /// things.
  private var stampPath: String {
    let place = Digest256.hex(of: Array(results.utf8)).prefix(16)
    return "\(workspace.store.root)/reports/\(workspace.spec.experiment)-\(place).json"
  }

  /// Whether the report need not be written.
  ///
  /// - Parameter finished: The wanted stages whose artifacts are there.
  /// - Returns: The path of the page, if it says all that there is.
  /// - Throws: `StorageError`.
  func unchanged(finished: Set<StageKey>) throws -> String? {
    isUnchanged(try stamp(there: finished)) ? page : nil
  }

  /// Writes the report.
  ///
  /// - Parameters:
  ///   - anew: Whether to write it even if nothing that it says has changed.
  ///   - finished: The wanted stages whose artifacts are there; looked for where absent.
  /// - Returns: The path of the page.
  /// - Throws: `StorageError` when it cannot be written, `ArtifactError` for a damaged measurement.
  func write(anew: Bool = false, finished: Set<StageKey>? = nil) throws -> String {
    let plan = workspace.plan
    let there =
      finished ?? workspace.store.finished(plan.wanted.compactMap { plan.stages[$0] })
    let stamp = try stamp(there: there)
    if !anew, isUnchanged(stamp) { return page }
    let outcome = try ReportWriter(
      plan: workspace.plan, source: StoredMeasurements(store: workspace.store), folder: results,
      costs: try costs()
    ).write()
    if let problem = outcome.figureProblem {
      // Not settled: the next run tries again.
      StandardError.write("\(problem)\n")
      return page
    }
    let files = try Self.digests(below: results)
    // Without it the next run writes the same report again.
    try? AtomicFile.write(
      text: Canonical.map(["from": stamp, "files": files]).text + "\n", to: stampPath)
    return page
  }

  private func stamp(there: Set<StageKey>) throws -> Canonical {
    .string(try Digest256.hex(of: stampText(there: there)))
  }

  private func costs() throws -> StageCosts {
    let store = workspace.store
    var bytes: [StageKey: Int] = [:]
    for stage in workspace.plan.stages.values {
      guard let record = try? store.record(stage.kind, stage.key) else { continue }
      bytes[stage.key] = record.files.reduce(0) { $0 + $1.bytes }
    }
    return StageCosts(
      seconds: try Diary.open(for: store).ledger.durations(), bytes: bytes)
  }

  private func isUnchanged(_ stamp: Canonical) -> Bool {
    guard let data = FileManager.default.contents(atPath: stampPath),
      let last = try? Canonical(json: data), last["from"] == stamp
    else { return false }
    return (try? Self.digests(below: results)) == last["files"]
  }

  /// Everything that the report is made from: the program, the plan's words, and which of the wanted
  /// artifacts are there (their content follows from their keys). Ten thousand keys are written down one
  /// after the other; its digest is all that is kept.
  private func stampText(there: Set<StageKey>) throws -> [UInt8] {
    let plan = workspace.plan
    var text = try Canonical.map([
      "program": .string(CurrentProgram.identity()), "experiment": .string(plan.experiment),
      "question": .string(plan.question), "tasks": Canonical(encoding: plan.tasks),
      "heldOut": Canonical(encoding: plan.heldOut),
      "score": plan.score.map { try Canonical(encoding: $0) } ?? .null,
      "published": plan.published.map { try Canonical(encoding: $0) } ?? .null,
      "comparison": plan.comparison.map { try Canonical(encoding: $0) } ?? .null,
    ]).bytes
    // A method's row is the same for all its seeds.
    var methods: [MethodPoint: Canonical] = [:]
    for cell in plan.cells {
      let method = try methods[cell.method] ?? Canonical(encoding: cell.method)
      methods[cell.method] = method
      let row = try Canonical.map([
        "model": cell.model.map { .string($0) } ?? .null, "method": method,
        "fineTuned": cell.fineTuned.map { .string($0) } ?? .null,
        "seed": .string(String(cell.seed)),
        "heard": cell.heard.isEmpty ? .map([:]) : Canonical(encoding: cell.heard),
      ])
      text.append(UInt8(ascii: "\n"))
      text += row.bytes
      for (task, key) in cell.evaluations { Self.append(task, key, to: &text) }
      if let comparison = cell.comparison { Self.append("=", comparison, to: &text) }
    }
    for key in plan.wanted where !there.contains(key) { Self.append("-", key, to: &text) }
    return text
  }

  private static func append(_ name: String, _ key: StageKey, to text: inout [UInt8]) {
    text.append(UInt8(ascii: "\n"))
    text += name.utf8
    text.append(UInt8(ascii: " "))
    key.writeBytes(to: &text)
  }

  private static func digests(below folder: String) throws -> Canonical {
    var digests: [String: Canonical] = [:]
    for path in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      let full = folder + "/" + path
      var isFolder: ObjCBool = false
      guard FileManager.default.fileExists(atPath: full, isDirectory: &isFolder),
        !isFolder.boolValue
      else { continue }
      digests[path] = .string(try FileDigest.of(full).hex)
    }
    return .map(digests)
  }
}

/// The program that is running.
private enum CurrentProgram {
  /// Tells one build from another: size and time of the file.
  ///
  /// - Throws: `StorageError` when the program's file is gone.
  static func identity() throws(StorageError) -> String {
    let path = "/proc/self/exe"
    var status = stat()
    guard stat(path, &status) == 0 else { throw .last("read", path) }
    return "\(status.st_size) \(status.st_mtim.tv_sec) \(status.st_mtim.tv_nsec)"
  }
}
