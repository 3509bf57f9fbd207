/// A verification trial of an utterance: `["b", "same"]` in a manifest. The line's utterance is the
/// first side (enrolment), the named one the second.
package struct SpeakerTrial: Sendable, Hashable, Codable {
  /// The second side: the utterance's name in the manifest, its id in a corpus artifact.
  package var other: String
  /// Whether one person speaks on both sides.
  package var isSame: Bool

  package init(other: String, isSame: Bool) {
    self.other = other
    self.isSame = isSame
  }

  private var word: String { isSame ? "same" : "different" }

  package init(from decoder: any Decoder) throws {
    var fields = try decoder.unkeyedContainer()
    other = try fields.decode(String.self)
    let word = try fields.decode(String.self)
    isSame = word == "same"
    guard isSame || word == "different", fields.isAtEnd else {
      throw DecodingError.dataCorruptedError(in: fields, debugDescription: "no trial")
    }
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.unkeyedContainer()
    try fields.encode(other)
    try fields.encode(word)
  }
}

/// Somebody who speaks, and when: `[0.4, 2.15, "eve"]` in a manifest. Turns may overlap.
package struct SpeakerTurn: Sendable, Hashable, Codable {
  /// Seconds from the utterance's start.
  package var start: Double
  package var end: Double
  package var speaker: String

  package init(start: Double, end: Double, speaker: String) {
    self.start = start
    self.end = end
    self.speaker = speaker
  }

  package init(from decoder: any Decoder) throws {
    let line = try TimedWord(from: decoder)
    (start, end, speaker) = (line.start, line.end, line.word)
  }

  package func encode(to encoder: any Encoder) throws {
    try TimedWord(start: start, end: end, word: speaker).encode(to: encoder)
  }

  /// The part of the turn within what was kept of an utterance, counted from there.
  ///
  /// - Parameters:
  ///   - first: Where what was kept starts, in seconds from the utterance's start.
  ///   - seconds: How long it is.
  /// - Returns: `nil` where nothing of the turn was kept.
  package func within(_ first: Double, seconds: Double) -> SpeakerTurn? {
    // Without a shift the numbers stay as they were written.
    let from = max(0, first == 0 ? start : start - first)
    let to = min(seconds, first == 0 ? end : end - first)
    return from < to ? SpeakerTurn(start: from, end: to, speaker: speaker) : nil
  }
}

/// What the trials and matches of a manifest's lines say of other lines; only all lines together can
/// show what is wrong with it.
struct RelationChecks {
  private struct Named {
    var line: Int
    var split: Split
    var isQuery: Bool
  }

  private var names: [String: Named] = [:]
  private var relations: [(name: String, line: CorpusManifest.Line)] = []

  /// Takes a line, whose utterance is called `name`.
  mutating func add(_ line: CorpusManifest.Line, name: String) {
    if names[name] == nil {
      names[name] = Named(
        line: line.number, split: line.split, isQuery: line.entry.matches != nil)
    }
    if line.entry.trials != nil || line.entry.matches != nil { relations.append((name, line)) }
  }

  /// Where a line could not be read (`knowsAll` is false), a name that is not known may be its.
  ///
  /// - Returns: What is wrong, each with its line's number.
  func problems(knowsAll: Bool) -> [(number: Int, problem: String)] {
    relations.flatMap { name, line in
      let trials = check(
        "trials", line.entry.trials?.map(\.other) ?? [], of: line, name, knowsAll)
      let matches = check("matches", line.entry.matches ?? [], of: line, name, knowsAll)
      return (trials + matches).map { (line.number, $0) }
    }
  }

  private func check(
    _ key: String, _ ids: [String], of line: CorpusManifest.Line, _ name: String, _ knowsAll: Bool
  ) -> [String] {
    var seen: Set<String> = []
    return ids.compactMap { id in
      guard seen.insert(id).inserted else { return SpecMessage.twice(key, "'\(id)'") }
      if id == name { return "'\(key)' names the line's own utterance '\(id)'; take it out" }
      guard let other = names[id] else {
        return knowsAll
          ? "'\(key)' names '\(id)', and no line's utterance is called so; a name is a line's 'id', or "
            + "its recording's path without the extension" : nil
      }
      let isAskedOfTest = key == "matches" && line.split == .dev && other.split == .test
      if other.split != line.split, !isAskedOfTest {
        return "'\(key)' names '\(id)' of line \(other.line), whose split is "
          + "'\(other.split.rawValue)' and not '\(line.split.rawValue)'; both must be of one"
      }
      if key == "matches", other.isQuery {
        return
          "'matches' names '\(id)' of line \(other.line), which has 'matches' itself: it is a query "
          + "and no document"
      }
      return nil
    }
  }
}
