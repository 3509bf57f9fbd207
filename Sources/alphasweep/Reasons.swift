import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling

/// Why the stages of a plan run, or do not.
struct Reasons {
  private let overview: PlanOverview
  private let store: ArtifactStore
  private let known: [KnownStage]
  private let attempts: [StageKey: [KnownAttempt]]

  /// - Throws: `LedgerError`, `StorageError`.
  init(_ workspace: Workspace) throws {
    store = workspace.store
    overview = PlanOverview(workspace.plan, store: store)
    let ledger = try Diary.open(for: store).ledger
    known = try ledger.stages()
    attempts = Dictionary(grouping: try ledger.attempts(), by: \.key)
  }

  /// Every stage that would run; those that only follow from others are counted.
  func all() -> String {
    let remaining = overview.remaining
    guard !remaining.isEmpty else { return "Nothing would run: everything is there.\n" }
    let open = Set(remaining.map(\.key))
    var text = ""
    var following = 0
    for stage in remaining {
      let waits = overview.plan.artifacts(consumedBy: stage).contains { open.contains($0.key) }
      let reason = reason(stage)
      // New because something above is: said once, above.
      if waits, reason.isInherited {
        following += 1
      } else {
        text += Words.wrapped("\(stage.label) [\(stage.key)]: \(reason.text)") + "\n"
      }
    }
    if following > 0 {
      text += "\(Words.count(following, "stage")) more, because of the stages above.\n"
    }
    return text
  }

  /// The stages that `text` names, each with its reason.
  func matching(_ text: String) -> String {
    named(text).map { stage in
      Words.wrapped("\(stage.label) [\(stage.key)]: \(reason(stage).text)") + "\n"
    }.joined()
  }

  /// Of the stages that would run, or of those that `text` names: one object each.
  func json(matching text: String? = nil) -> [Canonical] {
    let stages = text.map(named) ?? overview.remaining
    return stages.map { stage in
      let reason = reason(stage)
      return .map([
        "stage": .string(stage.label), "kind": .string(stage.kind.rawValue),
        "key": .string(stage.key.hex), "willRun": .bool(overview.states[stage.key] == .todo),
        "reason": .string(reason.text), "followsFromInputs": .bool(reason.isInherited),
      ])
    }
  }

  private func named(_ text: String) -> [Stage] {
    overview.plan.stages.values.filter {
      $0.key.hex.hasPrefix(text) || $0.label.localizedStandardContains(text)
    }
  }

  /// Why one stage runs or does not, and whether that is only because of its inputs.
  private func reason(_ stage: Stage) -> (text: String, isInherited: Bool) {
    if stage.kind.isVirtual {
      return ("it is carried out inside the stages that read it, and never stored", false)
    }
    switch overview.states[stage.key] {
    case .done: return (doneWords(stage), false)
    case .unneeded:
      return ("it is not there, but nothing that is to be done reads it", false)
    case .todo, nil: break
    }
    if let last = attempts[stage.key]?.last {
      switch last.outcome {
      case .failed: return ("its last attempt failed: \(last.reason ?? "")", false)
      case .crashed: return ("the worker of its last attempt died: \(last.reason ?? "")", false)
      case .interrupted: return ("its last attempt was interrupted", false)
      case .cancelled: return ("its last attempt was cancelled", false)
      case .done: return ("it was done once, but its artifact is gone or damaged", false)
      case nil: return ("it is being done now, or a killed program left it", false)
      }
    }
    guard let nearest = nearest(to: stage) else {
      return ("no stage of this kind has been done yet", true)
    }
    let differences = nearest.differences
    let isInherited = differences.allSatisfy { $0.hasPrefix("input ") }
    let words = (differences + [extensionWords(stage, differences)].compactMap { $0 })
      .joined(separator: "; ")
    return nearest.stage.label == stage.label
      ? (words, isInherited)
      : ("it has never been done; nearest is '\(nearest.stage.label)': \(words)", isInherited)
  }

  /// Whether a training with more steps goes on from the end of the shorter one, and why not.
  private func extensionWords(_ stage: Stage, _ differences: [String]) -> String? {
    guard stage.kind == .fineTune, differences.contains(where: { $0.hasPrefix("recipe.steps ") }),
      let parameters = try? stage.parameters.decoded(as: FineTuneParameters.self)
    else { return nil }
    return parameters.recipe.whyNotExtended.map {
      "it starts anew, since \($0) (with 'head-only: 0%', 'warm-up: 0%' and 'hold: 100%' it would go on)"
    } ?? "it goes on from the end of the shorter one"
  }

  private func doneWords(_ stage: Stage) -> String {
    guard let last = attempts[stage.key]?.last(where: { $0.outcome == .done }) else {
      return "it is done and will not run again"
    }
    let day = last.started.formatted(.iso8601.year().month().day())
    let took = last.seconds.map { " in \(ProgressBoard.clock($0))" } ?? ""
    return "it is done (\(day)\(took)) and will not run again"
  }

  /// The finished stage that differs least: one with the same label before all others.
  private func nearest(to stage: Stage) -> (stage: KnownStage, differences: [String])? {
    let identities = Dictionary(
      known.map { ($0.key, $0.identity) }, uniquingKeysWith: { first, _ in first })
    func identity(_ key: StageKey) -> Canonical? {
      overview.plan.stages[key]?.identity ?? identities[key]
    }
    var best: (stage: KnownStage, differences: [String])?
    for candidate in known where candidate.kind == stage.kind && candidate.key != stage.key {
      guard candidate.identity != .null, store.contains(candidate.kind, candidate.key) else {
        continue
      }
      let differences = Explanation.differences(
        from: candidate.identity, to: stage.identity, identity: identity)
      if let best {
        let before = (best.stage.label == stage.label ? 0 : 1, best.differences.count)
        guard (candidate.label == stage.label ? 0 : 1, differences.count) < before else { continue }
      }
      best = (candidate, differences)
    }
    return best
  }
}
