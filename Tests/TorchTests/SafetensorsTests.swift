import Foundation
import Testing
import Torch

@Suite struct SafetensorsTests {
  @Test func readsEveryTypeThatPythonWrites() throws {
    let oracle = try Oracle("layout")
    #expect(oracle.file.metadata == ["format": "pt"])
    #expect(try oracle["b.float32"].floats() == [0, 0.25, 0.5, 0.75, 1, 1.25])
    #expect(try oracle["float64"].doubles()[5] == 5.0 / 3)
    #expect(try oracle["float16"].floats() == [0, 0.5, 1, 1.5, 2, 2.5])
    #expect(try oracle["bfloat16"].floats() == [0, 0.5, 1, 1.5, 2, 2.5])
    #expect(try oracle["int64"].int64s()[1] == 1 - 1_099_511_627_776)
    for name in ["int32", "int16", "int8"] {
      #expect(try oracle[name].int64s() == [-3, -2, -1, 0, 1, 2])
    }
    #expect(try oracle["uint8"].int64s() == [250, 251, 252, 253, 254, 255])
    #expect(try oracle["bool"].int64s() == [0, 1, 0, 1, 0, 1])
    #expect(try oracle["bool"].dtype == .bool)
    #expect(try oracle["empty"].shape == [0, 4])
    #expect(try oracle["scalar"].shape == [])
    #expect(try oracle["odd \"name\" \\ \t é"].floats() == [1])
  }

  @Test func writesTheBytesThatPythonWritesWhateverTheOrder() throws {
    let file = try SafetensorsFile(path: Oracle.path("layout"))
    let expected = try Data(contentsOf: URL(fileURLWithPath: file.path))
    let tensors = try file.tensors()
    for order in [tensors, tensors.reversed()] {
      try withTemporaryFile { path in
        try Safetensors.write(tensors: order, metadata: file.metadata, to: path)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == expected)
      }
    }
  }

  @Test func writesViewsAsTheyLook() throws {
    let view = try Tensor([1, 2, 3, 4] as [Float], shape: [2, 2]).transposed(0, 1)
    try withTemporaryFile { path in
      try Safetensors.write(tensors: [("view", view)], to: path)
      #expect(try SafetensorsFile(path: path).tensor(named: "view").floats() == [1, 3, 2, 4])
    }
  }

  @Test func refusesToWriteANameTwice() throws {
    let tensor = try Tensor.zeros([1])
    #expect(
      throws: SafetensorsError.malformed(
        file: "/nowhere", tensor: "a", fault: .duplicateKey("a"))
    ) {
      try Safetensors.write(tensors: [("a", tensor), ("a", tensor)], to: "/nowhere")
    }
  }

  @Test func namesWhatIsMissing() throws {
    let path = try Oracle.path("layout")
    #expect(
      text { try SafetensorsFile(path: "/no/such") }
        == "/no/such: cannot be read: No such file or directory")
    #expect(
      text { try SafetensorsFile(path: path).tensor(named: "x") }
        == "\(path): has no tensor x")
  }

  /// Header, bytes of data after it, and what the error says after the path.
  static let malformed: [(header: String, data: Int, says: String)] = [
    ("", 0, ": the header is not what the format says: expected { at byte 0"),
    ("{}", 3, ": 3 bytes after the last tensor belong to none"),
    (
      "{} x", 0,
      ": the header is not what the format says: expected the end of the header at byte 3"
    ),
    (
      entry("a", "F32", "[1]", "[0,4]", then: "," + entry("a", "F32", "[1]", "[4,8]").dropFirst()),
      8, ": \"a\" is there twice"
    ),
    (
      #"{"a":{"dtype":"F32","dtype":"F32","shape":[],"data_offsets":[0,4]}}"#, 4,
      ": tensor a: \"dtype\" is there twice"
    ),
    (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, ": tensor a: has no \"data_offsets\""),
    (
      #"{"a":{"dtype":"F32","shape":[],"data_offsets":[0,4],"x":1}}"#, 4,
      ": tensor a: has a field \"x\" that the format does not know"
    ),
    (
      entry("a", "U32", "[1]", "[0,4]"), 4,
      ": tensor a: is of type U32; supported are I64, F64, F32, I32, BF16, F16, I16, I8, U8, BOOL"
    ),
    (
      entry("a", "F32", "[4611686018427387904,4]", "[0,4]"), 4,
      ": tensor a: has shape [4611686018427387904, 4], more bytes than can be counted"
    ),
    (
      entry("a", "F32", "[2]", "[0,4]"), 4,
      ": tensor a: needs 8 bytes for its type and shape, but its offsets hold 4"
    ),
    (entry("a", "F32", "[1]", "[4,0]"), 4, ": tensor a: ends at byte 0, before it begins at 4"),
    (
      entry("a", "F32", "[1]", "[4,8]"), 8,
      ": tensor a: leaves a hole: bytes 0 to 4 belong to no tensor"
    ),
    (
      entry("a", "F32", "[2]", "[0,8]", then: "," + entry("b", "F32", "[1]", "[4,8]").dropFirst()),
      8, ": tensor b: begins at byte 4, inside another tensor that ends at 8"
    ),
    (
      entry("a", "F32", "[2]", "[0,8]"), 4,
      ": tensor a: ends at byte 8 of the data, but the file has only 4; fetch it again"
    ),
    (
      entry("a", "F32", "[-1]", "[0,4]"), 4,
      ": tensor a: the header is not what the format says: expected a natural number at byte 29"
    ),
    (
      entry("a", "F32", "[01]", "[0,4]"), 4,
      ": tensor a: the header is not what the format says: expected a natural number at byte 29"
    ),
  ]

  /// One tensor's header, with more members in place of the last brace where there are any.
  private static func entry(
    _ name: String, _ type: String, _ shape: String, _ offsets: String, then: String = "}"
  ) -> String {
    #"{"\#(name)":{"dtype":"\#(type)","shape":\#(shape),"data_offsets":\#(offsets)}"# + then
  }

  @Test(arguments: malformed)
  func refusesWhatBreaksTheFormat(header: String, data: Int, says: String) throws {
    let length = UInt64(header.utf8.count)
    let bytes =
      (0..<8).map { UInt8(truncatingIfNeeded: length >> (8 * $0)) } + Array(header.utf8)
      + [UInt8](repeating: 0, count: data)
    try expect(bytes, says)
  }

  @Test func refusesImpossibleHeaderLengths() throws {
    try expect(
      [1, 2, 3], ": is no safetensors file: it has 3 bytes and would need at least 8")
    try expect(
      [0xFF, 0xE0, 0xF5, 0x05, 0, 0, 0, 0],
      ": is cut off: its header claims 99999999 bytes, but only 0 follow; fetch it again")
    try expect(
      [UInt8](repeating: 0xFF, count: 8),
      ": is no safetensors file: its header claims 18446744073709551615 bytes, "
        + "the limit is 100000000")
    try expect([2, 0, 0, 0, 0, 0, 0, 0, 0xC3, 0x28], ": the header is not UTF-8")
  }

  private func expect(
    _ bytes: [UInt8], _ says: String, sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    try withTemporaryFile { path in
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      #expect(
        text { try SafetensorsFile(path: path) } == path + says, sourceLocation: sourceLocation)
    }
  }

  private func text<Result>(_ body: () throws -> Result) -> String? {
    do {
      _ = try body()
      return nil
    } catch {
      return "\(error)"
    }
  }
}
