import Foundation
import Testing
import Torch

/// What the reference implementation (safetensors 0.8) lets pass and the specification does not,
/// and files that claim more than they hold.
@Suite struct SafetensorsStrictnessTests {
  /// One tensor of four bytes, with something before, within and after it.
  private static func header(before: String = "", more: String = "", after: String = "") -> String {
    before + #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}"# + more + "}" + after
  }

  private static let shape = ": the header is not what the format says: expected "

  static let refused: [(header: String, says: String)] = [
    (header(before: " "), shape + "{ at byte 0"),
    (header(before: "\n"), shape + "{ at byte 0"),
    (header(before: "\u{FEFF}"), shape + "{ at byte 0"),
    (header(after: "\n"), shape + "the end of the header at byte 54"),
    (header(after: "\u{0}"), shape + "the end of the header at byte 54"),
    (header(after: "{}"), shape + "the end of the header at byte 54"),
    (header(more: ","), shape + "a string at byte 54"),
    (
      header(more: #","__metadata__":null"#),
      ": tensor __metadata__" + shape + "{ at byte 69"
    ),
    (
      header(more: #","__metadata__":{"format":1}"#),
      ": tensor __metadata__" + shape + "a string at byte 79"
    ),
    (
      header(more: #","__metadata__":{"x":"1","x":"2"}"#),
      ": tensor __metadata__: \"x\" is there twice"
    ),
    (
      header(more: #","__metadata__":{},"__metadata__":{}"#),
      ": \"__metadata__\" is there twice"
    ),
    (
      header(more: #","\u0061":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}"#),
      ": \"a\" is there twice"
    ),
    (
      #"{"a":{"dtype":"F4","shape":[8],"data_offsets":[0,4]}}"#,
      ": tensor a: is of type F4; supported are I64, F64, F32, I32, BF16, F16, I16, I8, U8, BOOL"
    ),
    (
      #"{"a":{"dtype":"F8_E4M3","shape":[4],"data_offsets":[0,4]}}"#,
      ": tensor a: is of type F8_E4M3; supported are I64, F64, F32, I32, BF16, F16, I16, I8, U8, "
        + "BOOL"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4],"data_offsets":[0,4]}}"#,
      ": tensor a: \"data_offsets\" is there twice"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0]}}"#,
      ": tensor a: has no \"data_offsets\""
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}}"#,
      ": tensor a" + shape + ", or ] at byte 30"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,18446744073709551620]}}"#,
      ": tensor a" + shape + "a number that fits into 63 bits at byte 69"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[9223372036854775807,2],"data_offsets":[0,4]}}"#,
      ": tensor a: has shape [9223372036854775807, 2], more bytes than can be counted"
    ),
    (
      #"{"a":{"dtype":"F32","shape":[1073741824],"data_offsets":[0,4294967296]}}"#,
      ": tensor a: ends at byte 4294967296 of the data, but the file has only 4; fetch it again"
    ),
    ("[]", shape + "{ at byte 0"),
    (#"{"a":{"dtype":"F32""#, ": tensor a" + shape + ", or } at byte 19"),
    (#"{"a":{"dtype":"F3"#, ": tensor a" + shape + "the end of a string at byte 17"),
    (#"{"\ud800":{}}"#, shape + "two halves of one character at byte 8"),
  ]

  private func open(_ header: String, length: UInt64? = nil) throws -> (path: String, says: String?)
  {
    let count = length ?? UInt64(header.utf8.count)
    let bytes =
      (0..<8).map { UInt8(truncatingIfNeeded: count >> (8 * $0)) } + Array(header.utf8)
      + [0, 0, 0, 0]
    return try withTemporaryFile { path in
      try Data(bytes).write(to: URL(fileURLWithPath: path))
      do throws(SafetensorsError) {
        _ = try SafetensorsFile(path: path)
        return (path, nil)
      } catch { return (path, error.description) }
    }
  }

  @Test(arguments: refused.indices) func refusesWhatTheReferenceLetsPass(index: Int) throws {
    let (header, says) = Self.refused[index]
    let found = try open(header)
    #expect(found.says == found.path + says)
  }

  @Test func takesThePaddingOfTheFormat() throws {
    #expect(try open(Self.header(after: "   ")).says == nil)
    #expect(try open(Self.header(more: #","__metadata__":{}"#)).says == nil)
  }

  @Test func refusesAHeaderOfMoreThanAHundredMillionBytesUnread() throws {
    let found = try open("{}", length: 100_000_001)
    #expect(
      found.says
        == "\(found.path): is no safetensors file: its header claims 100000001 bytes, the limit "
        + "is 100000000")
  }
}
