import Foundation

/// Text in Markdown.
package enum Markdown {
  private static let special = Set("\\`*_{}[]<>#|~")

  /// Text that Markdown takes literally, on one line.
  package static func escaped(_ text: String) -> String {
    var result = ""
    for character in text {
      if special.contains(character) {
        result += "\\" + String(character)
      } else {
        result += character.isNewline ? " " : String(character)
      }
    }
    return result
  }
}

extension ReportTable {
  /// The table as Markdown (GitHub's tables), the notes below it.
  package var markdown: String {
    var lines = ["**\(Markdown.escaped(caption))**", ""]
    lines.append(Self.line(columns.map { Markdown.escaped($0.title) }))
    lines.append(Self.line(columns.map { $0.isText ? "---" : "---:" }))
    for group in groups {
      if let title = group.title {
        let head = "*\(Markdown.escaped(title))*"
        lines.append(Self.line([head] + Array(repeating: "", count: columns.count - 1)))
      }
      for row in group.rows { lines.append(Self.line(zip(row, columns).map(Self.cell))) }
    }
    if !allNotes.isEmpty { lines.append("") }
    lines += allNotes.map { "- " + Markdown.escaped($0) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ fields: [String]) -> String {
    "| " + fields.joined(separator: " | ") + " |"
  }

  private static func cell(_ cell: Cell, _ column: Column) -> String {
    let text = Markdown.escaped(cell.text(in: column))
    return switch cell.mark {
    case .none: text
    case .best: "**\(text)**"
    case .tied: "*\(text)*"
    }
  }
}
