import Experiment
import Scoring

/// Every difference between rows that a report tests, corrected by Holm for all of them together: the table
/// `paired`, and what the report's sentences quote of it.
///
/// Of each fine-tuning: each row less the pre-trained one, Speech-FT less Stable-FT and less every other
/// method, and what the sentences tell besides. Of a method of several values those that dev chose stand for
/// it, and all where nothing was to be chosen.
struct PairedFamily {
  /// What two rows are compared in.
  struct Subject {
    /// `phones-nl PER`, `mean of all`.
    var id: String
    /// `Dutch phonemes, PER`.
    var title: String
    /// Whose numbers it is made of.
    var tasks: [TaskColumn]
    var mixture: TestStatistics.Mixture
    /// `nil` for means.
    var column: MetricColumn?
  }

  /// What the tests say of a difference.
  struct Told {
    /// In points; above 0 the first is better.
    var value: Double
    var interval: Bootstrap.Interval
    var p: Double
    /// For the whole family.
    var corrected: Double
    /// That both rows have.
    var seeds: Int
  }

  struct Pair {
    var group: FineTuningGroup
    var first: ResultRow
    var second: ResultRow
    var subject: Subject
    var told: Told?
    /// Why nothing is told.
    var reason: String?
  }

  private struct Key: Hashable {
    var first: ResultRow.Identity
    var second: ResultRow.Identity
    var subject: String
  }

  let pairs: [Pair]
  private let places: [Key: Int]

  /// What is below counts as a difference.
  static let level = TableMarks.level
  /// So many rows of one method stand all for it.
  private static let few = 3

  init(_ results: Results) {
    let score = Score(results)
    var pairs: [Pair] = []
    for group in results.groups {
      let subjects = Self.subjects(results, group, score)
      for (first, second) in Self.rows(results, group) {
        for subject in subjects where Self.isThere(first, subject) && Self.isThere(second, subject)
        {
          var pair = Pair(
            group: group, first: first, second: second, subject: subject, told: nil, reason: nil)
          switch results.tests.difference(first, second, in: subject.mixture) {
          case .none: continue
          case .told(let sample):
            pair.told = Told(
              value: sample.value, interval: sample.interval, p: sample.p, corrected: 1,
              seeds: sample.seeds.count)
          case let other: pair.reason = Self.reason(other)
          }
          pairs.append(pair)
        }
      }
    }
    let told = pairs.indices.filter { pairs[$0].told != nil }
    let corrected = Holm.corrected(told.compactMap { pairs[$0].told?.p })
    for (index, value) in zip(told, corrected) { pairs[index].told?.corrected = value }
    self.pairs = pairs
    places = Dictionary(
      pairs.enumerated().map { index, pair in
        (
          Key(first: pair.first.identity, second: pair.second.identity, subject: pair.subject.id),
          index
        )
      }, uniquingKeysWith: { first, _ in first })
  }

  /// How many differences were corrected together.
  var count: Int { pairs.count { $0.told != nil } }

  /// The difference between two rows in the mean over some of the tasks.
  func pair(_ first: ResultRow, _ second: ResultRow, over tasks: [TaskColumn]) -> Pair? {
    places[
      Key(
        first: first.identity, second: second.identity, subject: Self.id(tasks))
    ].map { pairs[$0] }
  }

  // MARK: Subjects

  private static func subjects(
    _ results: Results, _ group: FineTuningGroup, _ score: Score?
  ) -> [Subject] {
    var subjects = results.columns.map { column in
      Subject(
        id: id([column.task], column), title: "\(column.task.title), \(column.metric.name)",
        tasks: [column.task], mixture: .init(column), column: column)
    }
    let (own, others) = (group.own(results.tasks), group.others(results.tasks))
    for (title, tasks) in [
      ("Mean of the fine-tuned tasks", own), ("Mean of the others", own.isEmpty ? [] : others),
      ("Mean of all", results.tasks),
    ] where tasks.flatMap(\.columns).count > 1 && !subjects.contains(where: { $0.id == id(tasks) })
    {
      subjects.append(
        Subject(id: id(tasks), title: title, tasks: tasks, mixture: .init(meanOf: tasks)))
    }
    if let score, score.isDefined {
      subjects.append(
        Subject(
          id: "score", title: "Score (\(score.rule.name))", tasks: results.tasks,
          mixture: .init(score)))
    }
    return subjects
  }

  /// Equal for what is the same number: a mean over one metric is that metric.
  private static func id(_ tasks: [TaskColumn], _ column: MetricColumn? = nil) -> String {
    let columns = column.map { [$0] } ?? tasks.flatMap(\.columns)
    return columns.map(\.fileHead).joined(separator: "\n")
  }

  private static func isThere(_ row: ResultRow, _ subject: Subject) -> Bool {
    subject.mixture.parts.allSatisfy { row.estimate($0.column).count > 0 }
  }

  // MARK: Rows

  /// Which rows are compared, each pair once.
  private static func rows(
    _ results: Results, _ group: FineTuningGroup
  ) -> [(ResultRow, ResultRow)] {
    let names = group.rows.map(\.method.name)
    let stable = group.rows.first { $0.method.name == "stable-ft" }
    var pairs = group.rows.compactMap { row in group.pretrained.map { (row, $0) } }
    if let stable {
      pairs += group.rows.filter { $0.method.name == "speech-ft" }.map { ($0, stable) }
    }
    var others: [String] = []
    for name in names where !["speech-ft", "stable-ft"].contains(name) && !others.contains(name) {
      others.append(name)
    }
    for first in representatives("speech-ft", group, results.tasks) {
      for name in others {
        pairs += representatives(name, group, results.tasks).map { (first, $0) }
      }
    }
    pairs += MethodClaims.pairs(group, results.tasks)
    var seen: Set<[ResultRow.Identity]> = []
    return pairs.filter { seen.insert([$0.0.identity, $0.1.identity]).inserted }
  }

  /// What stands for a method: what dev chose; or all rows; of many α the best in the mean. A trainer of somebody's
  /// own stands without its interpolations.
  private static func representatives(
    _ name: String, _ group: FineTuningGroup, _ tasks: [TaskColumn]
  ) -> [ResultRow] {
    let isOwn = !MethodSpec.rowNames.contains(name)
    let rows = group.rows.filter {
      $0.method.name == name && (!isOwn || $0.method.alpha ?? 1 == 1)
    }
    if let chosen = group.chosen(name) { return [chosen] }
    if name == "speech-ft", rows.count > few {
      return [group.lead(tasks)?.row].compactMap { $0 }
    }
    return rows
  }

  private static func reason(_ difference: TestStatistics.Difference) -> String? {
    switch difference {
    case .otherUnits: "other units: the two were not tested on the same, so nothing is said."
    case .fewUnits: "too few units: there are not two to draw from."
    case .otherSeeds: "other seeds: the two have none in common."
    case .unknown:
      "no record: an older version evaluated it and kept nothing of its units, or seeds differ in them."
    case .none, .told: nil
    }
  }
}

extension FineTuningGroup {
  /// Of a method's rows the one that dev chose, under its own name; `nil` where nothing was to be chosen.
  func chosen(_ name: String) -> ResultRow? {
    let chosen = rowsWithChosen.first { $0.method.name == RowChoice(method: name).rowName }
    return chosen.flatMap { chosen in
      rows.first { $0.method.name == name && $0.stages == chosen.stages }
    }
  }

  /// The Speech-FT row that the report's sentences are about: the one that dev chose, else the one with the best mean
  /// over all tasks on the tests themselves.
  func lead(_ tasks: [TaskColumn]) -> (row: ResultRow, isChosenOnDev: Bool)? {
    if let chosen = chosen("speech-ft") { return (chosen, true) }
    return MethodClaims.bestInterpolation(self, tasks).map { ($0, false) }
  }
}

extension PairedFamily.Told {
  /// Whether a difference is shown.
  var isShown: Bool { corrected < PairedFamily.level }

  /// `+1.2 points (95 % interval −0.4…+2.8, corrected p 0.041)`.
  var words: String {
    let numbers = NumberText.points([value, interval.low, interval.high])
    return "\(numbers[0]) points (95 % interval \(numbers[1])…\(numbers[2]), corrected \(pWords))"
  }

  /// `+1.2 (−0.4…+2.8, p 0.041)`.
  var shortWords: String {
    let numbers = NumberText.points([value, interval.low, interval.high])
    return "\(numbers[0]) (\(numbers[1])…\(numbers[2]), \(pWords))"
  }

  private var pWords: String {
    let text = Quantity.probability.text(corrected)
    return text.hasPrefix("<") ? "p \(text)" : "p = \(text)"
  }
}
