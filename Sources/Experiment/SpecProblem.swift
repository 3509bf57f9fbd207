/// One thing that is wrong in a file that a person wrote.
package struct SpecProblem: Sendable, Hashable, CustomStringConvertible {
  package var file: String
  /// From 1.
  package var line: Int
  /// From 1.
  package var column: Int
  package var message: String

  package init(file: String, line: Int, column: Int, message: String) {
    self.file = file
    self.line = line
    self.column = column
    self.message = message
  }

  package var description: String { "\(file):\(line):\(column): \(message)" }
}

/// Everything that is wrong in a file, in the order of its lines.
package struct SpecError: Error, Sendable, Hashable, CustomStringConvertible {
  package var problems: [SpecProblem]

  package init(_ problems: [SpecProblem]) {
    self.problems = problems.sorted {
      ($0.file, $0.line, $0.column) < ($1.file, $1.line, $1.column)
    }
  }

  package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// The sentences of spec errors, in one place.
enum SpecMessage {
  static func unknown(_ what: String, _ word: String, among words: [String]) -> String {
    var text = "unknown \(what) '\(word)'"
    if let nearest = NearestWord.to(word, among: words) {
      text += "; did you mean '\(nearest)'?"
    } else if !words.isEmpty {
      text += "; known: " + words.sorted().joined(separator: ", ")
    }
    return text
  }

  static func missing(_ key: String, _ context: String) -> String {
    "\(context) needs '\(key)': what decides a result has no default"
  }

  static func type(_ key: String, _ wanted: String, _ found: String) -> String {
    "'\(key)' must be \(wanted), not '\(found)'"
  }

  static func range(_ key: String, _ wanted: String, _ found: String) -> String {
    "'\(key)' must be \(wanted), not \(found)"
  }
}

/// The valid word that somebody probably meant.
package enum NearestWord {
  /// The word with the least edit distance, if it differs in at most a third of its letters (and in at
  /// least one letter of a short word): further off, a guess misleads more than it helps.
  package static func to(_ word: String, among words: [String]) -> String? {
    let candidates = words.map { (distance(Array(word), Array($0)), $0) }.sorted { $0 < $1 }
    guard let (distance, nearest) = candidates.first,
      distance <= max(1, max(word.count, nearest.count) / 3)
    else { return nil }
    return nearest
  }

  /// Damerau–Levenshtein distance with neighbours swapped as one edit (optimal string alignment).
  private static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var rows = [[Int]](repeating: [Int](repeating: 0, count: b.count + 1), count: a.count + 1)
    for i in 0...a.count { rows[i][0] = i }
    for j in 0...b.count { rows[0][j] = j }
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    for i in 1...a.count {
      for j in 1...b.count {
        let substituted = rows[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1)
        rows[i][j] = min(substituted, rows[i - 1][j] + 1, rows[i][j - 1] + 1)
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] {
          rows[i][j] = min(rows[i][j], rows[i - 2][j - 2] + 1)
        }
      }
    }
    return rows[a.count][b.count]
  }
}
