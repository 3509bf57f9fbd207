import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling

/// What is whole, damaged and missing among artifacts.
struct Soundness {
  private(set) var damaged: [ArtifactDamage] = []
  /// Stages that are still to be done.
  private var missing: [Stage] = []
  private var checked = 0
  private var bytes = 0
  private var labels: [StageKey: String] = [:]
  private var isRepaired = false
  var recomputed: [(stage: Stage, outcome: Recomputation.Outcome)]?
  var signal: Int32?

  /// Of one experiment: what it has, and what it would still make.
  init(_ workspace: Workspace) {
    let overview = PlanOverview(workspace.plan, store: workspace.store)
    for stage in workspace.plan.stages.values { labels[stage.key] = stage.label }
    // One that is cut short counts as not done, and is damaged rather than missing.
    let there = workspace.plan.stages.values.filter { stage in
      !stage.kind.isVirtual
        && FileManager.default.fileExists(atPath: workspace.store.folder(stage.kind, stage.key))
    }
    let keys = Set(there.map(\.key))
    missing = overview.remaining.filter { !keys.contains($0.key) }
    check(there.map { ($0.kind, $0.key) }, in: workspace.store)
  }

  /// Of all artifacts.
  ///
  /// - Throws: `LedgerError`.
  init(_ store: ArtifactStore, ledger: Diary) throws(LedgerError) {
    for stage in try ledger.stages() { labels[stage.key] = stage.label }
    check(store.folders(), in: store)
  }

  private mutating func check(
    _ artifacts: [(kind: StageKind, key: StageKey)], in store: ArtifactStore
  ) {
    checked = artifacts.count
    for (kind, key) in artifacts {
      bytes += (try? store.record(kind, key))?.files.reduce(0) { $0 + $1.bytes } ?? 0
    }
    let meter = WorkMeter(
      "hashed", total: Double(bytes), words: { Words.bytes(Int($0)) }, write: StandardError.meter)
    damaged = store.check(artifacts) { meter.add(Double($0)) }
    meter.finish()
  }

  /// Sets aside what is damaged.
  mutating func repair(_ store: ArtifactStore) {
    for damage in damaged where damage.isCertain { store.moveAside(damage.kind, damage.key) }
    isRepaired = true
  }

  var isWhole: Bool {
    damaged.isEmpty && missing.isEmpty
      && (recomputed ?? []).allSatisfy { $0.outcome == .same }
  }

  private func label(_ damage: ArtifactDamage) -> String {
    labels[damage.key] ?? "\(damage.kind.rawValue) \(damage.key)"
  }

  static func words(_ outcome: Recomputation.Outcome) -> String {
    switch outcome {
    case .same: "same"
    case .differs(let difference): "differs: \(difference)"
    case .failed(let reason): "failed (\(reason))"
    case .interrupted: "interrupted"
    }
  }

  var text: String {
    var text = ""
    for damage in damaged {
      text += "damaged: \(label(damage)) [\(damage.key)]\n"
      for problem in damage.problems { text += "  \(problem)\n" }
    }
    for stage in missing { text += "missing: \(stage.label) [\(stage.key)]\n" }
    for (stage, outcome) in recomputed ?? [] where outcome != .same {
      text += "\(Self.words(outcome)): \(stage.label) [\(stage.key)]\n"
    }
    text += "\(Words.count(checked, "artifact")), \(Words.bytes(bytes)): "
    let counts = [(damaged.count, "damaged"), (missing.count, "missing")].filter { $0.0 > 0 }
    text +=
      counts.isEmpty
      ? "all whole\n" : counts.map { "\($0) \($1)" }.joined(separator: ", ") + "\n"
    if let recomputed {
      let same = recomputed.count { $0.outcome == .same }
      text +=
        "made again: \(Words.count(recomputed.count, "stage")), \(same) the same to the byte\n"
    }
    if !damaged.isEmpty {
      text +=
        isRepaired
        ? "what was damaged is set aside; 'alphasweep run' makes it again\n"
        : "'alphasweep verify --repair' sets aside what is damaged, and 'alphasweep run' makes it "
          + "again\n"
    }
    return text
  }

  var json: Canonical {
    func stage(_ key: StageKey, _ label: String, _ more: [String: Canonical]) -> Canonical {
      .map(
        ["key": .string(key.hex), "stage": .string(label)].merging(more, uniquingKeysWith: { $1 }))
    }
    return .map([
      "checked": .integer(checked), "bytes": .integer(bytes), "whole": .bool(isWhole),
      "setAside": .bool(isRepaired),
      "damaged": .list(
        damaged.map {
          stage($0.key, label($0), ["problems": .list($0.problems.map { .string($0) })])
        }),
      "missing": .list(missing.map { stage($0.key, $0.label, [:]) }),
      "recomputed": recomputed.map { list in
        .list(
          list.map { entry in
            stage(
              entry.stage.key, entry.stage.label,
              [
                "outcome": .string(Self.words(entry.outcome)),
                "same": .bool(entry.outcome == .same),
              ])
          })
      } ?? .null,
    ])
  }
}
