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

  /// Appends the text of `identity`.
  func writeIdentity(to bytes: inout [UInt8]) {
    switch self {
    case .stage(let key, let entry):
      bytes.append(UInt8(ascii: "{"))
      if let entry {
        bytes += #""entry":"#.utf8
        Canonical.quote(entry, into: &bytes)
        bytes.append(UInt8(ascii: ","))
      }
      bytes += #""stage":""#.utf8
      key.writeDigits(to: &bytes)
      bytes.append(UInt8(ascii: "\""))
    case .external(let digest, _):
      bytes += #"{"content":"#.utf8
      Canonical.quote(digest, into: &bytes)
    }
    bytes.append(UInt8(ascii: "}"))
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

/// Parameters in canonical form, with their text. Stages of one kind mostly differ in their inputs
/// alone, so a plan encodes what they share once.
struct FrozenParameters: Sendable {
  let value: Canonical
  let text: [UInt8]

  /// - Throws: `EncodingError` when a parameter is not finite.
  init(encoding parameters: some Encodable) throws {
    value = try Canonical(encoding: parameters)
    text = value.bytes
  }
}

/// One node of a plan: what to do, as a frozen value whose identity is its content.
package struct Stage: Sendable, Hashable, Identifiable {
  /// One allocation, however often the stage is copied: plans hand tens of thousands of them around.
  private final class Content: Sendable {
    let kind: StageKind
    let frozen: FrozenParameters
    let seed: UInt64?
    let inputs: OrderedDictionary<String, StageInput>
    let label: String
    let resources: Resources

    init(
      _ kind: StageKind, _ frozen: FrozenParameters, _ seed: UInt64?,
      _ inputs: OrderedDictionary<String, StageInput>, _ label: String, _ resources: Resources
    ) {
      self.kind = kind
      self.frozen = frozen
      self.seed = seed
      self.inputs = inputs
      self.label = label
      self.resources = resources
    }
  }

  private let content: Content
  package let key: StageKey

  package var id: StageKey { key }
  package var kind: StageKind { content.kind }
  /// The seed of every random draw in the stage; `nil` for stages that draw nothing.
  package var seed: UInt64? { content.seed }
  /// What is consumed, by role.
  package var inputs: OrderedDictionary<String, StageInput> { content.inputs }
  /// What a person reads: `fine-tune phones-nl · stable-ft · seed 1`. Never part of the key.
  package var label: String { content.label }
  package var resources: Resources { content.resources }

  /// Freezes a stage and computes its key.
  ///
  /// - Throws: `EncodingError` when a parameter is not finite.
  package init(
    _ kind: StageKind, parameters: some Encodable, seed: UInt64? = nil,
    inputs: OrderedDictionary<String, StageInput>, label: String,
    resources: Resources = Resources()
  ) throws {
    self.init(
      kind, frozen: try FrozenParameters(encoding: parameters), seed: seed, inputs: inputs,
      label: label, resources: resources)
  }

  /// Freezes a stage whose parameters were encoded before, as many stages share them.
  init(
    _ kind: StageKind, frozen: FrozenParameters, seed: UInt64?,
    inputs: OrderedDictionary<String, StageInput>, label: String, resources: Resources
  ) {
    content = Content(kind, frozen, seed, inputs, label, resources)
    key = StageKey(ofText: Self.identityText(kind, frozen, seed, inputs))
  }

  /// The typed parameters of the kind (`CorpusParameters`, `FineTuneParameters`, …) in canonical form.
  package var parameters: Canonical { content.frozen.value }

  /// The canonical text of `identity`, whose digest is the key.
  package var identityText: String {
    String(decoding: Self.identityText(kind, content.frozen, seed, inputs), as: UTF8.self)
  }

  /// Everything that decides the stage's result, and nothing else.
  package var identity: Canonical {
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

  /// The text of `identity` without building it: members stand in the order of their names.
  private static func identityText(
    _ kind: StageKind, _ parameters: FrozenParameters, _ seed: UInt64?,
    _ inputs: OrderedDictionary<String, StageInput>
  ) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.reserveCapacity(parameters.text.count + 160 + 128 * inputs.count)
    bytes += #"{"inputs":{"#.utf8
    let roles = inputs.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    for (index, role) in roles.enumerated() {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      Canonical.quote(role, into: &bytes)
      bytes.append(UInt8(ascii: ":"))
      inputs[role]?.writeIdentity(to: &bytes)
    }
    bytes += #"},"kind":"#.utf8
    Canonical.quote(kind.rawValue, into: &bytes)
    bytes += #","parameters":"#.utf8
    bytes += parameters.text
    bytes += #","revision":"#.utf8
    bytes += String(kind.revision).utf8
    bytes += #","seed":"#.utf8
    if let seed { Canonical.quote(String(seed), into: &bytes) } else { bytes += "null".utf8 }
    bytes.append(UInt8(ascii: "}"))
    return bytes
  }

  /// Equality of keys: equal stages are one.
  package static func == (left: Stage, right: Stage) -> Bool { left.key == right.key }

  package func hash(into hasher: inout Hasher) { hasher.combine(key) }
}
