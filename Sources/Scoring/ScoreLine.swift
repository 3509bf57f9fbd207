import Foundation

/// A line of a file, with its number.
struct ScoreLine {
  var number: Int
  var text: Substring

  /// The lines of a file that hold anything.
  static func all(of file: ScoreFile) -> [ScoreLine] {
    var lines: [ScoreLine] = []
    var number = 0
    for bytes in file.text.utf8.split(separator: 0x0A, omittingEmptySubsequences: false) {
      number += 1
      if bytes.contains(where: { !isBlank($0) }) {
        lines.append(ScoreLine(number: number, text: Substring(bytes)))
      }
    }
    return lines
  }

  /// Whether a file's lines are JSON, which its first tells.
  static func isJSON(_ lines: [ScoreLine]) -> Bool {
    lines.first?.text.first { !$0.isWhitespace } == "{"
  }

  /// The words between blanks. There may be millions of lines, so only ASCII's blanks are looked
  /// for.
  var words: [Substring] { text.utf8.split(whereSeparator: Self.isBlank).map { Substring($0) } }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || (0x09...0x0D).contains(byte)
  }

  /// The members of a JSON object; `nil` where the line is none.
  var members: [String: JSONValue]? {
    try? JSONDecoder().decode([String: JSONValue].self, from: Data(text.utf8))
  }
}

/// Any value of JSON.
enum JSONValue: Decodable, Sendable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case list([JSONValue])
  case map([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .list(value)
    } else {
      self = .map(try container.decode([String: JSONValue].self))
    }
  }

  var string: String? {
    if case .string(let text) = self { text } else { nil }
  }
}
