import Experiment
import OrderedCollections

/// What was published beside what was measured here.
struct PublishedTable {
  let results: Results
  let score: Score?

  /// `nil` where the spec names nothing that was published.
  func table() -> ReportTable? {
    guard let published = results.plan.published else { return nil }
    var groups: [ReportTable.Group] = []
    for value in published.values {
      let title = "\(value.model), fine-tuned on \(value.fineTunedOn)"
      let rows = lines(value)
      if let index = groups.firstIndex(where: { $0.title == title }) {
        groups[index].rows += rows
      } else {
        groups.append(.init(title: title, fileTitle: value.fineTunedOn, rows: rows))
      }
    }
    return ReportTable(
      name: "published", caption: "What was published, and what was measured here.",
      groupColumn: "fine-tuned on",
      columns: [
        .init(title: "Published method", fileTitle: "published method", kind: .text),
        .init(title: "Number", fileTitle: "number", kind: .text),
        .init(title: "Published", fileTitle: "published", kind: .number(.exact)),
        .init(title: "Row here", fileTitle: "row", kind: .text),
        .init(title: "Here", fileTitle: "here", kind: .estimate(.percent)),
        .init(title: "Here less published", fileTitle: "difference", kind: .number(.difference)),
        .init(title: "Read from", fileTitle: "source", kind: .text),
        .init(title: "Experiment", fileTitle: "experiment", kind: .text),
      ],
      groups: groups,
      notes: [
        "Published (\(published.name)): \(published.citation)",
        "In percent, MTWV too; scores as they are. A method whose setting was not published stands "
          + "beside each of its rows here. Without a row: the spec has no such cell or task. Data, heads "
          + "and steps may differ: see the tasks' files.",
      ])
  }

  private func lines(_ value: PublishedValue) -> [[ReportTable.Cell]] {
    let rows = rows(value)
    let head: [ReportTable.Cell] = [
      .init(.text(value.method)), .init(.text(value.metric)),
      .init(.number(value.value), origin: origin(value)),
    ]
    let tail: [ReportTable.Cell] = [.init(.text(value.source)), .init(.text(value.experiment))]
    guard value.measured != nil, !rows.isEmpty else {
      return [head + [.init(.none), .init(.none), .init(.none)] + tail]
    }
    return rows.map { row in
      let here = estimate(row, value)
      let from = here.count > 0 ? origin(row, value) : nil
      return head + [
        .init(.text(results.title(row))), .init(content(here, value), origin: from),
        .init(
          here.mean.map { .number($0 - value.value) } ?? .none,
          origin: from.map { origin(value, less: $0, here) }),
      ] + tail
    }
  }

  /// Ours that a published number is held against.
  private func rows(_ value: PublishedValue) -> [ResultRow] {
    guard value.measured != nil else { return [] }
    return results.rows.filter { row in
      row.model == value.model && value.isOf(row.method)
        && (row.fineTuned == nil || row.fineTuned == value.fineTuned)
    }
  }

  // MARK: In the layout of the comparison

  /// Methods by metrics, each cell ours, the published number and the difference; `nil` as for `table`.
  func wide() -> ReportTable? {
    guard let published = results.plan.published, !published.values.isEmpty else { return nil }
    let values = published.values
    let isSeveral = Set(values.map(\.experiment)).count > 1
    let metrics = OrderedSet(
      values.filter { $0.measured != .score }.map(\.metric)
        + values.filter { $0.measured == .score }.map(\.metric))
    let tables = OrderedDictionary(grouping: values) {
      [$0.model, $0.fineTunedOn, $0.experiment]
    }
    let groups = tables.values.map { values in
      let title = "\(values[0].model), fine-tuned on \(values[0].fineTunedOn)"
      let methods = OrderedDictionary(grouping: values, by: \.method)
      return ReportTable.Group(
        title: title + (isSeveral ? " (\(values[0].experiment))" : ""),
        fileTitle: values[0].fineTunedOn,
        rows: methods.values.flatMap { line($0, metrics.elements) })
    }
    return ReportTable(
      name: "published-wide", caption: "Here / as published / here less published.",
      groupColumn: "fine-tuned on",
      columns: [
        .init(title: "Published method", fileTitle: "published method", kind: .text),
        .init(title: "Row here", fileTitle: "row", kind: .text),
      ]
        + metrics.map { .init(title: $0, fileTitle: $0, kind: .beside(.percent)) },
      groups: groups,
      notes: ["–: no such number here, or not yet. Empty: not published, or not where it was read."]
    )
  }

  /// One published method, a line for each row of ours that it may be.
  private func line(_ values: [PublishedValue], _ metrics: [String]) -> [[ReportTable.Cell]] {
    var ours: [ResultRow] = []
    for row in values.flatMap(rows) where !ours.contains(where: { $0.identity == row.identity }) {
      ours.append(row)
    }
    return (ours.isEmpty ? [nil] : ours.map { $0 }).map { row in
      [
        ReportTable.Cell(.text(values[0].method)),
        ReportTable.Cell(.text(row.map(results.title) ?? "")),
      ]
        + metrics.map { metric in
          guard let value = values.first(where: { $0.metric == metric }) else {
            return ReportTable.Cell(.none)
          }
          let here = row.flatMap { value.measured == nil ? nil : estimate($0, value) }
          let known = here.flatMap { $0.count > 0 ? $0 : nil }
          return ReportTable.Cell(
            .beside(known, published: value.value),
            origin: known == nil ? origin(value) : row.flatMap { origin($0, value) })
        }
    }
  }

  // MARK: Where numbers come from

  /// Of the published number itself.
  private func origin(_ value: PublishedValue) -> NumberOrigin {
    NumberOrigin(
      title: "\(value.model), fine-tuned on \(value.fineTunedOn), \(value.method) · "
        + "\(value.metric) as published (\(value.experiment))",
      recipe: "\(Quantity.exact.text(value.value)), read from: \(value.source). "
        + (results.plan.published?.citation ?? ""))
  }

  /// Of ours.
  private func origin(_ row: ResultRow, _ value: PublishedValue) -> NumberOrigin? {
    let title = results.origin(row)
    guard case .metric(let name, let tasks)? = value.measured else {
      return row.origin(ofMeanOver: results.tasks, title: title)
    }
    let columns = results.columns.filter { tasks.contains($0.task.name) && $0.metric.name == name }
    return columns.count == 1
      ? row.origin(of: columns[0], title: title)
      : row.origin(ofMeanOver: columns.map(\.task), title: title)
  }

  private func origin(
    _ value: PublishedValue, less here: NumberOrigin, _ estimate: Estimate
  ) -> NumberOrigin {
    let theirs = origin(value)
    let ours = Quantity.percent.text(estimate) ?? "–"
    return NumberOrigin(
      title: "\(here.title), less what was published",
      shares: [
        .init(text: "\(here.title) \(ours)", origin: here.id),
        .init(text: "\(theirs.title) \(Quantity.exact.text(value.value))", origin: theirs.id),
      ])
  }

  private func content(_ here: Estimate, _ value: PublishedValue) -> ReportTable.Content {
    if here.count > 0 { return .estimate(here) }
    return value.measured == .score && score?.isDefined != true ? .undefined : .missing
  }

  private func estimate(_ row: ResultRow, _ value: PublishedValue) -> Estimate {
    guard case .metric(let name, let tasks)? = value.measured else {
      return score?.estimate(row) ?? Estimate([:], planned: row.seeds.count)
    }
    let columns = results.columns.filter { tasks.contains($0.task.name) && $0.metric.name == name }
    let parts = columns.map { row.estimate($0) }
    var values: [UInt64: Double] = [:]
    for seed in row.seeds {
      let found = parts.compactMap { $0[seed] }
      if found.count == parts.count, !found.isEmpty {
        values[seed] = found.reduce(0, +) / Double(found.count)
      }
    }
    return Estimate(values, planned: row.seeds.count)
  }
}
