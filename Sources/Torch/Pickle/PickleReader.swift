/// Reads one pickle as data: Python's stack machine with its opcodes of protocols 2 to 5, in which
/// calling a class only writes down what it was called with.
///
/// Source: CPython, `pickletools.py` (the meaning of each opcode); torch, `_weights_only_unpickler`
/// (which of them `torch.save` writes). Stack, memo and objects are bounded by the bytes read and
/// by `Limits`, and nothing recurses, so that no input costs more than some hundred bytes a byte.
struct PickleReader {
  enum Limits {
    static let objects = 1_000_000
    static let memos = 1_000_000
    static let nameBytes = 512
    /// Bytes or items that constructors copy from values which the memo can name again and again.
    static let copies = 64 << 20
  }

  let bytes: [UInt8]
  var position: Int
  var stack: [PickleValue] = []
  var marks: [Int] = []
  var memo: [Int: PickleValue] = [:]
  var objects: [PickleObject] = []
  var storages: [String: Int] = [:]
  var copied = 0

  /// - Parameters:
  ///   - bytes: All that is there; the pickle ends before or with them.
  ///   - position: Where it begins.
  init(_ bytes: [UInt8], at position: Int = 0) {
    self.bytes = bytes
    self.position = position
  }

  /// Reads to the pickle's end; afterwards `position` is behind it.
  mutating func read() throws(PickleError) -> PickleDocument {
    while true {
      let start = position
      do throws(PickleFault) {
        let code = try byte()
        if code == UInt8(ascii: ".") {
          let root = try pop()
          guard stack.isEmpty, marks.isEmpty else { throw .leftOver(stack.count + 1) }
          return PickleDocument(root: root, objects: objects)
        }
        try step(code)
      } catch {
        throw PickleError(offset: start, fault: error)
      }
    }
  }

  private mutating func step(_ code: UInt8) throws(PickleFault) {
    if try pushScalar(code) { return }
    if try stepContainer(code) { return }
    if try stepMemo(code) { return }
    switch code {
    case 0x80:  // PROTO
      let version = try byte()
      guard 2...5 ~= version else {
        throw .unfit(what: "protocol", problem: "\(version) where 2 to 5 are read")
      }
    case 0x95:  // FRAME
      let length = try integer(8)
      guard length >= 0 else { throw .unfit(what: "length", problem: "\(length)") }
      try need(length)
    case UInt8(ascii: "c"):
      let (module, name) = (try line(), try line())
      try pushGlobal(module, name)
    case 0x93:  // STACK_GLOBAL
      let (name, module) = (try pop(), try pop())
      guard case .text(let name) = name, case .text(let module) = module,
        name.utf8.count + module.utf8.count <= Limits.nameBytes
      else { throw .unfit(what: "global", problem: "its name is no short text") }
      try pushGlobal(module, name)
    case UInt8(ascii: "R"), 0x81:  // REDUCE, NEWOBJ
      let (arguments, callee) = (try pop(), try pop())
      stack.append(try construct(callee, arguments))
    case 0x92:  // NEWOBJ_EX
      let (named, arguments, callee) = (try pop(), try pop(), try pop())
      guard let keywords = object(named), keywords.kind == .dictionary, keywords.items.isEmpty
      else { throw .unfit(what: "instance", problem: "it is called with named arguments") }
      stack.append(try construct(callee, arguments))
    case UInt8(ascii: "b"):  // BUILD
      let state = try pop()
      try build(state)
    case UInt8(ascii: "Q"):  // BINPERSID
      let identity = try pop()
      stack.append(try storage(identity))
    default:
      throw .opcode(code)
    }
  }

  private mutating func pushScalar(_ code: UInt8) throws(PickleFault) -> Bool {
    switch code {
    case UInt8(ascii: "N"): stack.append(.none)
    case 0x88: stack.append(.bool(true))
    case 0x89: stack.append(.bool(false))
    case UInt8(ascii: "K"): stack.append(.integer(try integer(1)))
    case UInt8(ascii: "M"): stack.append(.integer(try integer(2)))
    case UInt8(ascii: "J"):
      stack.append(.integer(Int(Int32(truncatingIfNeeded: try integer(4)))))
    case 0x8A: try pushLong(length: try integer(1))
    case 0x8B: try pushLong(length: Int(Int32(truncatingIfNeeded: try integer(4))))
    case UInt8(ascii: "G"):
      let bits = try take(8).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
      stack.append(.real(Double(bitPattern: bits)))
    case 0x8C: stack.append(.text(try text(length: try integer(1))))
    case UInt8(ascii: "X"): stack.append(.text(try text(length: try integer(4))))
    case 0x8D: stack.append(.text(try text(length: try integer(8))))
    case UInt8(ascii: "C"): try pushBytes(length: try integer(1))
    case UInt8(ascii: "B"): try pushBytes(length: try integer(4))
    case 0x8E, 0x96: try pushBytes(length: try integer(8))  // BINBYTES8, BYTEARRAY8
    case UInt8(ascii: "U"): try pushOldText(length: try integer(1))
    case UInt8(ascii: "T"):
      try pushOldText(length: Int(Int32(truncatingIfNeeded: try integer(4))))
    default: return false
    }
    return true
  }

  private mutating func stepContainer(_ code: UInt8) throws(PickleFault) -> Bool {
    switch code {
    case UInt8(ascii: "("): marks.append(stack.count)
    case UInt8(ascii: "]"): try push(PickleObject(kind: .list))
    case UInt8(ascii: "}"): try push(PickleObject(kind: .dictionary))
    case UInt8(ascii: ")"): try push(PickleObject(kind: .tuple))
    case 0x8F: try push(PickleObject(kind: .set))
    case UInt8(ascii: "t"): try push(PickleObject(kind: .tuple, items: try popToMark()))
    case UInt8(ascii: "l"): try push(PickleObject(kind: .list, items: try popToMark()))
    case 0x91: try push(PickleObject(kind: .set, items: try popToMark()))  // FROZENSET
    case UInt8(ascii: "d"):
      let items = try popToMark()
      guard items.count % 2 == 0 else {
        throw .unfit(what: "dictionary", problem: "a key has no value")
      }
      try push(PickleObject(kind: .dictionary, items: items))
    case 0x85, 0x86, 0x87:  // TUPLE1 to TUPLE3
      var items: [PickleValue] = []
      for _ in 0..<Int(code - 0x84) { items.append(try pop()) }
      try push(PickleObject(kind: .tuple, items: items.reversed()))
    case UInt8(ascii: "a"):
      let item = try pop()
      try extend(.list, with: [item])
    case UInt8(ascii: "e"): try extend(.list, with: try popToMark())
    case 0x90: try extend(.set, with: try popToMark())  // ADDITEMS
    case UInt8(ascii: "s"):
      let (value, key) = (try pop(), try pop())
      try extend(.dictionary, with: [key, value])
    case UInt8(ascii: "u"): try extend(.dictionary, with: try popToMark())
    default: return false
    }
    return true
  }

  private mutating func stepMemo(_ code: UInt8) throws(PickleFault) -> Bool {
    switch code {
    case UInt8(ascii: "0"):
      // POP also takes a mark that lies on top.
      if marks.last == stack.count { marks.removeLast() } else { _ = try pop() }
    case UInt8(ascii: "1"): _ = try popToMark()
    case UInt8(ascii: "2"): stack.append(try top())
    case UInt8(ascii: "q"): try memoize(try integer(1))
    case UInt8(ascii: "r"): try memoize(try integer(4))
    case 0x94: try memoize(memo.count)
    case UInt8(ascii: "h"): try recall(try integer(1))
    case UInt8(ascii: "j"): try recall(try integer(4))
    default: return false
    }
    return true
  }
}
