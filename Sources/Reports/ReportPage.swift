import Mustache

extension ReportDocument {
  /// The report as one HTML file that needs no other: style and figures are inside.
  ///
  /// - Parameters:
  ///   - figures: SVG text by chart name.
  ///   - problem: Why there are none; `nil` when there are.
  /// - Returns: The file's text.
  /// - Throws: `MustacheTemplate.ParserError`, were the template wrong.
  package func page(figures: [String: String], problem: String?) throws -> String {
    let template = try MustacheTemplate(string: PageTemplate.text)
    let context: [String: Any] = [
      "title": title, "question": question, "style": PageTemplate.style,
      "problem": problem.map { "Figures are missing: \($0)." } ?? "",
      "hasProblem": problem != nil,
      "panels": OriginPanel.all(tables).map(\.context),
      "sections": sections.map { section in
        [
          "id": section.id, "title": section.title,
          "blocks": section.blocks.map { Self.context($0, figures) },
        ] as [String: Any]
      },
    ]
    return template.render(context)
  }

  private static func context(_ block: Block, _ figures: [String: String]) -> [String: Any] {
    switch block {
    case .paragraph(let text): return ["isParagraph": true, "text": text]
    case .notice(let text): return ["isNotice": true, "text": text]
    case .heading(let text): return ["isHeading": true, "text": text]
    case .list(let items): return ["isList": true, "items": items.map { ["text": $0] }]
    case .files(let text, let names):
      return ["isFiles": true, "text": text, "files": names.map { ["name": $0] }]
    case .table(let table): return ["isTable": true, "table": table.context]
    case .figures(let charts):
      let drawn = charts.compactMap { chart in
        figures[chart.name].map { ["svg": SVG.inline($0), "caption": chart.caption] }
      }
      return ["isFigures": !drawn.isEmpty, "figures": drawn]
    }
  }
}

extension ReportTable {
  fileprivate var context: [String: Any] {
    [
      "name": name, "caption": caption,
      "columns": columns.map { ["title": $0.title, "class": $0.isText ? "text" : "number"] },
      "isFolded": fold != nil, "isOpen": fold?.isOpen ?? false, "summary": fold?.summary ?? "",
      "groups": (fold?.groups ?? groups).map { group in
        [
          "hasTitle": group.title != nil, "title": group.title ?? "", "span": columns.count,
          "rows": group.rows.map { row in
            [
              "head": row.first.map { $0.content.text(in: columns[0]) } ?? "",
              "cells": zip(row, columns).dropFirst().map { cell, column in
                [
                  "text": cell.text(in: column), "isBest": cell.mark == .best,
                  "isTied": cell.mark == .tied, "isPlain": cell.mark == .none,
                  "hasOrigin": cell.origin != nil, "origin": cell.origin?.id ?? "",
                  "lines": cell.origin?.lines.joined(separator: "\n") ?? "",
                  "class": column.isText ? "text" : "number",
                ] as [String: Any]
              },
            ] as [String: Any]
          },
        ] as [String: Any]
      },
      "hasNotes": !allNotes.isEmpty, "notes": allNotes.map { ["text": $0] },
    ]
  }
}
