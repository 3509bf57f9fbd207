/// Why a pickle was not read, and where: `offset` counts bytes from the first of its file or record.
package struct PickleError: Error, Equatable, Sendable {
  package let offset: Int
  package let fault: PickleFault
}

/// One way in which a pickle is damaged, hostile, or holds what is not read.
package enum PickleFault: Error, Equatable, Sendable {
  /// The bytes end; that many more are needed.
  case truncated(missing: Int)
  /// A byte that is no opcode, or one of the opcodes that are not read.
  case opcode(UInt8)
  /// A class or function outside the list of those that are read as data.
  case unknownGlobal(String)
  case emptyStack
  case noMark
  case notMemoized(Int)
  case notUTF8
  /// The values do not fit what is to be made of them.
  case unfit(what: String, problem: String)
  case storageTwice(key: String)
  case beyondStorage(last: Int, elements: Int)
  case tooMany(what: String, limit: Int)
  case leftOver(Int)
  case trailingBytes(Int)
}

extension PickleError: CustomStringConvertible {
  package var description: String { "the pickle, at byte \(offset), \(fault)" }
}

extension PickleFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .truncated(let missing):
      "is cut off: at least \(missing) more bytes are needed; fetch the file again"
    case .opcode(let code):
      "has opcode 0x\(String(code, radix: 16)), which protocols 2 to 5 of torch.save do not write"
    case .unknownGlobal(let name):
      "asks for \(name), which is not among the classes that are read as data; "
        + "nothing was executed"
    case .emptyStack: "takes a value where there is none"
    case .noMark: "ends a group that was not begun"
    case .notMemoized(let index): "asks for memo \(index), which was not stored"
    case .notUTF8: "has a text that is not UTF-8"
    case .unfit(let what, let problem): "has a \(what) that cannot be: \(problem)"
    case .storageTwice(let key): "describes storage \(key) in two ways"
    case .beyondStorage(let last, let elements):
      "has a tensor that reaches element \(last) of a storage of \(elements)"
    case .tooMany(let what, let limit): "has more than \(limit) \(what)"
    case .leftOver(let count): "stops with \(count) values where there should be one"
    case .trailingBytes(let count): "has ended, but \(count) bytes follow"
    }
  }
}
