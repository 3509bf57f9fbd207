import Experiment
import OrderedCollections

/// A plan's cells with the numbers that there are, gathered into rows over seeds.
package struct Results {
  package let plan: Plan
  package internal(set) var rows: [ResultRow]
  /// The rows, and those chosen on dev after their grids: numbers that are there twice.
  package let rowsWithChosen: [ResultRow]
  /// Stages without a number, in the order of the table.
  package let missing: [MissingMeasurement]
  /// Numbers that the plan asks for.
  package let plannedCount: Int
  /// What the units of the tests tell of them.
  let tests: TestStatistics

  package var tasks: [TaskColumn] { plan.tasks }
  /// Models in the order of the plan.
  package var models: [String] { Array(OrderedSet(rows.compactMap(\.model))) }
  package var measuredCount: Int { plannedCount - missing.count }

  /// Reads every number that the plan's cells ask for.
  ///
  /// A record that is damaged or answers another question counts as missing, with the reason, so that
  /// one broken artifact does not keep the others from being reported.
  ///
  /// - Parameters:
  ///   - plan: The experiment.
  ///   - source: Where its numbers are.
  ///   - draws: How often the units of each test are drawn; `nil` leaves them alone.
  /// - Throws: Whatever the source throws beside `MeasurementError`: a damaged artifact has been set
  ///   aside by then and the next run makes it again.
  package init(
    plan: Plan, source: some MeasurementSource, draws: Int? = TestStatistics.usualDraws
  ) throws {
    var gathering = Gathering(plan: plan)
    for cell in plan.cells { try gathering.add(cell, from: source) }
    self.plan = plan
    rows = Array(gathering.rows.values)
    rowsWithChosen = ChosenRows(plan: plan).adding(to: rows)
    missing = gathering.missing
    plannedCount = gathering.asked.count
    tests = try TestStatistics(rows, tasks: plan.tasks, source: source, resamples: draws)
  }

  /// What an encoder was fine-tuned on, for each group of rows.
  package var groups: [FineTuningGroup] {
    let keys = OrderedSet(
      rows.compactMap { row in
        row.fineTuned.flatMap { task in
          row.model.map { FineTuningGroup.Key(model: $0, task: task) }
        }
      })
    return keys.map { key in
      FineTuningGroup(
        key: key, title: groupTitle(key),
        rows: rows.filter { $0.model == key.model && $0.fineTuned == key.task },
        rowsWithChosen: rowsWithChosen.filter {
          $0.model == key.model && $0.fineTuned == key.task
        },
        pretrained: rows.first { $0.isPretrained && $0.model == key.model })
    }
  }

  /// Rows of no fine-tuning: log-mel and pre-trained.
  package var commonRows: [ResultRow] { rows.filter { $0.fineTuned == nil } }
  package var logMelRows: [ResultRow] { rows.filter { $0.model == nil } }

  /// The title of a task, or its name where the plan has no title of it.
  package func taskTitle(_ name: String) -> String {
    tasks.first { $0.name == name }?.title ?? plan.fineTuningTitles[name] ?? name
  }

  /// A row's title, with its model where there are several.
  package func title(_ row: ResultRow) -> String {
    guard let model = row.model, models.count > 1 else { return row.method.title }
    return "\(row.method.title) (\(model))"
  }

  /// A row's title with what it was fine-tuned on.
  func origin(_ row: ResultRow) -> String {
    guard let task = row.fineTuned else { return title(row) }
    let tasks = TaskGroup(name: task).tasks.map(taskTitle)
    return "\(title(row)), fine-tuned on \(tasks.joined(separator: " + "))"
  }

  private func groupTitle(_ key: FineTuningGroup.Key) -> String {
    let model = models.count > 1 ? "\(key.model), fine-tuned" : "Fine-tuned"
    let tasks = TaskGroup(name: key.task).tasks.map(taskTitle)
    return "\(model) on \(tasks.joined(separator: " + "))"
  }
}

/// The rows of one model fine-tuned on one task.
package struct FineTuningGroup {
  package struct Key: Hashable {
    package var model: String
    package var task: String
  }
  package let key: Key
  package let title: String
  package let rows: [ResultRow]
  let rowsWithChosen: [ResultRow]
  /// Of `tasks`, those that it was fine-tuned on.
  func own(_ tasks: [TaskColumn]) -> [TaskColumn] {
    let names = TaskGroup(name: key.task).tasks
    return tasks.filter { names.contains($0.name) }
  }

  /// Of `tasks`, the others.
  func others(_ tasks: [TaskColumn]) -> [TaskColumn] {
    let own = own(tasks).map(\.name)
    return tasks.filter { !own.contains($0.name) }
  }

  /// θ₀'s row.
  package let pretrained: ResultRow?

  /// Pre-trained, Speech-FT and Stable-FT: the points of the α curve, one for each α, in its order.
  package var curve: [(alpha: Double, row: ResultRow)] {
    var points: [Double: ResultRow] = [:]
    if let pretrained { points[0] = pretrained }
    for name in ["stable-ft", "speech-ft"] {
      for row in rows where row.method.name == name {
        if let alpha = row.method.alpha, points[alpha] == nil { points[alpha] = row }
      }
    }
    return points.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
  }
}

/// A stage whose number the report lacks.
package struct MissingMeasurement: Sendable, Hashable {
  package var key: StageKey
  package var label: String
  /// Why, when it is not simply undone.
  package var reason: String?
}

/// Collects cells into rows.
private struct Gathering {
  let plan: Plan
  var rows: OrderedDictionary<ResultRow.Identity, ResultRow> = [:]
  var missing: [MissingMeasurement] = []
  var asked: Set<StageKey> = []

  init(plan: Plan) { self.plan = plan }

  mutating func add(_ cell: Cell, from source: some MeasurementSource) throws {
    let identity = ResultRow.Identity(
      model: cell.model, method: cell.method, fineTuned: cell.fineTuned)
    var row = rows[identity] ?? ResultRow(identity: identity, tasks: plan.tasks)
    row.seeds.append(cell.seed)
    row.heard.merge(cell.heard) { first, _ in first }
    let trainings = try CellTraining(cell, in: plan).parts.map { part in
      TrainedPart(part: part, record: source.training(for: part.stage))
    }
    if !trainings.isEmpty { row.trainings[cell.seed] = trainings }
    let plan = plan
    for task in plan.tasks {
      guard let key = cell.evaluations[task.name] else { continue }
      let record = try read(key) { try Self.checked(source.metrics(for: key), key, task, plan) }
      row.evaluations[task.name, default: [:]][cell.seed] = record
      row.stages[task.name, default: [:]][cell.seed] = key
      if record != nil { row.curves[key] = source.curve(for: key) }
      row.recipes[task.name] = row.recipes[task.name] ?? plan.stages[key].flatMap(Self.recipe)
    }
    if let key = cell.comparison {
      row.comparisons[cell.seed] = key
      row.similarities[cell.seed] = try read(key) { try source.similarity(for: key) }
    }
    rows[identity] = row
  }

  /// Head and recipe of an evaluation, as they stand in its key.
  private static func recipe(_ stage: Stage) -> String? {
    let parts = ["head", "recipe"].compactMap { name in
      stage.parameters[name].map { "\(name) \($0.text)" }
    }
    return parts.isEmpty ? nil : parts.joined(separator: ", ")
  }

  private mutating func read<Record>(
    _ key: StageKey, _ body: () throws -> Record?
  ) throws -> Record? {
    var reason: String?
    do {
      if let record = try body() {
        asked.insert(key)
        return record
      }
    } catch let error as MeasurementError {
      reason = error.description
    }
    if asked.insert(key).inserted {
      let label = plan.stages[key]?.label ?? "stage \(key)"
      missing.append(MissingMeasurement(key: key, label: label, reason: reason))
    }
    return nil
  }

  private static func checked(
    _ record: EvaluationRecord?, _ key: StageKey, _ task: TaskColumn, _ plan: Plan
  ) throws -> EvaluationRecord? {
    guard let record else { return nil }
    guard record.task == task.name, record.metric == task.metric,
      record.higherIsBetter == task.higherIsBetter
    else {
      throw MeasurementError.mismatch(
        stage: plan.stages[key]?.label ?? "stage \(key)", key: key,
        found: "\(record.metric) of \(record.task)", expected: "\(task.metric) of \(task.name)")
    }
    if let column = task.columns.first(where: { record.value(of: $0) == nil }) {
      throw MeasurementError.mismatch(
        stage: plan.stages[key]?.label ?? "stage \(key)", key: key,
        found: "\(record.metric) of \(record.task) alone",
        expected: "\(column.metric.name) of \(task.name) too")
    }
    return record
  }
}
