/// Reads the dialogue files of the game Fish Fillets NG (`dialogs_<language>.lua`).
///
/// A text is a call `dialogId("id", "font", "English")` followed by `dialogStr("text")`, both with
/// literal strings, in any layout. Comments and all other Lua code are passed over.
struct FilletsDialogs {
  struct Entry: Equatable {
    var id: String
    var text: String
    var line: Int
  }

  private let file: String
  private var rest: Substring.UnicodeScalarView
  private var line = 1

  /// All texts in the order of the file.
  ///
  /// - Parameters:
  ///   - source: The file's content.
  ///   - file: Named in errors.
  /// - Returns: Identifiers and texts; an identifier without a text is left out.
  /// - Throws: `CorpusError.transcript` for a string that does not end.
  static func entries(_ source: String, file: String) throws(CorpusError) -> [Entry] {
    var reader = FilletsDialogs(file: file, rest: Substring(source).unicodeScalars)
    return try reader.entries()
  }

  private init(file: String, rest: Substring.UnicodeScalarView) {
    self.file = file
    self.rest = rest
  }

  private mutating func entries() throws(CorpusError) -> [Entry] {
    var entries: [Entry] = []
    var pending: (id: String, line: Int)?
    while let scalar = rest.first {
      if scalar == "\"" || scalar == "'" {
        _ = try string()
      } else if scalar == "-", rest.dropFirst().first == "-" {
        skipComment()
      } else if Self.isWord(scalar) {
        let (word, start) = (self.word(), line)
        guard word == "dialogId" || word == "dialogStr" else { continue }
        let argument = try firstArgument()
        if word == "dialogId" {
          pending = argument.map { ($0, start) }
        } else if let text = argument, let id = pending {
          entries.append(Entry(id: id.id, text: text, line: id.line))
          pending = nil
        }
      } else {
        advance()
      }
    }
    return entries
  }

  /// The literal string right after the bracket, if there is one.
  private mutating func firstArgument() throws(CorpusError) -> String? {
    skipSpace()
    guard rest.first == "(" else { return nil }
    advance()
    skipSpace()
    guard let quote = rest.first, quote == "\"" || quote == "'" else { return nil }
    return try string()
  }

  /// A quoted string with Lua's escapes of quotes, backslashes and line ends.
  private mutating func string() throws(CorpusError) -> String {
    let start = line
    let quote = rest.first
    advance()
    var text = String.UnicodeScalarView()
    while let scalar = rest.first {
      advance()
      if scalar == quote { return String(text) }
      guard scalar == "\\" else {
        text.append(scalar)
        continue
      }
      guard let escaped = rest.first else { break }
      advance()
      text.append(escaped == "n" || escaped == "t" ? " " : escaped)
    }
    throw .transcript(file: file, line: start, reason: "the string that starts here does not end")
  }

  private mutating func word() -> String {
    let word = rest.prefix(while: Self.isWord)
    rest = rest.dropFirst(word.count)
    return String(word)
  }

  private mutating func skipComment() {
    while let scalar = rest.first, scalar != "\n" { rest.removeFirst() }
  }

  private mutating func skipSpace() {
    while let scalar = rest.first, scalar.properties.isWhitespace { advance() }
  }

  private mutating func advance() {
    if rest.removeFirst() == "\n" { line += 1 }
  }

  private static func isWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar == "_"
      || (scalar.isASCII
        && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil))
  }
}
