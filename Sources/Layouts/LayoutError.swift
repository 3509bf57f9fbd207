/// Why a folder makes no manifest.
package enum LayoutError: Error, Sendable, Equatable, CustomStringConvertible {
  /// A line of one of the layout's own lists that cannot be used.
  package struct Problem: Sendable, Equatable, CustomStringConvertible {
    package var file: String
    package var line: Int
    package var message: String

    package var description: String { "\(file):\(line): \(message)" }
  }

  /// The folder is not what it should be: what is wrong, what is expected, what is there.
  case tree(layout: String, folder: String, wrong: String, expected: String, found: [String])
  case problems([Problem])
  /// Recordings that lists name and that are not there: their paths.
  case missing(folder: String, [String])
  case unknownWords([String])
  case unreadable(file: String, reason: String)
  case noLines(layout: String, folder: String, reason: String)
  case option(layout: String, String)

  /// So many of anything are shown.
  static let most = 20

  package var description: String {
    switch self {
    case .tree(let layout, let folder, let wrong, let expected, let found):
      "\(folder): this is not the layout '\(layout)': \(wrong)\nexpected:\n"
        + expected.split(separator: "\n").map { "  \($0)\n" }.joined() + "found:\n"
        + Self.list(found.isEmpty ? ["nothing"] : found, indent: "  ", what: "")
    case .problems(let problems):
      Self.list(problems.map(\.description), indent: "", what: " such lines")
    case .missing(let folder, let paths):
      "\(folder): \(paths.count) recording\(paths.count == 1 ? "" : "s") that the lists name "
        + "\(paths.count == 1 ? "is" : "are") not there:\n"
        + Self.list(paths, indent: "  ", what: "")
    case .unknownWords(let words):
      "\(words.count) word\(words.count == 1 ? "" : "s") of the transcripts stand in no lexicon; name "
        + "another with '--lexicon', or leave such lines without phones by '--skip-unknown':\n"
        + Self.list(words, indent: "  ", what: "")
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .noLines(let layout, let folder, let reason):
      "\(folder): the layout '\(layout)' gives no line: \(reason)"
    case .option(let layout, let message): "layout '\(layout)': \(message)"
    }
  }

  private static func list(_ items: [String], indent: String, what: String) -> String {
    let shown = items.prefix(most).map { indent + $0 }
    let rest = items.count - shown.count
    return (shown + (rest > 0 ? ["\(indent)and \(rest) more\(what)"] : [])).joined(separator: "\n")
  }
}
