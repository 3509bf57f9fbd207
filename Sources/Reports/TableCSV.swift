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
    guard case .estimate = kind else { return [fileTitle] }
    return ["\(fileTitle) mean", "\(fileTitle) sd", "\(fileTitle) n"]
  }
}

extension ReportTable.Content {
  fileprivate func fields(in column: ReportTable.Column) -> [String] {
    let decimals = column.quantity.fileDecimals
    let fields: [String]
    switch self {
    case .text(let text): fields = [text]
    case .count(let number): fields = [String(number)]
    case .number(let value): fields = [NumberText.fixed(value, decimals)]
    case .listing(let items): fields = [items.joined(separator: "; ")]
    case .missing, .undefined, .none: fields = [""]
    case .estimate(let estimate):
      fields = [
        estimate.mean.map { NumberText.fixed($0, decimals) } ?? "",
        estimate.deviation.map { NumberText.fixed($0, decimals) } ?? "", String(estimate.count),
      ]
    }
    if case .estimate = column.kind, fields.count == 1 { return [fields[0], "", ""] }
    return fields
  }
}
