import OrderedCollections

/// What a stage consumes in one role.
package enum StageInput: Sendable, Hashable {
  /// The artifact of another stage, or one folder inside it (`entry`, such as `checkpoints/40`).
  case stage(StageKey, entry: String?)
  /// Something from outside the plan, known by the digest of its content. The path says where it
  /// was found and is never part of a key.
  case external(digest: String, path: String)

  package static func stage(_ key: StageKey) -> StageInput { .stage(key, entry: nil) }

  /// What enters the consumer's key.
  package var identity: Canonical {
    switch self {
    case .stage(let key, nil): .map(["stage": .string(key.hex)])
    case .stage(let key, let entry?):
      .map(["stage": .string(key.hex), "entry": .string(entry)])
    case .external(let digest, _): .map(["content": .string(digest)])
    }
  }

  /// The stage that must be done first, if any.
  package var stageKey: StageKey? {
    if case .stage(let key, _) = self { key } else { nil }
  }
}

/// What a stage needs of the machine. Never part of a key.
package struct Resources: Sendable, Hashable, Codable {
  package var cores: Int
  package var memoryBytes: Int
  /// What the artifact will take on disk, as far as the plan can tell.
  package var diskBytes: Int
  /// Relative cost (roughly core-seconds), for ordering by critical path; a guess is enough.
  package var cost: Double

  package init(
    cores: Int = 1, memoryBytes: Int = 1 << 30, diskBytes: Int = 1 << 20, cost: Double = 1
  ) {
    self.cores = cores
    self.memoryBytes = memoryBytes
    self.diskBytes = diskBytes
    self.cost = cost
  }
}

/// One node of a plan: what to do, as a frozen value whose identity is its content.
package struct Stage: Sendable, Hashable, Identifiable {
  package let kind: StageKind
  /// The typed parameters of the kind (`CorpusParameters`, `FineTuneParameters`, …) in canonical form.
  package let parameters: Canonical
  /// The seed of every random draw in the stage; `nil` for stages that draw nothing.
  package let seed: UInt64?
  /// What is consumed, by role.
  package let inputs: OrderedDictionary<String, StageInput>
  /// What a person reads: `fine-tune phones-nl · stable-ft · seed 1`. Never part of the key.
  package let label: String
  package let resources: Resources
  package let key: StageKey

  package var id: StageKey { key }

  /// Freezes a stage and computes its key.
  ///
  /// - Throws: `EncodingError` when a parameter is not finite.
  package init(
    _ kind: StageKind, parameters: some Encodable, seed: UInt64? = nil,
    inputs: OrderedDictionary<String, StageInput>, label: String,
    resources: Resources = Resources()
  ) throws {
    self.kind = kind
    self.parameters = try Canonical(encoding: parameters)
    self.seed = seed
    self.inputs = inputs
    self.label = label
    self.resources = resources
    key = StageKey(
      of: Self.identity(kind: kind, parameters: self.parameters, seed: seed, inputs: inputs))
  }

  /// Everything that decides the stage's result, and nothing else.
  package var identity: Canonical {
    Self.identity(kind: kind, parameters: parameters, seed: seed, inputs: inputs)
  }

  private static func identity(
    kind: StageKind, parameters: Canonical, seed: UInt64?,
    inputs: OrderedDictionary<String, StageInput>
  ) -> Canonical {
    var roles: [String: Canonical] = [:]
    for (role, input) in inputs { roles[role] = input.identity }
    return .map([
      "kind": .string(kind.rawValue),
      "revision": .integer(kind.revision),
      "parameters": parameters,
      "seed": seed.map { .string(String($0)) } ?? .null,
      "inputs": .map(roles),
    ])
  }

  /// Equality of keys: equal stages are one.
  package static func == (left: Stage, right: Stage) -> Bool { left.key == right.key }

  package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
