/// Why two files cannot be scored: all that is wrong with them, or the first few of it.
package struct ScoreError: Error, Sendable, Equatable, CustomStringConvertible {
  package struct Problem: Sendable, Hashable, CustomStringConvertible {
    package var file: String
    /// From 1; `nil` where it is about the whole file.
    package var line: Int?
    package var what: String

    package init(_ file: String, _ line: Int? = nil, _ what: String) {
      self.file = file
      self.line = line
      self.what = what
    }

    package var description: String { "\(file):\(line.map { "\($0):" } ?? "") \(what)" }
  }

  package var problems: [Problem]

  package init(_ problems: [Problem]) { self.problems = problems }

  /// Of both sides. Where they are one file, the same line may be wrong for both.
  init(reading problems: [Problem], isOneFile: Bool) {
    guard isOneFile else {
      self.problems = problems
      return
    }
    self.problems = Set(problems).sorted { ($0.line ?? 0, $0.what) < ($1.line ?? 0, $1.what) }
  }

  /// Problems that are told in words; of the others their number.
  private static let told = 10

  package var description: String {
    var lines = problems.prefix(Self.told).map(\.description)
    let more = problems.count - Self.told
    if more > 0 { lines.append("and \(more) more line\(more == 1 ? "" : "s") like these") }
    return lines.joined(separator: "\n")
  }

  /// A few names of many.
  static func few(_ names: some Collection<String>) -> String {
    let shown = names.prefix(5).map { "'\($0)'" }.joined(separator: ", ")
    return names.count > 5 ? shown + ", …" : shown
  }
}
