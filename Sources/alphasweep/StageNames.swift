import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling

/// A stage that somebody may mean: of a plan, of the diary, or of the artifacts.
struct NamedStage {
  let key: StageKey
  let kind: StageKind
  let label: String
  /// `nil` when all that is left of the stage is a failed attempt.
  let identity: Canonical?
}

/// Finds the stages that people name by the beginning of a key, a part of a label, or `SPEC:` and one
/// of the two.
///
/// The diary knows all stages that were ever run; specs are planned only for stages that it does not
/// know, since that may take reading all recordings.
struct StageNames {
  let store: ArtifactStore
  let ledger: Diary
  private var stages: [StageKey: NamedStage] = [:]
  /// The last tried first, then those of plans.
  private var order: [StageKey] = []
  private var plans: [String: Plan] = [:]
  private let site: String?
  /// Whether experiments and artifacts were looked through.
  private var isWhole = false

  /// Of one or several stages: those that name a spec have it planned.
  ///
  /// - Throws: What planning throws, `WorkspaceError`, `LedgerError`, `StorageError`.
  init(_ texts: [String], site: String?) async throws {
    self.site = site
    var root: String?
    for spec in texts.compactMap({ Self.parts($0).spec }) where plans[spec] == nil {
      let workspace = try await Workspace(spec: spec, site: site)
      plans[spec] = workspace.plan
      root = root ?? workspace.store.root
    }
    store = ArtifactStore(
      root: try root ?? SitePlace(named: site, beside: "experiments").artifacts)
    ledger = try Diary.open(for: store).ledger
    for stage in try ledger.stages() {
      add(
        NamedStage(
          key: stage.key, kind: stage.kind, label: stage.label,
          identity: stage.identity == .null ? nil : stage.identity))
    }
    for plan in plans.values { add(plan) }
  }

  func identity(_ key: StageKey) -> Canonical? { stages[key]?.identity }

  /// The label of a stage, or its key where nobody knows it.
  func label(_ key: StageKey) -> String { stages[key]?.label ?? "stage \(key)" }

  /// The one stage that `text` names.
  ///
  /// - Parameters:
  ///   - text: The beginning of a key, a part of a label, or `SPEC:` and one of the two.
  ///   - lastTried: Whether among stages of equal labels the one that was tried last is meant.
  /// - Returns: The stage.
  /// - Throws: `StageNameError` when there is none, or several.
  mutating func find(_ text: String, lastTried: Bool = false) async throws -> NamedStage {
    let parts = Self.parts(text)
    var found = matches(parts)
    if found.isEmpty, parts.spec == nil, !isWhole {
      await lookFurther()
      found = matches(parts)
    }
    guard let first = found.first else { throw StageNameError.unknown(text) }
    let exact = found.filter { $0.label == parts.what }
    if let only = exact.first, exact.count == 1 || lastTried { return only }
    if found.count > 1, !(lastTried && Set(found.map(\.label)).count == 1) {
      throw StageNameError.several(text, found.map { ($0.key, $0.label) })
    }
    return first
  }

  private func matches(_ parts: (spec: String?, what: String)) -> [NamedStage] {
    let scope = parts.spec.flatMap { plans[$0] }
    let candidates = order.compactMap { stages[$0] }
      .filter { stage in scope.map { $0.stages[stage.key] != nil } ?? true }
    let byKey = candidates.filter { $0.key.hex.hasPrefix(parts.what) }
    return byKey.isEmpty
      ? candidates.filter { $0.label.localizedStandardContains(parts.what) } : byKey
  }

  /// Adds the stages of all experiments that can be planned, and of artifacts that no diary knows.
  private mutating func lookFurther() async {
    isWhole = true
    for file in Files.yamls(in: "experiments") {
      if let workspace = try? await Workspace(spec: file, site: site) { add(workspace.plan) }
    }
    for record in store.records() {
      guard let kind = record.identity["kind"]?.string.flatMap(StageKind.init(rawValue:)) else {
        continue
      }
      add(
        NamedStage(
          key: record.key, kind: kind, label: "\(kind.rawValue) \(record.key)",
          identity: record.identity))
    }
  }

  private mutating func add(_ plan: Plan) {
    for stage in plan.stages.values {
      add(
        NamedStage(
          key: stage.key, kind: stage.kind, label: stage.label, identity: stage.identity))
    }
  }

  private mutating func add(_ stage: NamedStage) {
    guard let known = stages[stage.key] else {
      order.append(stage.key)
      stages[stage.key] = stage
      return
    }
    if known.identity == nil { stages[stage.key] = stage }
  }

  /// `experiments/small.yaml:features` is a spec and what is looked for in it.
  private static func parts(_ text: String) -> (spec: String?, what: String) {
    guard let mark = text.range(of: ".yaml:") else { return (nil, text) }
    return (String(text[..<mark.lowerBound]) + ".yaml", String(text[mark.upperBound...]))
  }
}

/// A text that is not the name of one stage.
enum StageNameError: Error, CustomStringConvertible {
  case unknown(String)
  case several(String, [(key: StageKey, label: String)])
  case unexplained(label: String, StageKey)

  private static let shownStages = 10

  var description: String {
    switch self {
    case .unknown(let text):
      "no stage of the ledger, of the artifacts or of a spec in experiments/ has a key that begins "
        + "with '\(text)', or a label with it; 'alphasweep plan SPEC --json' lists a spec's, and "
        + "'SPEC:\(text)' looks in that one"
    case .several(let text, let found):
      (["'\(text)' is in \(found.count) stages; write more of the label, or a key:"]
        + found.prefix(Self.shownStages).map { "  \($0.key)  \($0.label)" }
        + (found.count > Self.shownStages ? ["  and \(found.count - Self.shownStages) more"] : []))
        .joined(separator: "\n")
    case .unexplained(let label, let key):
      "\(label) [\(key)]: what made it is not known: it never finished, and no spec in "
        + "experiments/ has it; name its spec, 'SPEC:\(key)'"
    }
  }
}
