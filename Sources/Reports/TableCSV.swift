import Foundation

extension ReportTable {
  /// The table as CSV (RFC 4180: CRLF, fields quoted where they must be), one row a line; means,
  /// deviations and numbers of seeds in columns of their own, missing ones empty.
  package var csv: String {
    var lines = [(groupColumn.map { [$0] } ?? []) + columns.flatMap(\.fileTitles)]
    for group in groups {
      for row in group.rows {
        let fields = zip(row, columns).flatMap { $0.content.fields(in: $1) }
        lines.append((groupColumn == nil ? [] : [group.fileTitle]) + fields)
      }
    }
    return lines.map { $0.map(Self.csvField).joined(separator: ",") + "\r\n" }.joined()
  }

  static func csvField(_ text: String) -> String {
    let mustQuote = text.unicodeScalars.contains { ",\"\r\n".unicodeScalars.contains($0) }
    return mustQuote ? "\"" + text.replacingOccurrences(of: "\"", with: "\"\"") + "\"" : text
  }
}

extension ReportTable.Column {
  fileprivate var fileTitles: [String] {
    let parts =
      switch kind {
      case .text, .count, .number: [String]()
      case .estimate: ["mean", "sd", "n"]
      case .interval: ["low", "high"]
      case .tested: ["mean", "sd", "n", "low", "high", "units"]
      case .beside: ["here", "published", "difference"]
      }
    return parts.isEmpty ? [fileTitle] : parts.map { "\(fileTitle) \($0)" }
  }
}

extension ReportTable.Content {
  fileprivate func fields(in column: ReportTable.Column) -> [String] {
    let decimals = column.quantity.fileDecimals
    func number(_ value: Double?) -> String {
      value.map { NumberText.fixed($0, decimals) } ?? ""
    }
    let fields: [String] =
      switch self {
      case .text(let text): [text]
      case .count(let count): [String(count)]
      case .number(let value): [number(value)]
      case .interval(let low, let high): [number(low), number(high)]
      case .listing(let items): [items.joined(separator: "; ")]
      case .missing, .undefined, .none: [""]
      case .estimate(let estimate):
        [number(estimate.mean), number(estimate.deviation), String(estimate.count)]
      case .beside(let estimate, let published):
        [
          number(estimate?.mean), number(published), number(estimate?.mean.map { $0 - published }),
        ]
      case .tested(let estimate, let interval, let units):
        [number(estimate.mean), number(estimate.deviation), String(estimate.count)]
          + [number(interval?.low), number(interval?.high), units.map(String.init) ?? ""]
      }
    let lacking = column.fileTitles.count - fields.count
    return fields + Array(repeating: "", count: max(0, lacking))
  }
}
