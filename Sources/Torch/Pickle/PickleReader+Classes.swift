/// What classes and functions make of the values handed to them, as data.
extension PickleReader {
  mutating func pushGlobal(_ module: String, _ name: String) throws(PickleFault) {
    guard PickleRole(module: module, name: name) != nil else {
      throw .unknownGlobal("\(module).\(name)")
    }
    try push(PickleObject(kind: .global("\(module) \(name)")))
  }

  /// The qualified name of a global on the stack, and what it means.
  private func role(_ value: PickleValue) throws(PickleFault) -> (PickleRole, name: String) {
    guard case .global(let spelled)? = object(value)?.kind,
      let space = spelled.firstIndex(of: " "),
      let role = PickleRole(
        module: String(spelled[..<space]), name: String(spelled[spelled.index(after: space)...]))
    else { throw .unfit(what: "call", problem: "what is called is no class") }
    return (role, spelled.replacing(" ", with: "."))
  }

  private func tuple(_ value: PickleValue, _ what: String) throws(PickleFault) -> [PickleValue] {
    guard let object = object(value), object.kind == .tuple else {
      throw .unfit(what: what, problem: "no tuple where one is needed")
    }
    return object.items
  }

  /// `REDUCE` and `NEWOBJ`.
  mutating func construct(
    _ callee: PickleValue, _ arguments: PickleValue
  ) throws(PickleFault) -> PickleValue {
    let (role, name) = try role(callee)
    return try construct(role, name, try tuple(arguments, "call of \(name)"))
  }

  private mutating func construct(
    _ role: PickleRole, _ name: String, _ arguments: [PickleValue]
  ) throws(PickleFault) -> PickleValue {
    switch role {
    case .tensor(let version): return try tensor(version, arguments)
    case .parameter:
      guard let data = arguments.first, case .tensor? = object(data)?.kind else {
        throw .unfit(what: "parameter", problem: "it is made of no tensor")
      }
      return data
    case .fromType:
      // The function, the class, the arguments and the state.
      guard arguments.count == 4 else {
        throw .unfit(what: "tensor", problem: "\(name) takes 4 values, not \(arguments.count)")
      }
      let (inner, innerName) = try self.role(arguments[0])
      switch inner {
      case .tensor, .parameter:
        return try construct(inner, innerName, try tuple(arguments[2], "call of \(innerName)"))
      default: throw .unfit(what: "tensor", problem: "\(innerName) makes none")
      }
    case .dictionary: return try dictionary(arguments.first)
    case .defaultDictionary: return try dictionary(arguments.dropFirst().first)
    case .set, .list, .tuple: return try sequence(role, arguments.first)
    case .encode: return try encode(arguments)
    case .numpyScalar: return try numpyScalar(name, arguments)
    case .plain: return try make(PickleObject(kind: .instance(name), items: arguments))
    case .storage, .element:
      throw .unfit(what: "call", problem: "\(name) is called, which torch.save does not write")
    }
  }

  /// A dictionary, empty or from a dictionary or pairs.
  private mutating func dictionary(_ source: PickleValue?) throws(PickleFault) -> PickleValue {
    var items: [PickleValue] = []
    if let source, let object = object(source) {
      if object.kind == .dictionary {
        items = object.items
      } else {
        for pair in object.items {
          let entry = self.object(pair)?.items ?? []
          guard entry.count == 2 else {
            throw .unfit(what: "dictionary", problem: "it is made of what is no pair")
          }
          items += entry
        }
      }
    }
    try spend(16 * items.count)
    return try make(PickleObject(kind: .dictionary, items: items))
  }

  private mutating func sequence(
    _ role: PickleRole, _ source: PickleValue?
  ) throws(PickleFault) -> PickleValue {
    let kind: PickleObject.Kind = role == .set ? .set : role == .list ? .list : .tuple
    guard let source else { return try make(PickleObject(kind: kind)) }
    guard let object = object(source), [.list, .tuple, .set].contains(object.kind) else {
      throw .unfit(what: "\(kind)", problem: "it is made of no sequence")
    }
    try spend(16 * object.items.count)
    return try make(PickleObject(kind: kind, items: object.items))
  }

  /// The bytes of a text in Latin-1.
  private mutating func encode(_ arguments: [PickleValue]) throws(PickleFault) -> PickleValue {
    guard arguments.count == 2, case .text(let text) = arguments[0],
      case .text(let encoding) = arguments[1],
      encoding == "latin1", text.unicodeScalars.allSatisfy({ $0.value < 256 })
    else { throw .unfit(what: "bytes", problem: "it is no text in Latin-1") }
    try spend(text.utf8.count)
    return try make(
      PickleObject(kind: .bytes(text.unicodeScalars.map { UInt8(truncatingIfNeeded: $0.value) })))
  }

  /// numpy's own numbers, as numbers where their type is one of the usual.
  private mutating func numpyScalar(
    _ name: String, _ arguments: [PickleValue]
  ) throws(PickleFault) -> PickleValue {
    guard arguments.count == 2, let type = object(arguments[0]), case .instance = type.kind,
      case .text(let code)? = type.items.first,
      case .bytes(let bytes)? = object(arguments[1])?.kind
    else { return try make(PickleObject(kind: .instance(name), items: arguments)) }
    let bits = bytes.prefix(8).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    switch (code, bytes.count) {
    case ("f8", 8): return .real(Double(bitPattern: bits))
    case ("f4", 4): return .real(Double(Float(bitPattern: UInt32(truncatingIfNeeded: bits))))
    case ("i8", 8): return .integer(Int(Int64(bitPattern: bits)))
    case ("i4", 4): return .integer(Int(Int32(truncatingIfNeeded: bits)))
    case ("b1", 1): return .bool(bits != 0)
    default: return try make(PickleObject(kind: .instance(name), items: arguments))
    }
  }

  /// `BUILD`: the attributes of what is on top of the stack. Those of a dictionary (the
  /// `_metadata` of a module's tensors) and of a tensor are kept, and read by nobody.
  mutating func build(_ state: PickleValue) throws(PickleFault) {
    guard case .object(let index) = try top() else {
      throw .unfit(what: "state", problem: "it is set on a plain value")
    }
    switch objects[index].kind {
    case .instance, .dictionary, .tensor: objects[index].state = state
    default: throw .unfit(what: "state", problem: "it is set on what has none")
    }
  }
}

/// Storages and tensors.
extension PickleReader {
  /// A persistent identity: ("storage", class, key, device, elements, and in old files None).
  ///
  /// Source: torch, `serialization.py`, `persistent_id`.
  mutating func storage(_ identity: PickleValue) throws(PickleFault) -> PickleValue {
    let parts = try tuple(identity, "storage")
    guard (5...6).contains(parts.count), parts[0] == .text("storage"),
      case .text(let key) = parts[2], case .integer(let count) = parts[4],
      parts.count == 5 || parts[5] == .none
    else { throw .unfit(what: "storage", problem: "its description is not torch.save's") }
    guard case (.storage(let element), _) = try role(parts[1]) else {
      throw .unfit(what: "storage", problem: "its class is none of torch's storages")
    }
    let (_, overflow) = count.multipliedReportingOverflow(by: element.bytes)
    guard count >= 0, !overflow else {
      throw .unfit(what: "storage", problem: "it has \(count) elements")
    }
    let storage = PickleStorage(key: key, element: element, count: count)
    if let known = storages[key] {
      guard objects[known].kind == .storage(storage) else { throw .storageTwice(key: key) }
      return .object(known)
    }
    let value = try make(PickleObject(kind: .storage(storage)))
    if case .object(let index) = value { storages[key] = index }
    return value
  }

  private mutating func tensor(
    _ version: Int, _ arguments: [PickleValue]
  ) throws(PickleFault) -> PickleValue {
    guard arguments.count >= (version == 3 ? 7 : 4),
      case .storage(let storage)? = object(arguments[0])?.kind,
      case .integer(let offset) = arguments[1]
    else { throw .unfit(what: "tensor", problem: "its description is not torch.save's") }
    var element = storage.element
    if version == 3 {
      guard case (.element(let named), _) = try role(arguments[6]) else {
        throw .unfit(what: "tensor", problem: "its type is none of torch's")
      }
      element = named
    }
    let tensor = try PickleTensor(
      storage: storage, element: element, offset: offset, shape: try integers(arguments[2]),
      strides: try integers(arguments[3]))
    return try make(PickleObject(kind: .tensor(tensor)))
  }

  private func integers(_ value: PickleValue) throws(PickleFault) -> [Int] {
    let items = try tuple(value, "tensor")
    guard items.count <= PickleTensor.rankLimit else {
      throw .unfit(what: "tensor", problem: "it has \(items.count) dimensions")
    }
    var integers: [Int] = []
    for item in items {
      guard case .integer(let integer) = item else {
        throw .unfit(what: "tensor", problem: "a size or stride is no integer")
      }
      integers.append(integer)
    }
    return integers
  }
}
