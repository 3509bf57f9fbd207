import Foundation

/// How numbers are written for people.
enum Words {
  /// `1 stage`, `2 stages`.
  static func count(_ number: Int, _ one: String) -> String {
    "\(grouped(number)) \(one)\(number == 1 ? "" : "s")"
  }

  /// `12,345`.
  static func grouped(_ number: Int) -> String {
    let digits = String(abs(number))
    var text = ""
    for (index, digit) in digits.enumerated() {
      if index > 0, (digits.count - index) % 3 == 0 { text += "," }
      text.append(digit)
    }
    return number < 0 ? "-" + text : text
  }

  /// `1.3 GB`, in powers of ten as disks are sold.
  static func bytes(_ number: Int) -> String {
    var value = Double(number)
    for unit in ["bytes", "kB", "MB", "GB", "TB"] {
      if value < 999.5 || unit == "TB" {
        let isExact = unit == "bytes" || value >= 99.5
        return String(format: isExact ? "%.0f %@" : "%.1f %@", value, unit)
      }
      value /= 1000
    }
    return ""
  }

  /// `100.6 h`.
  static func hours(_ number: Double) -> String { String(format: "%.1f h", number) }

  /// Text broken into lines of at most `width`, the later ones indented.
  static func wrapped(_ text: String, width: Int = 79, indent: Int = 2) -> String {
    var lines: [String] = []
    var line = ""
    for word in text.split(separator: " ") {
      let room = lines.isEmpty ? width : width - indent
      if !line.isEmpty, line.count + 1 + word.count > room {
        lines.append(line)
        line = ""
      }
      line += line.isEmpty ? String(word) : " " + word
    }
    lines.append(line)
    return lines.joined(separator: "\n" + String(repeating: " ", count: indent))
  }

  /// Columns as wide as their widest entry; numbers, in all but the first, at the right.
  static func table(_ rows: [[String]]) -> String {
    var widths: [Int] = []
    for row in rows {
      for (index, cell) in row.enumerated() {
        if index == widths.count { widths.append(0) }
        widths[index] = max(widths[index], cell.count)
      }
    }
    return rows.map { row in
      let cells = row.enumerated().map { index, cell in
        let blanks = String(repeating: " ", count: widths[index] - cell.count)
        return index == 0 ? cell + blanks : blanks + cell
      }
      return cells.joined(separator: "  ") + "\n"
    }.joined()
  }
}
