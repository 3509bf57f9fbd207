/// A table with a head and a delimiter. Quoted fields, as those of CSV, may hold delimiters, quotes
/// doubled, and line ends.
struct DelimitedTable {
  struct Row {
    /// From 1, where it begins.
    var line: Int
    var fields: [String: String]
  }

  private(set) var rows: [Row] = []
  /// Rows that have another number of fields than the head: line and number.
  private(set) var uneven: [(line: Int, fields: Int)] = []
  private(set) var columns: [String] = []

  /// Reads a table.
  ///
  /// - Parameters:
  ///   - list: Whose first line is the head.
  ///   - delimiter: A comma or a tab.
  init(_ list: LayoutText, delimiter: Unicode.Scalar) {
    for (line, fields) in Self.records(list.text, delimiter) {
      if columns.isEmpty {
        columns = fields
      } else if fields.count != columns.count {
        uneven.append((line, fields.count))
      } else {
        rows.append(
          Row(line: line, fields: Dictionary(zip(columns, fields), uniquingKeysWith: { $1 })))
      }
    }
  }

  /// All records as Python's `csv` reads them: a quote opens a quoted field only at its start.
  private static func records(
    _ text: String, _ delimiter: Unicode.Scalar
  ) -> [(line: Int, fields: [String])] {
    var records: [(line: Int, fields: [String])] = []
    var (fields, field) = ([String](), String.UnicodeScalarView())
    var (line, start) = (1, 1)
    var (isQuoted, wasQuoted) = (false, false)
    func isBlank() -> Bool { fields.isEmpty && field.isEmpty && !wasQuoted }
    func close() {
      fields.append(String(field))
      field = String.UnicodeScalarView()
      wasQuoted = false
    }
    let scalars = Array(text.unicodeScalars)
    var index = 0
    while index < scalars.count {
      let scalar = scalars[index]
      let next = index + 1 < scalars.count ? scalars[index + 1] : nil
      index += 1
      if scalar == "\n" { line += 1 }
      if isQuoted {
        if scalar != "\"" {
          field.append(scalar)
        } else if next == "\"" {
          field.append("\"")
          index += 1
        } else {
          isQuoted = false
        }
      } else if scalar == "\"", field.isEmpty, !wasQuoted {
        (isQuoted, wasQuoted) = (true, true)
      } else if scalar == delimiter {
        close()
      } else if scalar == "\n" {
        if !isBlank() {
          close()
          records.append((start, fields))
        }
        fields = []
        start = line
      } else if scalar != "\r" || next != "\n" {
        field.append(scalar)
      }
    }
    if !isBlank() {
      close()
      records.append((start, fields))
    }
    return records
  }
}

extension LayoutDraft {
  /// The rows of a table that must have some columns.
  mutating func rows(
    _ list: LayoutText, delimiter: Unicode.Scalar, columns: [String]
  ) -> [DelimitedTable.Row] {
    let table = DelimitedTable(list, delimiter: delimiter)
    let lacking = columns.filter { !table.columns.contains($0) }
    guard lacking.isEmpty else {
      problem(
        list, 1,
        "the head lacks \(lacking.joined(separator: ", ")); it has "
          + table.columns.joined(separator: ", "))
      return []
    }
    for (line, fields) in table.uneven {
      problem(list, line, "the line has \(fields) fields, and the head \(table.columns.count)")
    }
    return table.rows
  }
}
