/// The manifest of a corpus: JSON lines, one utterance each, whole recordings or parts of them.
///
///     {"recording": "talks/one.flac", "start": 1.25, "end": 4.5, "text": "so", "split": "train"}
///
/// `recording` (below the site's recordings folder) and `split` must be there; `start` and `end` (in
/// seconds), `id`, `text`, `phones`, `alignment`, `speaker`, `labels`, and what `ManifestRelations.swift`
/// has (`trials`, `matches`, `turns`) may be. What is `null` is absent, and empty lines are passed over.
package struct CorpusManifest: Sendable, Hashable {
  package struct Line: Sendable, Hashable {
    /// From 1.
    package var number: Int
    /// Below the site's recordings folder.
    package var recording: String
    package var entry: ManifestEntry
    package var labels: [String: String]
    package var split: Split

    package init(
      number: Int, recording: String, entry: ManifestEntry, labels: [String: String], split: Split
    ) {
      self.number = number
      self.recording = recording
      self.entry = entry
      self.labels = labels
      self.split = split
    }
  }

  package let lines: [Line]

  /// Reads a manifest.
  ///
  /// - Parameters:
  ///   - bytes: Of the file.
  ///   - file: Its name, for errors.
  ///   - corpus: Whose manifest it is: it says which labels every line must have.
  /// - Throws: `SpecError` with every line that cannot be used, each with its number.
  package init(
    _ bytes: some Collection<UInt8>, file: String, corpus: CorpusDefinition
  ) throws(SpecError) {
    var problems: [SpecProblem] = []
    var lines: [Line] = []
    var checks = LineChecks(labels: corpus.labels, keepsTime: !corpus.withoutSilence)
    var isWhole = true
    let texts = bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false)
    for (index, text) in texts.enumerated() where !text.allSatisfy(Self.isBlank) {
      let number = index + 1
      let (line, faults) = ManifestLineReader.line(Array(text), number: number)
      let wrong = faults + (line.map { checks.problems(of: $0) } ?? [])
      problems += wrong.map { SpecProblem($0, at: SpecPlace(file: file, line: number)) }
      if let line, wrong.isEmpty { lines.append(line) }
      if line == nil { isWhole = false }
    }
    problems += checks.relations.problems(knowsAll: isWhole).map {
      SpecProblem($0.problem, at: SpecPlace(file: file, line: $0.number))
    }
    if lines.isEmpty, problems.isEmpty {
      problems.append(SpecProblem("the manifest has no line", at: SpecPlace(file: file)))
    }
    if !problems.isEmpty { throw SpecError(problems) }
    self.lines = lines
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D
  }

  /// The files that are named, each once, sorted.
  package var files: [String] {
    Set(lines.map(\.recording)).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The recordings of the lines.
  ///
  /// A line with the bytes and the bounds of an earlier one (in the order of paths and bounds) is the
  /// same recording and is left out.
  ///
  /// - Parameter digests: SHA-256 of every one of `files`.
  /// - Returns: In the order of paths and bounds, and how many copies were left out.
  package func recordings(
    digests: [String: String]
  ) -> (recordings: [Recording], duplicates: Int) {
    struct Content: Hashable {
      var digest: String
      var segment: Segment
    }
    var seen: Set<Content> = []
    let all = lines.compactMap { line in
      digests[line.recording].map {
        Recording(
          path: line.recording, digest: $0, labels: line.labels, split: line.split,
          entry: line.entry)
      }
    }.sorted(by: Recording.isBefore)
    let kept = all.filter {
      seen.insert(Content(digest: $0.digest, segment: $0.segment)).inserted
    }
    return (kept, all.count - kept.count)
  }
}

/// What only the lines together can show to be wrong, and what their corpus asks of them.
private struct LineChecks {
  private struct Piece: Hashable {
    var recording: String
    var segment: Segment
  }

  let labels: [String]
  /// Whether utterances last as long as what was recorded.
  let keepsTime: Bool
  private var pieces: [Piece: CorpusManifest.Line] = [:]
  private var names: [String: CorpusManifest.Line] = [:]
  private(set) var relations = RelationChecks()

  init(labels: [String], keepsTime: Bool) {
    self.labels = labels
    self.keepsTime = keepsTime
  }

  mutating func problems(of line: CorpusManifest.Line) -> [String] {
    var problems: [String] = []
    let timed = [
      line.entry.alignment.map { _ in "alignment" }, line.entry.turns.map { _ in "turns" },
    ]
    for field in timed.compactMap(\.self) where !keepsTime {
      problems.append(
        "'\(field)' has times, which the corpus's 'without-silence' moves; leave out one of the two"
      )
    }
    for label in labels where line.labels[label] == nil {
      problems.append(
        "the line lacks the label '\(label)', which the corpus's file says that all have")
    }
    let piece = Piece(recording: line.recording, segment: line.entry.segment)
    if let other = pieces[piece] {
      var same = other
      same.number = line.number
      // A line that stands twice counts once.
      if same == line { return problems }
      return problems + [
        "the line is of the same recording and bounds as line \(other.number) and says something "
          + "else of it; keep one"
      ]
    }
    pieces[piece] = line
    let name = line.name
    relations.add(line, name: name)
    if let other = names[name] {
      problems.append(
        "the utterance would be called '\(name)', as that of line \(other.number) is; give each "
          + "an 'id' of its own")
    } else {
      names[name] = line
    }
    return problems
  }
}
