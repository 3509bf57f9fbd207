import Foundation

extension CorpusDefinition {
  /// The recordings among files below the root of a corpus's folder, with what their paths tell and
  /// their split. Those of a manifest are `CorpusManifest.recordings`.
  ///
  /// A recording with the bytes of an earlier one (in path order) is the same recording and is left
  /// out, so that no split can hold a copy of another's.
  ///
  /// - Parameter listing: Paths below the root with the SHA-256 of each file.
  /// - Returns: Recordings in path order, and how many copies were left out.
  /// - Throws: `CorpusDefinitionError` for a pattern that is none, or that has no group for the split, and
  ///   for a corpus that is no folder.
  package func recordings(
    from listing: [(path: String, digest: String)]
  ) throws(CorpusDefinitionError) -> (recordings: [Recording], duplicates: Int) {
    guard let folder else { throw .noFolder(corpus: name) }
    let (pattern, split) = (folder.pattern, folder.split)
    let matcher = try PathPattern(pattern, corpus: name)
    guard matcher.groups.contains(split.by) else {
      throw .noSplitGroup(corpus: name, by: split.by, groups: matcher.groups)
    }
    var recordings: [Recording] = []
    var seen: Set<String> = []
    var duplicates = 0
    var splits: [String: Split] = [:]
    for (path, digest) in listing.sorted(by: {
      $0.path.utf8.lexicographicallyPrecedes($1.path.utf8)
    }) {
      guard let labels = matcher.labels(of: path) else { continue }
      guard seen.insert(digest).inserted else {
        duplicates += 1
        continue
      }
      let group = labels[split.by] ?? "none"
      let chosen = splits[group] ?? split.split(corpus: name, group: group)
      splits[group] = chosen
      recordings.append(Recording(path: path, digest: digest, labels: labels, split: chosen))
    }
    for value in (split.testValues ?? []) + (split.devValues ?? [])
    where !recordings.isEmpty && splits[value] == nil {
      throw .nothingOfValue(
        corpus: name, by: split.by, value: value, known: splits.keys.sorted(), packages: packages)
    }
    return (recordings, duplicates)
  }
}

/// A corpus definition that cannot be used.
package enum CorpusDefinitionError: Error, Sendable, Equatable, CustomStringConvertible {
  case pattern(corpus: String, pattern: String)
  case noSplitGroup(corpus: String, by: String, groups: [String])
  case noFolder(corpus: String)
  /// A value that is held out by name, and that no recording has.
  case nothingOfValue(
    corpus: String, by: String, value: String, known: [String], packages: [String])

  package var description: String {
    switch self {
    case .pattern(let corpus, let pattern):
      "corpus \(corpus): '\(pattern)' is not a regular expression"
    case .noSplitGroup(let corpus, let by, let groups):
      "corpus \(corpus): it is split by '\(by)', which is no group of its pattern; the groups are "
        + groups.joined(separator: ", ")
    case .nothingOfValue(let corpus, let by, let value, let known, let packages):
      "corpus \(corpus): no recording has the \(by) '\(value)' that is held out; there are "
        + known.joined(separator: ", ")
        + (packages.isEmpty ? "" : " (the Debian packages are \(packages.joined(separator: ", ")))")
    case .noFolder(let corpus):
      "corpus \(corpus): a manifest names its recordings; no folder is searched for them"
    }
  }
}

/// A regular expression over whole paths, whose named groups become labels.
package struct PathPattern {
  package let groups: [String]
  private let expression: NSRegularExpression

  /// Compiles `pattern` for whole paths.
  ///
  /// - Throws: `CorpusDefinitionError.pattern` when it is no regular expression.
  package init(_ pattern: String, corpus: String) throws(CorpusDefinitionError) {
    guard let expression = try? NSRegularExpression(pattern: "^(?:\(pattern))$"),
      let names = try? NSRegularExpression(pattern: #"\(\?<([A-Za-z][A-Za-z0-9]*)>"#)
    else { throw .pattern(corpus: corpus, pattern: pattern) }
    self.expression = expression
    let whole = NSRange(pattern.startIndex..., in: pattern)
    groups = names.matches(in: pattern, range: whole).compactMap { match in
      Range(match.range(at: 1), in: pattern).map { String(pattern[$0]) }
    }
  }

  /// Whether a path matches as a whole.
  package func matches(_ path: String) -> Bool {
    expression.firstMatch(in: path, range: NSRange(path.startIndex..., in: path)) != nil
  }

  /// The groups of a path that matches; an empty or absent group is `none`.
  package func labels(of path: String) -> [String: String]? {
    let whole = NSRange(path.startIndex..., in: path)
    guard let match = expression.firstMatch(in: path, range: whole) else { return nil }
    var labels: [String: String] = [:]
    for group in groups {
      let range = Range(match.range(withName: group), in: path)
      let text = range.map { String(path[$0]) } ?? ""
      labels[group] = text.isEmpty ? "none" : text
    }
    return labels
  }
}
