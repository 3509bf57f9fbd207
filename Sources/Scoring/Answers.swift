/// What one side says of an utterance.
struct Answer: Sendable {
  enum Content: Sendable, Hashable {
    case text(String)
    case list([String])
    case map([String: String])
  }

  var id: String
  var line: Int
  var content: Content
  var speaker: String?
}

/// Files of answers: JSON lines, or `id`, white space and a text.
struct AnswerReader {
  enum Side: String {
    case reference
    case hypothesis
  }

  let file: ScoreFile
  private(set) var problems: [ScoreError.Problem] = []

  init(_ file: ScoreFile) { self.file = file }

  /// The answers in the order of their lines. What is wrong is in `problems`.
  mutating func read(_ side: Side) -> [Answer] {
    let lines = ScoreLine.all(of: file)
    let isJSON = ScoreLine.isJSON(lines)
    var first: [String: Int] = [:]
    var answers: [Answer] = []
    for line in lines {
      guard let answer = isJSON ? json(line, side) : plain(line) else { continue }
      if let earlier = first[answer.id] {
        fail(line, "'\(answer.id)' stands in line \(earlier) already; each id has one line")
        continue
      }
      first[answer.id] = line.number
      answers.append(answer)
    }
    if lines.isEmpty { problems.append(.init(file.name, nil, "the file is empty")) }
    return answers
  }

  private mutating func fail(_ line: ScoreLine, _ what: String) {
    problems.append(.init(file.name, line.number, what))
  }

  private func plain(_ line: ScoreLine) -> Answer? {
    let text = line.text.drop(while: \.isWhitespace)
    let id = text.prefix { !$0.isWhitespace }
    let rest = text[id.endIndex...].drop(while: \.isWhitespace)
    let trimmed = rest.reversed().drop(while: \.isWhitespace).reversed()
    return Answer(
      id: String(id), line: line.number, content: .text(String(trimmed)), speaker: nil)
  }

  private mutating func json(_ line: ScoreLine, _ side: Side) -> Answer? {
    guard let members = line.members else {
      fail(line, "this is no JSON object on one line")
      return nil
    }
    guard let id = members["id"]?.string, !id.isEmpty else {
      fail(line, "'id' must be a text, and names the utterance")
      return nil
    }
    var speaker: String?
    if let value = members["speaker"] {
      guard let text = value.string, !text.isEmpty else {
        fail(line, "'speaker' must be a text")
        return nil
      }
      speaker = text
    }
    guard let content = content(line, members, side) else { return nil }
    return Answer(id: id, line: line.number, content: content, speaker: speaker)
  }

  /// What is not of this side alone.
  private static let keys = ["text", "tokens", "label", "labels"]

  private mutating func content(
    _ line: ScoreLine, _ members: [String: JSONValue], _ side: Side
  ) -> Answer.Content? {
    let named =
      members[side.rawValue] == nil ? Self.keys.filter { members[$0] != nil } : [side.rawValue]
    guard let key = named.first, let value = members[key] else {
      fail(
        line,
        "there is no '\(side.rawValue)', and no 'text', 'tokens', 'label' or 'labels' either")
      return nil
    }
    guard named.count == 1 else {
      fail(line, "'\(named[0])' and '\(named[1])' are both there; give one")
      return nil
    }
    switch value {
    case .string(let text): return .text(text)
    case .list(let values):
      let texts = values.compactMap(\.string)
      if texts.count == values.count { return .list(texts) }
    case .map(let values):
      let texts = values.compactMapValues(\.string)
      if texts.count == values.count { return .map(texts) }
    case .null, .bool, .number: break
    }
    fail(line, "'\(key)' must be a text, a list of texts, or texts by name")
    return nil
  }
}

/// A reference and a hypothesis of the same utterance.
struct AnswerPair: Sendable {
  var reference: Answer
  var hypothesis: Answer
}

/// Puts the two sides together.
struct AnswerPairs {
  private(set) var pairs: [AnswerPair] = []
  /// The group of each pair, and what groups are; `nil` where each stands for itself.
  private(set) var speakers: [String]?

  /// - Parameters:
  ///   - reference: `nil` where the hypothesis's lines hold the reference too.
  ///   - hypothesis: What was answered.
  ///   - speakers: Lines `id speaker`; `nil` where the reference's lines say who speaks, or nobody
  ///     does.
  /// - Throws: `ScoreError` with every bad line, or the ids that only one side has.
  init(
    reference: ScoreFile?, hypothesis: ScoreFile, speakers: ScoreFile?
  ) throws(ScoreError) {
    if reference == nil, !ScoreLine.isJSON(ScoreLine.all(of: hypothesis)) {
      throw ScoreError([.init(hypothesis.name, nil, Self.oneSide)])
    }
    var left = AnswerReader(reference ?? hypothesis)
    var right = AnswerReader(hypothesis)
    let references = left.read(.reference)
    let hypotheses = right.read(.hypothesis)
    var problems = left.problems + right.problems
    guard problems.isEmpty else { throw ScoreError(reading: problems, isOneFile: reference == nil) }
    let said = Dictionary(hypotheses.map { ($0.id, $0) }, uniquingKeysWith: { first, _ in first })
    let asked = Set(references.map(\.id))
    let silent = references.map(\.id).filter { said[$0] == nil }
    let extra = hypotheses.map(\.id).filter { !asked.contains($0) }
    problems += Self.unpaired(
      silent, hypothesis.name, "has no line for", "utterance", left.file.name)
    problems += Self.unpaired(
      extra, left.file.name, "has no line for", "utterance", hypothesis.name)
    guard problems.isEmpty else { throw ScoreError(problems) }
    pairs = references.compactMap { reference in
      said[reference.id].map { AnswerPair(reference: reference, hypothesis: $0) }
    }
    self.speakers = try SpeakerTable(speakers).speakers(of: references, file: left.file.name)
  }

  private static let oneSide =
    "is one file with one side; give '--reference' too, or JSON lines with 'reference' and "
    + "'hypothesis'"

  static func unpaired(
    _ names: [String], _ file: String, _ verb: String, _ what: String, _ other: String
  ) -> [ScoreError.Problem] {
    guard !names.isEmpty else { return [] }
    let count = "\(names.count) \(what)\(names.count == 1 ? "" : "s")"
    return [.init(file, nil, "\(verb) \(count) of \(other): \(ScoreError.few(names))")]
  }
}

/// Who speaks, by id: lines `id speaker`.
struct SpeakerTable {
  private let file: String?
  private var speakerOf: [String: String] = [:]

  init(_ file: ScoreFile?) throws(ScoreError) {
    self.file = file?.name
    guard let file else { return }
    var problems: [ScoreError.Problem] = []
    for line in ScoreLine.all(of: file) {
      let words = line.words
      guard words.count == 2 else {
        problems.append(.init(file.name, line.number, "a line is an id and its speaker"))
        continue
      }
      speakerOf[String(words[0])] = String(words[1])
    }
    guard problems.isEmpty else { throw ScoreError(problems) }
  }

  /// The speaker of each id, from the table if there is one; `nil` where nothing is known of any.
  func speakers(of answers: [Answer], file references: String) throws(ScoreError) -> [String]? {
    if file != nil { return try speakers(of: answers.map(\.id)) }
    let known = answers.filter { $0.speaker != nil }
    guard !known.isEmpty else { return nil }
    let unknown = answers.filter { $0.speaker == nil }
    guard unknown.isEmpty else {
      throw ScoreError(
        unknown.map {
          .init(references, $0.line, "there is no 'speaker', which other lines have")
        })
    }
    return known.compactMap(\.speaker)
  }

  /// - Throws: `ScoreError` naming ids that the table lacks.
  func speakers(of ids: [String]) throws(ScoreError) -> [String]? {
    guard let file else { return nil }
    let speakers = ids.compactMap { speakerOf[$0] }
    guard speakers.count == ids.count else {
      let unknown = Set(ids.filter { speakerOf[$0] == nil }).sorted()
      throw ScoreError(
        AnswerPairs.unpaired(unknown, file, "has no line for", "id", "the reference"))
    }
    return speakers
  }
}
