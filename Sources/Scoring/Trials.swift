/// Pairs of names with a decision to make, such as an enrolment and a test.
struct Trial: Sendable {
  var first: Int32
  var second: Int32
  var isTarget: Bool
  var score: Double
}

/// Trials of two files: which are targets, and how they were scored.
///
/// Lines are JSON, or words: `1 first second` or `first second target` in the reference, `first
/// second score` in the hypothesis.
struct TrialTable {
  private(set) var trials: [Trial] = []
  /// By number.
  private(set) var names: [String] = []

  /// What each side of a trial is called in JSON lines.
  private let sides: (first: String, second: String)
  private var numbers: [String: Int32] = [:]

  /// - Parameters:
  ///   - reference: `nil` where the hypothesis's lines have labels too.
  ///   - hypothesis: Scores.
  ///   - sides: What the names of a trial are called.
  /// - Throws: `ScoreError` with every bad line, or the trials that only one side has.
  init(
    reference: ScoreFile?, hypothesis: ScoreFile, sides: (first: String, second: String)
  ) throws(ScoreError) {
    self.sides = sides
    var problems: [ScoreError.Problem] = []
    let labels = read(reference ?? hypothesis, .label, &problems)
    let scores = read(hypothesis, .score, &problems)
    guard problems.isEmpty else { throw ScoreError(reading: problems, isOneFile: reference == nil) }
    let unscored = labels.rows.filter { scores.row[$0.key] == nil }.map { name($0.key) }
    let extra = scores.rows.filter { labels.row[$0.key] == nil }.map { name($0.key) }
    let file = (reference ?? hypothesis).name
    problems += AnswerPairs.unpaired(unscored, hypothesis.name, "has no score for", "trial", file)
    problems += AnswerPairs.unpaired(extra, file, "has no label for", "trial", hypothesis.name)
    guard problems.isEmpty else { throw ScoreError(problems) }
    trials = labels.rows.compactMap { label in
      scores.row[label.key].map {
        Trial(
          first: label.key.first, second: label.key.second, isTarget: label.value == 1,
          score: scores.rows[$0].value)
      }
    }
  }

  /// Both names of a trial.
  private struct Key: Hashable {
    var first: Int32
    var second: Int32
  }

  /// What one file says, and where of each trial.
  private struct Side {
    var rows: [(key: Key, value: Double, line: Int)] = []
    var row: [Key: Int] = [:]
  }

  private enum What {
    case label
    case score
  }

  private func name(_ key: Key) -> String { "\(names[Int(key.first)]) \(names[Int(key.second)])" }

  private mutating func number(of name: Substring) -> Int32 {
    let name = String(name)
    if let known = numbers[name] { return known }
    let number = Int32(names.count)
    names.append(name)
    numbers[name] = number
    return number
  }

  private mutating func read(
    _ file: ScoreFile, _ what: What, _ problems: inout [ScoreError.Problem]
  ) -> Side {
    let lines = ScoreLine.all(of: file)
    let isJSON = ScoreLine.isJSON(lines)
    var found = Side()
    found.rows.reserveCapacity(lines.count)
    found.row.reserveCapacity(lines.count)
    for line in lines {
      let read = isJSON ? json(line, what) : words(line, what)
      switch read {
      case .failure(let problem):
        problems.append(.init(file.name, line.number, problem.what))
      case .success(let trial):
        let key = Key(first: number(of: trial.first), second: number(of: trial.second))
        if let earlier = found.row.updateValue(found.rows.count, forKey: key) {
          let before = found.rows[earlier].line
          problems.append(
            .init(
              file.name, line.number,
              "trial '\(name(key))' stands in line \(before) already; each has one line"))
        }
        found.rows.append((key, trial.value, line.number))
      }
    }
    if lines.isEmpty { problems.append(.init(file.name, nil, "the file is empty")) }
    return found
  }

  private struct BadLine: Error { var what: String }

  private typealias Read = Result<(first: Substring, second: Substring, value: Double), BadLine>

  private func words(_ line: ScoreLine, _ what: What) -> Read {
    let words = line.words
    switch what {
    case .score:
      guard words.count == 3, let score = Double(words[2]), score.isFinite else {
        return .failure(
          BadLine(what: "a line is '\(sides.first) \(sides.second) score', with a finite number"))
      }
      return .success((words[0], words[1], score))
    case .label:
      if words.count == 3, let label = ["0": 0.0, "1": 1.0][words[0]] {
        return .success((words[1], words[2], label))
      }
      if words.count == 3, let label = ["nontarget": 0.0, "target": 1.0][words[2]] {
        return .success((words[0], words[1], label))
      }
      return .failure(
        BadLine(
          what: "a line is '1 \(sides.first) \(sides.second)' (or 0), or '\(sides.first) "
            + "\(sides.second) target' (or nontarget)"))
    }
  }

  private func json(_ line: ScoreLine, _ what: What) -> Read {
    guard let members = line.members else {
      return .failure(BadLine(what: "this is no JSON object on one line"))
    }
    guard let first = members[sides.first]?.string, let second = members[sides.second]?.string
    else {
      return .failure(BadLine(what: "'\(sides.first)' and '\(sides.second)' must be texts"))
    }
    switch (what, members[what == .score ? "score" : "label"]) {
    case (.score, .number(let score)?): return .success((first[...], second[...], score))
    case (.score, _): return .failure(BadLine(what: "'score' must be a number"))
    case (.label, .number(let label)?) where label == 0 || label == 1:
      return .success((first[...], second[...], label))
    case (.label, .bool(let label)?):
      return .success((first[...], second[...], label ? 1 : 0))
    case (.label, .string("target")?): return .success((first[...], second[...], 1))
    case (.label, .string("nontarget")?): return .success((first[...], second[...], 0))
    case (.label, _):
      return .failure(BadLine(what: "'label' must be 1 or 0, true or false, target or nontarget"))
    }
  }
}
