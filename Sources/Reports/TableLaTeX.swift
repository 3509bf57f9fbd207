/// Text in LaTeX.
package enum LaTeX {
  /// Characters that LaTeX reads otherwise, or that its standard fonts lack in text.
  private static let replacements: [Character: String] = [
    "\\": "\\textbackslash{}", "{": "\\{", "}": "\\}", "$": "\\$", "&": "\\&", "#": "\\#",
    "%": "\\%", "_": "\\_", "^": "\\textasciicircum{}", "~": "\\textasciitilde{}",
    "<": "\\textless{}", ">": "\\textgreater{}", "|": "\\textbar{}", "\"": "''",
    "α": "$\\alpha$", "λ": "$\\lambda$", "β": "$\\beta$", "θ": "$\\theta$", "₀": "$_0$",
    "²": "$^2$", "±": "$\\pm$", "−": "$-$", "×": "$\\times$", "·": "$\\cdot$", "↑": "$\\uparrow$",
    "↓": "$\\downarrow$", "–": "--", "≈": "$\\approx$", "†": "$\\dagger$", "‡": "$\\ddagger$",
    "§": "\\S{}", "‖": "$\\|$",
    "…": "\\dots{}",
    "₂": "$_2$", "“": "``", "”": "''",
  ]

  /// Text that LaTeX prints literally, on one line.
  package static func escaped(_ text: String) -> String {
    text.map { character in
      replacements[character] ?? (character.isNewline ? " " : String(character))
    }.joined()
  }
}

extension ReportTable {
  /// The table as a `tabular` with booktabs' rules, for `\input`.
  package var latex: String {
    let alignment = columns.map { $0.isText ? "l" : "r" }.joined()
    var lines = ["% \(Self.comment(caption)) Needs \\usepackage{booktabs}."]
    lines.append("\\begin{tabular}{\(alignment)}")
    lines.append("\\toprule")
    lines.append(Self.line(columns.map { LaTeX.escaped($0.title) }))
    for group in groups {
      lines.append("\\midrule")
      if let title = group.title {
        let head = "\\emph{\(LaTeX.escaped(title))}"
        lines.append("\\multicolumn{\(columns.count)}{l}{\(head)} \\\\")
      }
      for row in group.rows { lines.append(Self.line(zip(row, columns).map(Self.cell))) }
    }
    lines += ["\\bottomrule", "\\end{tabular}"]
    lines += allNotes.map { "% " + Self.comment($0) }
    return lines.joined(separator: "\n") + "\n"
  }

  private static func line(_ fields: [String]) -> String {
    fields.joined(separator: " & ") + " \\\\"
  }

  private static func comment(_ text: String) -> String {
    String(text.map { $0.isNewline ? " " : $0 })
  }

  private static func cell(_ cell: Cell, _ column: Column) -> String {
    let text = LaTeX.escaped(cell.text(in: column))
    return switch cell.mark {
    case .none: text
    case .best: "\\textbf{\(text)}"
    case .tied: "\\textit{\(text)}"
    }
  }
}
