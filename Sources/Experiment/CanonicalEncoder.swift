/// Turns an `Encodable` value into its `Canonical` form without going through text.
struct CanonicalEncoder: Encoder {
  /// Where an encoded value lands; a class because nested containers outlive the call that made them.
  final class Slot {
    var value: Canonical?
    var members: [String: Slot] = [:]
    var elements: [Slot]?
    var isMap = false

    func resolved() -> Canonical {
      if let value { return value }
      if let elements { return .list(elements.map { $0.resolved() }) }
      return isMap ? .map(members.mapValues { $0.resolved() }) : .null
    }
  }

  let slot: Slot
  let codingPath: [any CodingKey]
  let userInfo: [CodingUserInfoKey: Any] = [:]

  static func encode(_ value: some Encodable) throws -> Canonical {
    let slot = Slot()
    try value.encode(to: CanonicalEncoder(slot: slot, codingPath: []))
    return slot.resolved()
  }

  func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedEncodingContainer<Key> {
    slot.isMap = true
    return KeyedEncodingContainer(Keyed<Key>(slot: slot, codingPath: codingPath))
  }

  func unkeyedContainer() -> any UnkeyedEncodingContainer {
    if slot.elements == nil { slot.elements = [] }
    return Unkeyed(slot: slot, codingPath: codingPath)
  }

  func singleValueContainer() -> any SingleValueEncodingContainer {
    Single(slot: slot, codingPath: codingPath)
  }

  /// Encodes one value into `slot`, taking the primitive cases without a container.
  static func put(_ value: some Encodable, into slot: Slot, at path: [any CodingKey]) throws {
    switch value {
    case let value as Bool: slot.value = .bool(value)
    case let value as String: slot.value = .string(value)
    case let value as Double: slot.value = try finite(value, at: path)
    case let value as Float: slot.value = try finite(Double(value), at: path)
    case let value as any BinaryInteger: slot.value = try integer(value, at: path)
    case let value as Canonical: slot.value = value
    default: try value.encode(to: CanonicalEncoder(slot: slot, codingPath: path))
    }
  }

  private static func integer(
    _ value: any BinaryInteger, at path: [any CodingKey]
  ) throws -> Canonical {
    guard let small = Int(exactly: value) else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: path, debugDescription: "the integer does not fit 64 bits"))
    }
    return .integer(small)
  }

  private static func finite(_ value: Double, at path: [any CodingKey]) throws -> Canonical {
    guard value.isFinite else {
      throw EncodingError.invalidValue(
        value, .init(codingPath: path, debugDescription: "a number must be finite"))
    }
    return Canonical(number: value)
  }

  struct Keyed<Key: CodingKey>: KeyedEncodingContainerProtocol {
    let slot: Slot
    let codingPath: [any CodingKey]

    private func child(_ key: some CodingKey) -> Slot {
      let child = Slot()
      slot.members[key.stringValue] = child
      return child
    }

    mutating func encodeNil(forKey key: Key) { child(key).value = .null }

    mutating func encode(_ value: some Encodable, forKey key: Key) throws {
      try CanonicalEncoder.put(value, into: child(key), at: codingPath + [key])
    }

    mutating func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type, forKey key: Key
    ) -> KeyedEncodingContainer<Nested> {
      CanonicalEncoder(slot: child(key), codingPath: codingPath + [key]).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer(forKey key: Key) -> any UnkeyedEncodingContainer {
      CanonicalEncoder(slot: child(key), codingPath: codingPath + [key]).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
      CanonicalEncoder(slot: slot, codingPath: codingPath)
    }

    mutating func superEncoder(forKey key: Key) -> any Encoder {
      CanonicalEncoder(slot: child(key), codingPath: codingPath + [key])
    }
  }

  struct Unkeyed: UnkeyedEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]
    var count: Int { slot.elements?.count ?? 0 }

    private func child() -> Slot {
      let child = Slot()
      slot.elements?.append(child)
      return child
    }

    mutating func encodeNil() { child().value = .null }

    mutating func encode(_ value: some Encodable) throws {
      try CanonicalEncoder.put(value, into: child(), at: codingPath)
    }

    mutating func nestedContainer<Nested: CodingKey>(
      keyedBy type: Nested.Type
    ) -> KeyedEncodingContainer<Nested> {
      CanonicalEncoder(slot: child(), codingPath: codingPath).container(keyedBy: type)
    }

    mutating func nestedUnkeyedContainer() -> any UnkeyedEncodingContainer {
      CanonicalEncoder(slot: child(), codingPath: codingPath).unkeyedContainer()
    }

    mutating func superEncoder() -> any Encoder {
      CanonicalEncoder(slot: child(), codingPath: codingPath)
    }
  }

  struct Single: SingleValueEncodingContainer {
    let slot: Slot
    let codingPath: [any CodingKey]

    mutating func encodeNil() { slot.value = .null }

    mutating func encode(_ value: some Encodable) throws {
      try CanonicalEncoder.put(value, into: slot, at: codingPath)
    }
  }
}
