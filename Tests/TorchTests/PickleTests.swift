import Testing
import Torch

@Suite struct PickleTests {
  /// A pickle of protocol 2 from the pieces of its opcodes.
  private static func pickle(_ pieces: [UInt8]...) -> [UInt8] {
    [0x80, 2] + pieces.flatMap { $0 } + Array(".".utf8)
  }

  private static func global(_ module: String, _ name: String) -> [UInt8] {
    Array("c\(module)\n\(name)\n".utf8)
  }

  private static func text(_ text: String) -> [UInt8] {
    [UInt8(ascii: "X"), UInt8(text.utf8.count), 0, 0, 0] + Array(text.utf8)
  }

  private static func ascii(_ text: String) -> [UInt8] { Array(text.utf8) }

  private static func integer(_ value: Int) -> [UInt8] {
    let bits = UInt64(bitPattern: Int64(value))
    return [0x8A, 8] + (0..<8).map { UInt8(truncatingIfNeeded: bits >> (8 * $0)) }
  }

  private static func tuple(_ items: [UInt8]...) -> [UInt8] {
    ascii("(") + items.flatMap { $0 } + ascii("t")
  }

  private static func storage(_ count: Int, _ type: String = "FloatStorage") -> [UInt8] {
    tuple(text("storage"), global("torch", type), text("0"), text("cpu"), integer(count))
      + ascii("Q")
  }

  private static func tensor(
    of storage: [UInt8], _ offset: Int, _ shape: [Int], _ strides: [Int]
  ) -> [UInt8] {
    let sizes = ascii("(") + shape.flatMap(integer) + ascii("t")
    let steps = ascii("(") + strides.flatMap(integer) + ascii("t")
    return global("torch._utils", "_rebuild_tensor_v2")
      + tuple(storage, integer(offset), sizes, steps, [0x89], ascii("}")) + ascii("R")
  }

  /// Pickles that are damaged or mean harm, and what is said of them.
  static let hostile: [(bytes: [UInt8], says: String)] = [
    (
      pickle(global("os", "system"), text("echo"), [0x85], ascii("R")),
      "the pickle, at byte 2, asks for os.system, which is not among the classes that are read "
        + "as data; nothing was executed"
    ),
    (
      pickle(global("builtins", "eval"), text("1"), [0x85], ascii("R")),
      "the pickle, at byte 2, asks for builtins.eval, which is not among the classes that are "
        + "read as data; nothing was executed"
    ),
    (
      pickle(text("posix"), text("system"), [0x93]),
      "the pickle, at byte 23, asks for posix.system, which is not among the classes that are "
        + "read as data; nothing was executed"
    ),
    (
      pickle(global("torch.storage", "_load_from_bytes"), ascii(")R")),
      "the pickle, at byte 2, asks for torch.storage._load_from_bytes, which is not among the "
        + "classes that are read as data; nothing was executed"
    ),
    (
      pickle(global("fairseq.data", "x.__init__.__globals__")),
      "the pickle, at byte 2, asks for fairseq.data.x.__init__.__globals__, which is not among "
        + "the classes that are read as data; nothing was executed"
    ),
    (
      pickle(ascii("iposix\nsystem\n")),
      "the pickle, at byte 2, has opcode 0x69, which protocols 2 to 5 of torch.save do not write"
    ),
    (pickle(ascii("0")), "the pickle, at byte 2, takes a value where there is none"),
    (pickle(ascii("t")), "the pickle, at byte 2, ends a group that was not begun"),
    (pickle(ascii("N(0e")), "the pickle, at byte 5, ends a group that was not begun"),
    (pickle(ascii("]N(a")), "the pickle, at byte 5, takes a value where there is none"),
    (pickle(ascii("h\u{7}")), "the pickle, at byte 2, asks for memo 7, which was not stored"),
    (pickle(ascii("NN")), "the pickle, at byte 4, stops with 2 values where there should be one"),
    (pickle(ascii("N")) + [0], "the pickle, at byte 4, has ended, but 1 bytes follow"),
    (
      [0x80, 1],
      "the pickle, at byte 0, has a protocol that cannot be: 1 where 2 to 5 are read"
    ),
    (
      pickle([0x8B, 0xFF, 0xFF, 0xFF, 0xFF]),
      "the pickle, at byte 2, has a length that cannot be: -1"
    ),
    (
      pickle([0x8B, 0xFF, 0xFF, 0xFF, 0x7F]),
      "the pickle, at byte 2, is cut off: at least 2147483646 more bytes are needed; fetch the "
        + "file again"
    ),
    (
      pickle([0x8D], [UInt8](repeating: 0xFF, count: 7), [0x7F]),
      "the pickle, at byte 2, is cut off: at least 9223372036854775806 more bytes are needed; "
        + "fetch the file again"
    ),
    (
      pickle([0x8E], [UInt8](repeating: 0xFF, count: 8)),
      "the pickle, at byte 2, has a length that cannot be: -1"
    ),
    (pickle([0x8C, 2, 0xC3, 0x28]), "the pickle, at byte 2, has a text that is not UTF-8"),
    (
      pickle(ascii("}(Nu")),
      "the pickle, at byte 5, has a dictionary that cannot be: a key has no value"
    ),
    (
      pickle(ascii("NNa")),
      "the pickle, at byte 4, has a value that cannot be: items are added to what is no list"
    ),
    (
      pickle(storage(-1)),
      "the pickle, at byte 60, has a storage that cannot be: it has -1 elements"
    ),
    (
      pickle(storage(Int.max)),
      "the pickle, at byte 60, has a storage that cannot be: it has 9223372036854775807 elements"
    ),
    (
      pickle(storage(4), storage(5)),
      "the pickle, at byte 119, describes storage 0 in two ways"
    ),
    (
      pickle(tensor(of: storage(4), 1, [2, 2], [2, 1])),
      "the pickle, at byte 152, has a tensor that reaches element 4 of a storage of 4"
    ),
    (
      pickle(tensor(of: storage(4), -1, [1], [1])),
      "the pickle, at byte 132, has a tensor that cannot be: offset -1, shape [1], strides [1]"
    ),
    (
      pickle(tensor(of: storage(4), 0, [1 << 40], [0])),
      "the pickle, at byte 132, has a tensor that cannot be: shape [1099511627776] repeats the "
        + "4 elements of its storage"
    ),
    (
      pickle(tensor(of: storage(4), 0, [1 << 40, 1 << 40], [1, 1])),
      "the pickle, at byte 152, has a tensor that cannot be: shape [1099511627776, "
        + "1099511627776] and strides [1, 1] overflow"
    ),
  ]

  @Test(arguments: hostile.indices) func refusesWhatIsDamagedOrMeansHarm(index: Int) {
    let (bytes, says) = Self.hostile[index]
    let error = #expect(throws: PickleError.self) { try PickleDocument(reading: bytes) }
    #expect(error?.description == says)
  }

  @Test func structuresThatContainThemselvesArePlainData() throws {
    let document = try PickleDocument(reading: Self.pickle(Self.ascii("]q\u{0}h\u{0}a")))
    let inner = try #require(document.items(of: document.root)?.first)
    #expect(inner == document.root)
  }

  @Test func listsOfListsOfListsCostOnlyWhatTheyAreWrittenWith() throws {
    // Thirty lists, each of ten times the one before: 10^30 if anybody walked through them.
    var body = Self.ascii("]q\u{0}")
    for level in 1..<30 {
      body += Self.ascii("](")
      for _ in 0..<10 { body += [UInt8(ascii: "h"), UInt8(level - 1)] }
      body += Self.ascii("e") + [UInt8(ascii: "q"), UInt8(level)]
    }
    var stack = body
    for _ in 1..<30 { stack += [0x86] }  // pairs them into one value
    #expect(try PickleDocument(reading: Self.pickle(stack)).items(of: .object(1))?.count == 10)
  }

  @Test func copiesOfOneTextThroughTheMemoAreBounded() {
    let text = [UInt8(ascii: "X"), 0, 0, 1, 0] + [UInt8](repeating: 0x61, count: 1 << 16)
    var body = Self.global("_codecs", "encode") + Self.ascii("q\u{0}0") + text
    body += Self.ascii("q\u{1}0") + Self.text("latin1") + Self.ascii("q\u{2}0(")
    for _ in 0..<2000 { body += Self.ascii("h\u{0}h\u{1}h\u{2}") + [0x86] + Self.ascii("R") }
    let error = #expect(throws: PickleError.self) {
      try PickleDocument(reading: Self.pickle(body, Self.ascii("t")))
    }
    #expect(error?.fault == .tooMany(what: "bytes in copies", limit: 64 << 20))
  }

  @Test func objectsAreBounded() {
    let error = #expect(throws: PickleError.self) {
      try PickleDocument(
        reading: Self.pickle([UInt8](repeating: UInt8(ascii: "]"), count: 1_000_001)))
    }
    #expect(error?.fault == .tooMany(what: "objects", limit: 1_000_000))
    #expect(error?.offset == 1_000_002)
  }

  @Test func integersOfEveryWidthAreReadWithTheirSigns() throws {
    for (bytes, value) in [
      ([0x8A, 0], 0), ([0x8A, 1, 0xFF], -1), ([0x8A, 2, 0, 0x80], -32768),
      ([0x8A, 3, 1, 0, 0], 1), (Self.integer(Int.min), Int.min),
      (Self.ascii("J") + [0xFE, 0xFF, 0xFF, 0xFF], -2), (Self.ascii("K") + [255], 255),
      (Self.ascii("M") + [0, 1], 256),
    ] as [([UInt8], Int)] {
      #expect(try PickleDocument(reading: Self.pickle(bytes)).root == .integer(value))
    }
  }

  @Test func emptyAndStridedTensorsAreCheckedAgainstTheirStorage() throws {
    let document = try PickleDocument(
      reading: Self.pickle(Self.tensor(of: Self.storage(4), 9, [0, 5], [5, 1])))
    #expect(document.tensor(document.root)?.count == 0)
    let every = try PickleDocument(
      reading: Self.pickle(Self.tensor(of: Self.storage(4), 1, [2], [2])))
    #expect(every.tensor(every.root)?.shape == [2])
  }
}
