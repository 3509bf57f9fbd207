/// One recording of a corpus as the plan knows it: by path, content and what is said of it. Where a
/// manifest cuts a recording, each piece is one.
package struct Recording: Sendable, Hashable, Codable {
  /// Path below the corpus's root.
  package var path: String
  /// SHA-256 of the file.
  package var digest: String
  package var labels: [String: String]
  package var split: Split
  /// What the corpus's manifest says; `nil` for the recordings of a folder.
  package var entry: ManifestEntry?

  package init(
    path: String, digest: String, labels: [String: String], split: Split,
    entry: ManifestEntry? = nil
  ) {
    self.path = path
    self.digest = digest
    self.labels = labels
    self.split = split
    self.entry = entry
  }

  /// What part of the file it is.
  package var segment: Segment { entry?.segment ?? Segment() }

  /// What messages call it: its path, and its bounds where it is a part.
  package var title: String { segment.isWhole ? path : "\(path) \(segment)" }

  /// Path order, pieces of one file by their bounds.
  package static func isBefore(_ left: Recording, _ right: Recording) -> Bool {
    left.path == right.path
      ? left.segment < right.segment : left.path.utf8.lexicographicallyPrecedes(right.path.utf8)
  }
}

/// A part of a recording.
package struct Segment: Sendable, Hashable, Codable, Comparable, CustomStringConvertible {
  /// Seconds; `nil` for the recording's start.
  package var start: Double?
  /// Seconds; `nil` for the recording's end.
  package var end: Double?

  package init(start: Double? = nil, end: Double? = nil) {
    self.start = start
    self.end = end
  }

  /// Whether it has no bounds: such a recording is trimmed like those of a folder.
  package var isWhole: Bool { start == nil && end == nil }

  /// How long it is, where that is said.
  package var seconds: Double? { end.map { $0 - (start ?? 0) } }

  package func overlaps(_ other: Segment) -> Bool {
    (start ?? 0) < (other.end ?? .infinity) && (other.start ?? 0) < (end ?? .infinity)
  }

  /// `1.25-4.5 s`, `1.25 s to the end`.
  package var description: String {
    let first = Canonical(number: start ?? 0).text
    return end.map { "\(first)-\(Canonical(number: $0).text) s" } ?? "\(first) s to the end"
  }

  package static func < (left: Segment, right: Segment) -> Bool {
    (left.start ?? 0, left.end ?? .infinity) < (right.start ?? 0, right.end ?? .infinity)
  }
}

/// A phone and when it was heard: `[0.11, 0.19, "ae"]` in a manifest.
package struct AlignedPhone: Sendable, Hashable, Codable {
  /// Seconds of the recording.
  package var start: Double
  package var end: Double
  package var phone: String

  package init(start: Double, end: Double, phone: String) {
    self.start = start
    self.end = end
    self.phone = phone
  }

  package init(from decoder: any Decoder) throws {
    let line = try TimedWord(from: decoder)
    (start, end, phone) = (line.start, line.end, line.word)
  }

  package func encode(to encoder: any Encoder) throws {
    try TimedWord(start: start, end: end, word: phone).encode(to: encoder)
  }
}

/// What a line of a manifest says beside the path, the labels and the split.
package struct ManifestEntry: Sendable, Hashable, Codable {
  package var segment: Segment
  /// A name of its own, unique in the corpus; otherwise made from path and bounds.
  package var id: String?
  package var text: String?
  package var phones: [String]?
  /// Which phone was heard when, in seconds of the recording, in order.
  package var alignment: [AlignedPhone]?
  /// Verification trials whose first side it is.
  package var trials: [SpeakerTrial]?
  /// The names of the documents in which it occurs: with them, also with none, it is a query.
  package var matches: [String]?
  /// Who speaks when.
  package var turns: [SpeakerTurn]?

  package init(
    segment: Segment = Segment(), id: String? = nil, text: String? = nil, phones: [String]? = nil,
    alignment: [AlignedPhone]? = nil, trials: [SpeakerTrial]? = nil, matches: [String]? = nil,
    turns: [SpeakerTurn]? = nil
  ) {
    self.alignment = alignment
    self.trials = trials
    self.matches = matches
    self.turns = turns
    self.segment = segment
    self.id = id
    self.text = text
    self.phones = phones
  }
}

extension Recording {
  /// The utterance's name within its corpus: what the manifest calls it, or its path without the
  /// extension, with the bounds of a part (`talk-1.25-4.5`).
  package var name: String {
    if let id = entry?.id { return id }
    let folders = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
    let file = folders.last ?? ""
    let base = file.lastIndex(of: ".").map { String(file[..<$0]) } ?? file
    let bounds = [segment.start ?? (segment.isWhole ? nil : 0), segment.end].compactMap { $0 }
      .map { "-" + Canonical(number: $0).text }
    return (folders.dropLast() + [base + bounds.joined()]).joined(separator: "/")
  }
}
