import Foundation

extension StageRequest {
  /// What `init(json:)` reads, as `Codable` writes it.
  package var canonical: Canonical {
    var members: [String: Canonical] = [
      "key": .string(key.hex), "kind": .string(kind.rawValue), "parameters": parameters,
      "inputs": .map(inputs.mapValues(\.canonical)), "identity": identity,
      "label": .string(label), "attempt": .integer(attempt),
    ]
    // No spec has a larger seed than `Int` holds; the reader would refuse the text.
    if let seed {
      members["seed"] = Int(exactly: seed).map(Canonical.integer) ?? .string("\(seed)")
    }
    if let resources {
      members["resources"] = .map([
        "cores": .integer(resources.cores), "memoryBytes": .integer(resources.memoryBytes),
        "diskBytes": .integer(resources.diskBytes), "cost": Canonical(number: resources.cost),
      ])
    }
    if let companions { members["companions"] = .list(companions.map { .string($0.hex) }) }
    return .map(members)
  }

  /// Reads a request. Workers are handed thousands of them, so no decoder guesses at types.
  ///
  /// - Throws: `DecodingError` naming the member that is missing or of another type.
  package init(json: Data) throws {
    let request = try Canonical(json: json)
    func member(_ name: String) throws -> Canonical {
      guard let member = request[name] else { throw Self.malformed(name) }
      return member
    }
    guard case .integer(let attempt) = try member("attempt") else {
      throw Self.malformed("attempt")
    }
    self.init(
      key: try member("key").decodedKey("key"), kind: try member("kind").decodedKind("kind"),
      parameters: try member("parameters"), seed: try request["seed"].flatMap(Self.seed),
      inputs: try ResolvedInput.all(in: member("inputs")), identity: try member("identity"),
      label: try member("label").decodedString("label"), attempt: attempt,
      resources: try request["resources"].flatMap(Self.resources))
    companions = try request["companions"].flatMap(Self.companions)
  }

  private static func companions(_ value: Canonical) throws -> [StageKey]? {
    if value == .null { return nil }
    guard case .list(let keys) = value else { throw malformed("companions") }
    return try keys.map { try $0.decodedKey("companions") }
  }

  private static func seed(_ value: Canonical) throws -> UInt64? {
    switch value {
    case .null: return nil
    case .integer(let seed) where seed >= 0: return UInt64(seed)
    default: throw malformed("seed")
    }
  }

  private static func resources(_ value: Canonical) throws -> Resources? {
    if value == .null { return nil }
    func whole(_ name: String) throws -> Int {
      guard case .integer(let number)? = value[name] else { throw malformed(name) }
      return number
    }
    guard let cost = value["cost"]?.number else { throw malformed("cost") }
    return Resources(
      cores: try whole("cores"), memoryBytes: try whole("memoryBytes"),
      diskBytes: try whole("diskBytes"), cost: cost)
  }

  fileprivate static func malformed(_ member: String) -> DecodingError {
    .dataCorrupted(
      .init(codingPath: [], debugDescription: "'\(member)' is missing, or is not what it should be")
    )
  }
}

extension Canonical {
  fileprivate func decodedString(_ member: String) throws -> String {
    guard let string else { throw StageRequest.malformed(member) }
    return string
  }

  fileprivate func decodedKey(_ member: String) throws -> StageKey {
    guard let key = string.flatMap(StageKey.init(hex:)) else {
      throw StageRequest.malformed(member)
    }
    return key
  }

  fileprivate func decodedKind(_ member: String) throws -> StageKind {
    guard let kind = string.flatMap(StageKind.init(rawValue:)) else {
      throw StageRequest.malformed(member)
    }
    return kind
  }
}

extension ResolvedInput {
  fileprivate var canonical: Canonical {
    switch self {
    case .artifact(let kind, let key, let entry):
      var members: [String: Canonical] = [
        "kind": .string(kind.rawValue), "key": .string(key.hex),
      ]
      if let entry { members["entry"] = .string(entry) }
      return .map(["artifact": .map(members)])
    case .external(let path, let digest):
      return .map(["external": .map(["path": .string(path), "digest": .string(digest)])])
    case .virtual(let kind, let parameters, let inputs):
      return .map([
        "virtual": .map([
          "kind": .string(kind.rawValue), "parameters": parameters,
          "inputs": .map(inputs.mapValues(\.canonical)),
        ])
      ])
    }
  }

  /// The inputs by role, as `Codable` writes them: one member that is named for the case.
  fileprivate static func all(in value: Canonical) throws -> [String: ResolvedInput] {
    guard case .map(let inputs) = value else { throw StageRequest.malformed("inputs") }
    return try inputs.mapValues(ResolvedInput.init)
  }

  private init(_ value: Canonical) throws {
    func member(_ input: Canonical, _ name: String) throws -> Canonical {
      guard let member = input[name] else { throw StageRequest.malformed(name) }
      return member
    }
    if let input = value["artifact"] {
      let entry = input["entry"] ?? .null
      self = .artifact(
        kind: try member(input, "kind").decodedKind("kind"),
        key: try member(input, "key").decodedKey("key"),
        entry: entry == .null ? nil : try entry.decodedString("entry"))
    } else if let input = value["external"] {
      self = .external(
        path: try member(input, "path").decodedString("path"),
        digest: try member(input, "digest").decodedString("digest"))
    } else if let input = value["virtual"] {
      self = .virtual(
        kind: try member(input, "kind").decodedKind("kind"),
        parameters: try member(input, "parameters"),
        inputs: try Self.all(in: member(input, "inputs")))
    } else {
      throw StageRequest.malformed("inputs")
    }
  }
}
