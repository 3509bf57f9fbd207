extension ReportDocument {
  /// The report as Markdown; figures are links into `figures/`.
  ///
  /// - Parameters:
  ///   - figures: Names of the figures that were drawn.
  ///   - problem: Why they were not; `nil` when they were.
  /// - Returns: The file's text.
  package func markdown(figures: Set<String>, problem: String?) -> String {
    var parts = ["# \(Markdown.escaped(title))", "**\(Markdown.escaped(question))**"]
    for section in sections {
      parts.append("## \(Markdown.escaped(section.title))")
      if section.id == "answer", let problem {
        parts.append("> \(Markdown.escaped("Figures are missing: \(problem)."))")
      }
      parts += section.blocks.compactMap { Self.markdown($0, figures) }
    }
    return parts.joined(separator: "\n\n") + "\n"
  }

  private static func markdown(_ block: Block, _ figures: Set<String>) -> String? {
    switch block {
    case .paragraph(let text): return Markdown.escaped(text)
    case .notice(let text): return "> " + Markdown.escaped(text)
    case .heading(let text): return "### " + Markdown.escaped(text)
    case .list(let items):
      return items.map { "- " + Markdown.escaped($0) }.joined(separator: "\n")
    case .files(let text, let names):
      let links = names.map { "[\(Markdown.escaped($0))](\($0))" }
      return Markdown.escaped(text) + " " + links.joined(separator: ", ")
    case .table(let table): return String(table.markdown.dropLast())
    case .figures(let charts):
      let drawn = charts.filter { figures.contains($0.name) }
      let links = drawn.map { chart in
        "![\(Markdown.escaped(chart.caption))](figures/\(chart.name).svg)"
      }
      return links.isEmpty ? nil : links.joined(separator: "\n")
    }
  }
}
