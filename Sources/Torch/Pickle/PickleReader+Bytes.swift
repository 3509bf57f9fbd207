/// The input's bytes, the stack and the memo.
extension PickleReader {
  func need(_ count: Int) throws(PickleFault) {
    let missing = count - (bytes.count - position)
    guard missing <= 0 else { throw .truncated(missing: missing) }
  }

  mutating func byte() throws(PickleFault) -> UInt8 {
    try need(1)
    defer { position += 1 }
    return bytes[position]
  }

  mutating func take(_ count: Int) throws(PickleFault) -> ArraySlice<UInt8> {
    guard count >= 0 else { throw .unfit(what: "length", problem: "\(count)") }
    try need(count)
    defer { position += count }
    return bytes[position..<(position + count)]
  }

  /// A little-endian number of up to eight bytes; of eight, the last carries the sign.
  mutating func integer(_ count: Int) throws(PickleFault) -> Int {
    Int(truncatingIfNeeded: try take(count).reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) })
  }

  mutating func text(length: Int) throws(PickleFault) -> String {
    guard let text = String(validating: try take(length), as: UTF8.self) else { throw .notUTF8 }
    return text
  }

  /// Up to the line's end, as `GLOBAL` spells names.
  mutating func line() throws(PickleFault) -> String {
    let limit = min(bytes.count, position + PickleReader.Limits.nameBytes)
    guard let end = bytes[position..<limit].firstIndex(of: 0x0A) else {
      if limit == bytes.count { throw .truncated(missing: 1) }
      throw .unfit(what: "global", problem: "its name is no short text")
    }
    let line = try text(length: end - position)
    position = end + 1
    return line
  }

  mutating func pushLong(length: Int) throws(PickleFault) {
    let digits = try take(length)
    guard length > 8 else {
      let bits = digits.reversed().reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      let shift = 64 - 8 * UInt64(length)
      stack.append(.integer(length == 0 ? 0 : Int(Int64(bitPattern: bits << shift) >> shift)))
      return
    }
    try push(PickleObject(kind: .longInteger(Array(digits))))
  }

  mutating func pushBytes(length: Int) throws(PickleFault) {
    try push(PickleObject(kind: .bytes(Array(try take(length)))))
  }

  /// A `str` of Python 2, which was text or bytes.
  mutating func pushOldText(length: Int) throws(PickleFault) {
    let slice = try take(length)
    if let text = String(validating: slice, as: UTF8.self) {
      stack.append(.text(text))
    } else {
      try push(PickleObject(kind: .bytes(Array(slice))))
    }
  }

  mutating func pop() throws(PickleFault) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.popLast() else { throw .emptyStack }
    return value
  }

  func top() throws(PickleFault) -> PickleValue {
    guard stack.count > marks.last ?? 0, let value = stack.last else { throw .emptyStack }
    return value
  }

  mutating func popToMark() throws(PickleFault) -> [PickleValue] {
    guard let mark = marks.popLast() else { throw .noMark }
    let items = Array(stack[mark...])
    stack.removeSubrange(mark...)
    return items
  }

  mutating func memoize(_ index: Int) throws(PickleFault) {
    memo[index] = try top()
    guard memo.count <= Limits.memos else { throw .tooMany(what: "memos", limit: Limits.memos) }
  }

  mutating func recall(_ index: Int) throws(PickleFault) {
    guard let value = memo[index] else { throw .notMemoized(index) }
    stack.append(value)
  }

  mutating func make(_ object: PickleObject) throws(PickleFault) -> PickleValue {
    guard objects.count < Limits.objects else {
      throw .tooMany(what: "objects", limit: Limits.objects)
    }
    objects.append(object)
    return .object(objects.count - 1)
  }

  mutating func push(_ object: PickleObject) throws(PickleFault) {
    stack.append(try make(object))
  }

  func object(_ value: PickleValue) -> PickleObject? {
    if case .object(let index) = value { objects[index] } else { nil }
  }

  /// Adds to the list, set or dictionary on top of the stack.
  mutating func extend(
    _ kind: PickleObject.Kind, with items: [PickleValue]
  ) throws(PickleFault) {
    guard case .object(let index) = try top(), objects[index].kind == kind else {
      throw .unfit(what: "value", problem: "items are added to what is no \(kind)")
    }
    guard kind != .dictionary || items.count % 2 == 0 else {
      throw .unfit(what: "dictionary", problem: "a key has no value")
    }
    objects[index].items.append(contentsOf: items)
  }

  mutating func spend(_ amount: Int) throws(PickleFault) {
    copied += amount
    guard copied <= Limits.copies else {
      throw .tooMany(what: "bytes in copies", limit: Limits.copies)
    }
  }
}
