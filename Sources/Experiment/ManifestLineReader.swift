import Foundation

/// Reads one line of a manifest; what is wrong with it is told all at once.
enum ManifestLineReader {
  private static let keys = [
    "recording", "start", "end", "id", "text", "phones", "alignment", "speaker", "labels",
    "split", "trials", "matches", "turns",
  ]

  /// - Returns: The line, unless it cannot be made, and what is wrong.
  static func line(
    _ bytes: [UInt8], number: Int
  ) -> (line: CorpusManifest.Line?, problems: [String]) {
    var fields: Fields
    do {
      fields = try JSONDecoder().decode(Fields.self, from: Data(bytes))
    } catch DecodingError.typeMismatch {
      return (nil, ["the line must be a JSON object, such as \(example)"])
    } catch {
      return (nil, ["this is not JSON; a line is an object such as \(example)"])
    }
    let line = fields.line(number: number)
    return (fields.problems.isEmpty ? line : nil, fields.problems)
  }

  private static let example = #"{"recording": "talks/one.flac", "split": "train"}"#

  private struct Key: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
  }

  /// The members of the object, each of its type. JSON objects have no order, so they are read in
  /// that of their names, and so are problems told.
  private struct Fields: Decodable {
    private var words: [String: String] = [:]
    private var numbers: [String: Double] = [:]
    private var phones: [String]?
    private var alignment: [AlignedPhone]?
    private var trials: [SpeakerTrial]?
    private var matches: [String]?
    private var turns: [SpeakerTurn]?
    private var labels: [String: String] = [:]
    private(set) var problems: [String] = []

    init(from decoder: any Decoder) throws {
      let container = try decoder.container(keyedBy: Key.self)
      for key in container.allKeys.sorted(by: { $0.stringValue < $1.stringValue }) {
        let name = key.stringValue
        guard keys.contains(name) else {
          problems.append(SpecMessage.unknown("key", name, among: keys))
          continue
        }
        if try container.decodeNil(forKey: key) { continue }
        switch name {
        case "start", "end": numbers[name] = read(container, key, "a number of seconds")
        case "phones": phones = read(container, key, "a list of words")
        case "alignment":
          alignment = read(container, key, "a list of [start, end, phone], in seconds")
        case "trials":
          trials = read(container, key, #"a list of [id, "same" or "different"]"#)
        case "matches": matches = read(container, key, "a list of ids")
        case "turns": turns = read(container, key, "a list of [start, end, speaker], in seconds")
        case "labels": labels = read(container, key, "an object whose values are words") ?? [:]
        default: words[name] = read(container, key, "a word")
        }
      }
    }

    /// A value of the wanted type, or a problem.
    private mutating func read<Value: Decodable>(
      _ container: KeyedDecodingContainer<Key>, _ key: Key, _ wanted: String
    ) -> Value? {
      if let value = try? container.decode(Value.self, forKey: key) { return value }
      let found = (try? container.decode(Canonical.self, forKey: key))?.text ?? "what is there"
      problems.append(SpecMessage.type(key.stringValue, wanted, found))
      return nil
    }

    mutating func line(number: Int) -> CorpusManifest.Line? {
      let (recording, split) = (recording(), split())
      let segment = segment()
      for (name, value) in words.sorted(by: { $0.key < $1.key })
      where value.isEmpty && name != "text" && name != "recording" {
        problems.append("'\(name)' is empty; leave it out")
      }
      if phones?.contains("") == true { problems.append("'phones' holds an empty phone") }
      checkAlignment()
      checkTurns()
      addSpeaker()
      guard let recording, let split else { return nil }
      return CorpusManifest.Line(
        number: number, recording: recording,
        entry: ManifestEntry(
          segment: segment, id: words["id"], text: words["text"], phones: phones,
          alignment: alignment, trials: trials, matches: matches, turns: turns),
        labels: labels, split: split)
    }

    private mutating func recording() -> String? {
      guard let path = words["recording"] else {
        if !isTold("recording") { problems.append("the line lacks 'recording'") }
        return nil
      }
      let parts = path.split(separator: "/", omittingEmptySubsequences: false)
      guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
        problems.append(
          "'recording' must be a path below the site's recordings folder, not '\(path)'")
        return nil
      }
      return path
    }

    private mutating func split() -> Split? {
      guard let word = words["split"] else {
        if !isTold("split") { problems.append("the line lacks 'split': train, dev or test") }
        return nil
      }
      if let split = Split(rawValue: word) { return split }
      problems.append(SpecMessage.unknown("split", word, among: Split.allCases.map(\.rawValue)))
      return nil
    }

    private mutating func segment() -> Segment {
      let (start, end) = (numbers["start"], numbers["end"])
      if let start, start < 0 {
        problems.append(SpecMessage.type("start", "at least 0", Canonical(number: start).text))
      }
      if let end, end <= start ?? 0 {
        problems.append(
          "'end' must be after 'start': \(Canonical(number: end).text) is not after "
            + Canonical(number: start ?? 0).text)
      }
      return Segment(start: start, end: end)
    }

    private mutating func checkAlignment() {
      var last = 0.0
      for aligned in alignment ?? [] {
        let words =
          "[\(Canonical(number: aligned.start).text), "
          + "\(Canonical(number: aligned.end).text), \"\(aligned.phone)\"]"
        guard !aligned.phone.isEmpty, aligned.start >= last, aligned.end > aligned.start else {
          problems.append(
            "'alignment' holds \(words): each must name a phone, end after it starts, and start where "
              + "the one before has ended")
          return
        }
        last = aligned.end
      }
    }

    private mutating func checkTurns() {
      let wrong = turns?.first { $0.speaker.isEmpty || $0.start < 0 || $0.end <= $0.start }
      guard let wrong else { return }
      let words =
        "[\(Canonical(number: wrong.start).text), \(Canonical(number: wrong.end).text), "
        + "\"\(wrong.speaker)\"]"
      problems.append(
        "'turns' holds \(words): each must name a speaker, start at 0 or later and end after it starts"
      )
    }

    /// Who speaks is a label like others.
    private mutating func addSpeaker() {
      guard let speaker = words["speaker"] else { return }
      if let other = labels["speaker"], other != speaker {
        problems.append("'speaker' is '\(speaker)', and the label of that name '\(other)'")
      }
      labels["speaker"] = speaker
    }

    private func isTold(_ key: String) -> Bool {
      problems.contains { $0.hasPrefix("'\(key)' ") }
    }
  }
}
