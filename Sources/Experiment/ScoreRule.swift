/// score = 1000 · mean over tasks of the mean over the task's metrics of (x − floor) / (ceiling − floor).
package struct ScoreRule: Sendable, Hashable, Codable {
  /// A metric between its anchors.
  package struct Part: Sendable, Hashable, Codable {
    /// The plan's task; several are averaged, as folds of one corpus are.
    package var tasks: [String]
    package var metric: String
    /// `nil` where it is the mean result of a row.
    package var floor: Double?
    package var ceiling: Double

    package init(tasks: [String], metric: String, floor: Double?, ceiling: Double) {
      self.tasks = tasks
      self.metric = metric
      self.floor = floor
      self.ceiling = ceiling
    }
  }

  package var name: String
  /// The title of the row whose mean results are the floors (`log-mel`); `nil` where the parts have
  /// their own.
  package var floorRow: String?
  /// By task of the score, one part for each metric.
  package var parts: [[Part]]
  /// What the score is of and cannot be had, in words: with any of it nothing is scored.
  package var lacking: [String]

  package init(name: String, floorRow: String?, parts: [[Part]], lacking: [String] = []) {
    self.name = name
    self.floorRow = floorRow
    self.parts = parts
    self.lacking = lacking
  }

  /// Of all tasks of a plan, between a row and a perfect result.
  package init(name: String, floorRow: String, tasks: [TaskColumn]) {
    self.init(
      name: name, floorRow: floorRow,
      parts: tasks.map { task in
        let first = TaskMetric(name: task.metric, higherIsBetter: task.higherIsBetter)
        return ([first] + (task.secondMetric.map { [$0] } ?? [])).map {
          Part(
            tasks: [task.name], metric: $0.name, floor: nil, ceiling: $0.higherIsBetter ? 100 : 0)
        }
      })
  }
}
