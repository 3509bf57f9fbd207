import OrderedCollections

/// A score over several tasks with published anchors: `experiments/scores/<name>.yaml`.
package struct ScoreDefinition: Sendable, Hashable {
  package enum Anchors: Sendable, Hashable {
    case known(floor: Double, ceiling: Double)
    /// Why, in words: with it nothing can be scored.
    case unknown(String)
  }

  package struct Metric: Sendable, Hashable {
    package var name: String
    package var anchors: Anchors
  }

  package struct Task: Sendable, Hashable {
    /// As papers call it: `PR`.
    package var name: String
    package var metrics: [Metric]
  }

  package var name: String
  /// As papers call it: `SUPERB_S`.
  package var title: String
  package var tasks: [Task]

  /// 1000 · mean over tasks of the mean over the task's metrics of (x − floor) / (ceiling − floor).
  ///
  /// - Parameter number: A metric of a task, as papers call both, in percent.
  /// - Returns: `nil` where any number or anchor is lacking.
  package func value(_ number: (_ task: String, _ metric: String) -> Double?) -> Double? {
    var sum = 0.0
    for task in tasks {
      for metric in task.metrics {
        guard case .known(let floor, let ceiling) = metric.anchors,
          let value = number(task.name, metric.name)
        else { return nil }
        sum += (value - floor) / (ceiling - floor) / Double(task.metrics.count)
      }
    }
    return 1000 * sum / Double(tasks.count)
  }

  /// The score of an experiment's tasks, with what it lacks.
  func rule(for tasks: [TaskDefinition]) -> ScoreRule {
    var rule = ScoreRule(name: title, floorRow: nil, parts: [])
    for task in self.tasks {
      let ours = tasks.filter { $0.published.contains(task.name) }
      if ours.isEmpty {
        rule.lacking.append("\(task.name): no task of the spec says 'published: \(task.name)'")
      }
      var parts: [ScoreRule.Part] = []
      for metric in task.metrics {
        let others = ours.filter { task in !task.metrics.contains { $0.name == metric.name } }
        for other in others {
          rule.lacking.append(
            "\(task.name) \(metric.name): '\(other.name)' is judged by \(other.metrics[0].name)")
        }
        switch metric.anchors {
        case .unknown(let why): rule.lacking.append("\(task.name) \(metric.name): \(why)")
        case .known(let floor, let ceiling):
          parts.append(
            ScoreRule.Part(
              tasks: ours.map(\.name), metric: metric.name, floor: floor, ceiling: ceiling))
        }
      }
      rule.parts.append(parts)
    }
    return rule
  }
}

extension ScoreDefinition {
  /// Reads `experiments/scores/<name>.yaml`.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: Its name, for errors.
  /// - Throws: `SpecError` with every problem of the file.
  package init(yaml text: String, file: String) throws(SpecError) {
    let root = try SpecDiagnostics.root(text, file: file)
    let fields = root.fields("the score", ["score", "title", "source", "tasks"])
    let name = fields.required("score", SpecFile.name)
    let title = fields.required("title") { $0.string() }
    // For people: where the anchors are from.
    _ = fields.required("source") { $0.string() }
    let tasks = fields.required("tasks") { node in
      node.entries().map { _, word, value in
        Task(
          name: word,
          metrics: value.entries().compactMap { _, metric, anchors in
            Anchors.read(anchors).map { Metric(name: metric, anchors: $0) }
          })
      }
    }
    guard let name, let title, let tasks else {
      self = try root.diagnostics.checked(nil)
      return
    }
    self = try root.diagnostics.checked(ScoreDefinition(name: name, title: title, tasks: tasks))
  }
}

extension ScoreDefinition.Anchors {
  fileprivate static func read(_ node: SpecNode) -> Self? {
    let fields = node.fields("'\(node.name)'", ["floor", "ceiling", "unknown"])
    if fields.has("unknown") {
      return fields.optional("unknown") { $0.string() }.map { .unknown($0) }
    }
    let floor = fields.required("floor", number)
    let ceiling = fields.required("ceiling", number)
    guard let floor, let ceiling else { return nil }
    guard floor != ceiling else {
      node.fail("'floor' and 'ceiling' are the same; between them nothing can be scored")
      return nil
    }
    return .known(floor: floor, ceiling: ceiling)
  }

  /// `{ is: 82.01, from: … }`.
  private static func number(_ node: SpecNode) -> Double? {
    let fields = node.fields("'\(node.name)'", ["is", "from"])
    _ = fields.required("from") { $0.string() }
    return fields.required("is") { $0.number(-1e6...1e6) }
  }
}

extension ScoreSpec {
  /// The name of a score's file, or a form with a row of the experiment for the floor.
  static func read(_ node: SpecNode) -> ScoreSpec? {
    if case .scalar = node.node {
      node.note(.score)
      return node.string().map { ScoreSpec(name: $0, floor: nil) }
    }
    let fields = node.fields("'score'", ["name", "floor", "ceiling"])
    // All errors gone: the only ceiling that needs no published system.
    _ = fields.required("ceiling") { $0.word("ceiling", among: ["perfect"]) }
    let name = fields.required("name") { $0.string() }
    let floor = fields.required("floor") { place -> String? in
      place.note(.floor)
      return place.string()
    }
    guard let name, let floor else { return nil }
    return ScoreSpec(name: name, floor: floor)
  }
}
