/// What a worker is handed on standard input, one JSON line each: a stage with its inputs resolved
/// to folders.
package struct StageRequest: Sendable, Hashable, Codable {
  package var key: StageKey
  package var kind: StageKind
  package var parameters: Canonical
  package var seed: UInt64?
  package var inputs: [String: ResolvedInput]
  /// The stage's identity, kept in the artifact for people and for `why`.
  package var identity: Canonical
  package var label: String
  /// Counts the tries of this stage from 1.
  package var attempt: Int
  /// What the stage needs, for whoever finds a machine for it; workers do not ask.
  package var resources: Resources?
  /// Stages that the same worker is handed too, in any order, and carries out in one pass over features; absent where there
  /// are none.
  package var companions: [StageKey]?

  package init(
    key: StageKey, kind: StageKind, parameters: Canonical, seed: UInt64?,
    inputs: [String: ResolvedInput], identity: Canonical, label: String, attempt: Int,
    resources: Resources? = nil
  ) {
    self.key = key
    self.kind = kind
    self.parameters = parameters
    self.seed = seed
    self.inputs = inputs
    self.identity = identity
    self.label = label
    self.attempt = attempt
    self.resources = resources
  }
}

/// An input as a worker finds it.
package indirect enum ResolvedInput: Sendable, Hashable, Codable {
  /// The artifact of a finished stage, verified when read; `entry` is a folder inside it.
  case artifact(kind: StageKind, key: StageKey, entry: String?)
  /// A folder or file from outside the plan, whose content must have this digest.
  case external(path: String, digest: String)
  /// A virtual stage, carried out by its consumer.
  case virtual(kind: StageKind, parameters: Canonical, inputs: [String: ResolvedInput])
}

extension StageRequest {
  /// Resolves the inputs of `stage`, following virtual stages down to artifacts.
  package init(_ stage: Stage, in plan: Plan, attempt: Int) {
    self.init(
      key: stage.key, kind: stage.kind, parameters: stage.parameters, seed: stage.seed,
      inputs: Self.resolve(stage, in: plan), identity: stage.identity, label: stage.label,
      attempt: attempt, resources: stage.resources)
  }

  private static func resolve(_ stage: Stage, in plan: Plan) -> [String: ResolvedInput] {
    var resolved: [String: ResolvedInput] = [:]
    for (role, input) in stage.inputs {
      switch input {
      case .external(let digest, let path):
        resolved[role] = .external(path: path, digest: digest)
      case .stage(let key, let entry):
        guard let source = plan.stages[key] else { continue }
        resolved[role] =
          source.kind.isVirtual
          ? .virtual(
            kind: source.kind, parameters: source.parameters, inputs: resolve(source, in: plan))
          : .artifact(kind: source.kind, key: key, entry: entry)
      }
    }
    return resolved
  }
}
