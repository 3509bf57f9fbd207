import OrderedCollections

/// Numbers that somebody published: `experiments/published/<name>.csv`.
package struct PublishedResults: Sendable, Hashable {
  package struct Line: Sendable, Hashable {
    /// The table or figure.
    package var experiment: String
    package var model: String
    package var fineTunedOn: String
    /// `stable-ft`, `speech-ft α=0.25`, `early-checkpoint 20%`.
    package var method: String
    /// A task and its metric, `PR PER`, or a score, `SUPERB_S`.
    package var metric: String
    package var value: Double
    /// Where the number was read.
    package var source: String
  }

  package var name: String
  /// What the first lines say behind `#`: whose numbers they are.
  package var citation: String
  package var lines: [Line]

  package static let columns = [
    "experiment", "model", "finetuned_on", "method", "metric", "value", "source",
  ]

  /// The tables and figures, in order.
  package var experiments: [String] { Array(OrderedSet(lines.map(\.experiment))) }

  /// Reads a file of them.
  ///
  /// - Parameters:
  ///   - text: Lines of `#` and words, then CSV with the head `columns`.
  ///   - name: The file's name without its ending.
  ///   - file: The file's name, for errors.
  /// - Throws: `SpecError` with every line that cannot be read.
  package init(csv text: String, name: String, file: String) throws(SpecError) {
    var problems: [SpecProblem] = []
    func fail(_ message: String, _ line: Int) {
      problems.append(SpecProblem(message, at: SpecPlace(file: file, line: line)))
    }
    var citation: [String] = []
    var lines: [Line] = []
    var hasHead = false
    for (number, fields) in CSVText.lines(text) {
      if fields[0].hasPrefix("#"), !hasHead {
        let words = fields.joined(separator: ",").dropFirst().drop { $0 == " " }
        citation.append(String(words))
      } else if !hasHead {
        hasHead = true
        if fields != Self.columns {
          fail("the head must be '\(Self.columns.joined(separator: ","))'", number)
        }
      } else if fields.count != Self.columns.count {
        fail("\(fields.count) fields; a line has \(Self.columns.count)", number)
      } else if let value = Double(fields[5]), value.isFinite {
        lines.append(
          Line(
            experiment: fields[0], model: fields[1], fineTunedOn: fields[2], method: fields[3],
            metric: fields[4], value: value, source: fields[6]))
      } else {
        fail(SpecMessage.type("value", "a number", "'\(fields[5])'"), number)
      }
    }
    if !hasHead {
      fail("the file is empty; its head is '\(Self.columns.joined(separator: ","))'", 1)
    }
    guard problems.isEmpty else { throw SpecError(problems) }
    self.name = name
    self.citation = citation.joined(separator: " ")
    self.lines = lines
  }
}

/// Which published numbers stand beside an experiment's own.
package struct PublishedSpec: Sendable, Hashable {
  /// The name of a file.
  package var from: String
  package var experiments: [String]

  static func read(_ node: SpecNode) -> PublishedSpec? {
    let fields = node.fields("'published'", ["from", "experiments"])
    let from = fields.required("from") { place -> String? in
      place.note(.published)
      return place.string()
    }
    let experiments = fields.required("experiments") { list in
      list.values { place -> String? in
        guard let word = place.string() else { return nil }
        place.note(.publishedExperiment(word))
        return word
      }
    }
    guard let from, let experiments else { return nil }
    return PublishedSpec(from: from, experiments: experiments)
  }
}

/// A published number, and which of the plan's it is held against.
package struct PublishedValue: Sendable, Hashable, Codable {
  /// What of ours is the same number.
  package enum Measured: Sendable, Hashable, Codable {
    /// A metric; of several tasks the mean, as of folds.
    case metric(String, tasks: [String])
    case score
  }
  package var experiment: String
  package var model: String
  package var fineTunedOn: String
  package var method: String
  package var metric: String
  /// In percent where it is a share, MTWV too.
  package var value: Double
  package var source: String
  /// Of ours; `nil` where the plan measures no such thing.
  package var measured: Measured?
  /// Of ours: the name of the fine-tuning, `nil` where the plan has none that is called so.
  package var fineTuned: String?

  package init(
    experiment: String, model: String, fineTunedOn: String, method: String, metric: String,
    value: Double, source: String, measured: Measured? = nil, fineTuned: String? = nil
  ) {
    self.experiment = experiment
    self.model = model
    self.fineTunedOn = fineTunedOn
    self.method = method
    self.metric = metric
    self.value = value
    self.source = source
    self.measured = measured
    self.fineTuned = fineTuned
  }

  /// `speech-ft`.
  package var methodName: String { String(method.prefix { $0 != " " }) }

  /// What stands behind the method's name: `α=0.25`, `20%`.
  private var setting: String { String(method.dropFirst(methodName.count).drop { $0 == " " }) }

  /// Whether a row of the plan is made as this one was, as far as is published: a method without a
  /// setting may be any of its rows.
  package func isOf(_ point: MethodPoint) -> Bool {
    guard point.name == methodName else { return false }
    if setting.isEmpty { return true }
    if setting.hasPrefix("α=") { return point.alpha == Double(setting.dropFirst(2)) }
    return point.title.hasSuffix(" " + setting)
  }
}

extension PublishedResults {
  /// The numbers of some experiments as a spec would measure them.
  func values(_ spec: Spec, _ definitions: Definitions, score: ScoreDefinition?) -> [PublishedValue]
  {
    let tasks = (spec.evaluate?.tasks ?? []).compactMap { definitions.tasks[$0] }
    return lines.filter { spec.published?.experiments.contains($0.experiment) == true }.map {
      line in
      let group = (spec.fineTune?.groups ?? []).first { group in
        group.name == line.fineTunedOn
          || (!group.isMultiTask
            && group.tasks.contains { name in
              definitions.tasks[name]?.published.contains(line.fineTunedOn) == true
            })
      }
      var value = PublishedValue(
        experiment: line.experiment, model: line.model, fineTunedOn: line.fineTunedOn,
        method: line.method, metric: line.metric, value: line.value, source: line.source,
        fineTuned: group?.name)
      if line.metric == score?.title { value.measured = .score }
      for metric in tasks.flatMap(\.metrics) where line.metric.hasSuffix(" " + metric.name) {
        let word = String(line.metric.dropLast(metric.name.count + 1))
        let ours = tasks.filter { $0.published.contains(word) && $0.metrics.contains(metric) }
        if !ours.isEmpty { value.measured = .metric(metric.name, tasks: ours.map(\.name)) }
      }
      // SUPERB's tables have it in percent too, the paper's as a share.
      if line.metric.hasSuffix(" " + TaskMetric.mtwv.name) { value.value *= 100 }
      return value
    }
  }
}

extension Definitions {
  /// What is wrong with the score and the published numbers that a spec names.
  func publishedProblems(_ spec: Spec) -> [SpecProblem] {
    var problems: [SpecProblem] = []
    if let score = spec.evaluate?.score, score.floor == nil, scores[score.name] == nil {
      problems.append(
        SpecProblem(
          SpecMessage.unknown("score", score.name, among: scores.keys), at: spec.places[.score]))
    }
    guard let named = spec.published else { return problems }
    guard let results = published[named.from] else {
      return problems + [
        SpecProblem(
          SpecMessage.unknown("file of published numbers", named.from, among: published.keys),
          at: spec.places[.published])
      ]
    }
    for experiment in named.experiments where !results.experiments.contains(experiment) {
      problems.append(
        SpecProblem(
          SpecMessage.unknown("published experiment", experiment, among: results.experiments),
          at: spec.places[.publishedExperiment(experiment)]))
    }
    return problems
  }
}
