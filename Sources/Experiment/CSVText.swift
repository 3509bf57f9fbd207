/// Tables of text (RFC 4180): fields between commas, in quotes where they hold any, lines ended by CRLF
/// or LF.
package enum CSVText {
  /// The lines with their numbers in the text, from 1; empty ones are left out.
  package static func lines(_ text: String) -> [(number: Int, fields: [String])] {
    var lines: [(number: Int, fields: [String])] = []
    var (fields, field): ([String], String) = ([], "")
    var (isQuoted, wasQuoted) = (false, false)
    var (number, start) = (1, 1)
    func end() {
      if !(fields.isEmpty && field.isEmpty && !wasQuoted) {
        lines.append((start, fields + [field]))
      }
      (fields, field, wasQuoted) = ([], "", false)
    }
    var scalars = text.unicodeScalars.makeIterator()
    var next = scalars.next()
    while let scalar = next {
      next = scalars.next()
      if scalar == "\n" { number += 1 }
      switch scalar {
      case "\"" where isQuoted && next == "\"":
        field.unicodeScalars.append(scalar)
        next = scalars.next()
      case "\"":
        isQuoted.toggle()
        wasQuoted = true
      case "," where !isQuoted:
        fields.append(field)
        (field, wasQuoted) = ("", false)
      case "\n" where !isQuoted:
        end()
        start = number
      case "\r" where !isQuoted && next == "\n": break
      default: field.unicodeScalars.append(scalar)
      }
    }
    end()
    return lines
  }
}
