import Experiment

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
    let rows = results.rows.filter { row in
      row.model == value.model && value.isOf(row.method)
        && (row.fineTuned == nil || row.fineTuned == value.fineTuned)
    }
    let head: [ReportTable.Cell] = [
      .init(.text(value.method)), .init(.text(value.metric)), .init(.number(value.value)),
    ]
    let tail: [ReportTable.Cell] = [.init(.text(value.source)), .init(.text(value.experiment))]
    guard value.measured != nil, !rows.isEmpty else {
      return [head + [.init(.none), .init(.none), .init(.none)] + tail]
    }
    return rows.map { row in
      let here = estimate(row, value)
      return head + [
        .init(.text(results.title(row))), .init(content(here, value)),
        .init(here.mean.map { .number($0 - value.value) } ?? .none),
      ] + tail
    }
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
