import Experiment

/// A manifest in the making, and what is wrong with it so far.
package struct LayoutDraft {
  package let folder: LayoutFolder
  private let layout: any CorpusLayout.Type
  private var lines: [CorpusManifest.Line] = []
  private var problems: [LayoutError.Problem] = []
  private var missing: Set<String> = []
  /// Where files lie, by their paths: pieces of one ask once.
  private var found: [String: Bool] = [:]
  private var leftOut: [(what: String, count: Int)] = []

  init(folder: LayoutFolder, layout: any CorpusLayout.Type) {
    self.folder = folder
    self.layout = layout
  }

  /// Takes a recording, or part of one, whose path is one of the folder.
  mutating func add(
    _ path: String, _ split: Split, _ entry: ManifestEntry = ManifestEntry(),
    labels: [String: String] = [:]
  ) {
    guard want(path) else { return }
    lines.append(
      CorpusManifest.Line(
        number: 0, recording: folder.recording(path), entry: entry, labels: labels, split: split))
  }

  /// Whether a recording that a list names is there; it is missing where not.
  @discardableResult
  mutating func want(_ path: String) -> Bool {
    let isThere = found[path] ?? folder.hasFile(path)
    found[path] = isThere
    if !isThere { missing.insert(path) }
    return isThere
  }

  /// Counts something that is left out on purpose.
  mutating func leaveOut(_ what: String, _ count: Int = 1) {
    guard count > 0 else { return }
    if let index = leftOut.firstIndex(where: { $0.what == what }) {
      leftOut[index].count += count
    } else {
      leftOut.append((what, count))
    }
  }

  mutating func problem(_ list: LayoutText, _ line: Int, _ message: String) {
    problems.append(LayoutError.Problem(file: list.name, line: line, message: message))
  }

  /// What to throw where the folder is another.
  func wrongTree(_ wrong: String, at relative: String = "") -> LayoutError {
    .tree(
      layout: layout.name, folder: folder.path, wrong: wrong, expected: layout.tree,
      found: folder.entries(of: relative).map { relative.isEmpty ? $0 : relative + "/" + $0 })
  }

  /// Reads a list that must be there.
  func list(_ relative: String) throws(LayoutError) -> LayoutText {
    guard folder.hasFile(relative) else { throw wrongTree("there is no file \(relative)") }
    return try folder.text(relative)
  }

  func option(_ message: String) -> LayoutError { .option(layout: layout.name, message) }

  /// The manifest, in the order of recordings and bounds.
  ///
  /// - Throws: `LayoutError` with all that is wrong.
  func finished() throws(LayoutError) -> PreparedManifest {
    if !problems.isEmpty { throw .problems(ordered(problems)) }
    if !missing.isEmpty { throw .missing(folder: folder.path, missing.sorted()) }
    if lines.isEmpty {
      let reasons = leftOut.map { "\($0.count) \($0.what)" }.joined(separator: ", ")
      throw .noLines(
        layout: layout.name, folder: folder.path,
        reason: leftOut.isEmpty ? "its lists are empty" : "left out were \(reasons)")
    }
    var sorted = lines.sorted {
      $0.recording == $1.recording
        ? $0.entry.segment < $1.entry.segment
        : $0.recording.utf8.lexicographicallyPrecedes($1.recording.utf8)
    }
    for index in sorted.indices { sorted[index].number = index + 1 }
    return PreparedManifest(lines: sorted, leftOut: leftOut)
  }

  /// By files, in the order in which they were read, and lines.
  private func ordered(_ problems: [LayoutError.Problem]) -> [LayoutError.Problem] {
    var files: [String: Int] = [:]
    for problem in problems where files[problem.file] == nil { files[problem.file] = files.count }
    return problems.sorted {
      (files[$0.file] ?? 0, $0.line, $0.message) < (files[$1.file] ?? 0, $1.line, $1.message)
    }
  }
}
