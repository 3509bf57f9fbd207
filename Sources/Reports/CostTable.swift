import Experiment

/// What stages took: by the clock of whatever machine did them, so it is no part of a report, whose
/// bytes follow from its numbers.
package struct StageCosts: Sendable {
  /// Of the last attempt that ended well.
  package var seconds: [StageKey: Double]
  /// Of the artifacts that are there.
  package var bytes: [StageKey: Int]

  package init(seconds: [StageKey: Double], bytes: [StageKey: Int]) {
    self.seconds = seconds
    self.bytes = bytes
  }
}

/// What each row cost: all that it needs, and what nothing else needs.
struct CostTable {
  let results: Results
  let costs: StageCosts

  static let name = "cost"

  /// The table by itself.
  func table() throws -> ReportTable {
    let rows = results.rows
    let needed = rows.map(needed)
    let users = Dictionary(needed.flatMap { $0.map { ($0, 1) } }, uniquingKeysWith: +)
    var cells: [ResultRow.Identity: [ReportTable.Cell]] = [:]
    for (row, stages) in zip(rows, needed) {
      let own = stages.filter { users[$0] == 1 }
      cells[row.identity] =
        [ReportTable.Cell(.text(results.title(row)))] + seconds(stages) + seconds(own)
        + [try steps(stages), try steps(own)]
        + [megabytes(stages), megabytes(own)]
    }
    func group(_ title: String, _ file: String, _ rows: [ResultRow]) -> ReportTable.Group {
      .init(title: title, fileTitle: file, rows: rows.compactMap { cells[$0.identity] })
    }
    var groups: [ReportTable.Group] = []
    if !results.commonRows.isEmpty {
      groups.append(group("Not fine-tuned", "none", results.commonRows))
    }
    groups += results.groups.map { group($0.title, $0.key.task, $0.rows) }
    return ReportTable(
      name: Self.name, caption: "What each row cost, over all its seeds.",
      groupColumn: "fine-tuned on", columns: Self.columns, groups: groups,
      notes: [
        "All: everything that the row needs, back to the recordings. Own: what no other row needs; what "
          + "rows share is in nobody's own.",
        "Seconds: by the clock, of the last attempt that ended well, on whatever machine and beside "
          + "whatever else ran; workers at once are counted each. +: of some stages no time is known.",
        "Steps: optimiser steps of encoders, pre-training in the plan among them; not of evaluation "
          + "heads. MB: 10⁶ bytes of artifacts that are there.",
      ])
  }

  private static let columns: [ReportTable.Column] =
    [.init(title: "Method", fileTitle: "method", kind: .text)]
    + [("Seconds, all", "seconds all"), ("Seconds, own", "seconds own")].map {
      .init(title: $0.0, fileTitle: $0.1, kind: .number(.percent))
    }
    + [("Steps, all", "steps all"), ("Steps, own", "steps own")].map {
      .init(title: $0.0, fileTitle: $0.1, kind: .count)
    }
    + [("MB, all", "megabytes all"), ("MB, own", "megabytes own")].map {
      .init(title: $0.0, fileTitle: $0.1, kind: .number(.percent))
    }

  /// Every stage that has an artifact and that a row's numbers come from.
  private func needed(_ row: ResultRow) -> Set<StageKey> {
    var found: Set<StageKey> = []
    var open = results.plan.cells.filter {
      $0.model == row.model && $0.method == row.method && $0.fineTuned == row.fineTuned
    }.flatMap { Array($0.evaluations.values) + ($0.comparison.map { [$0] } ?? []) }
    while let key = open.popLast() {
      guard found.insert(key).inserted, let stage = results.plan.stages[key] else { continue }
      open += stage.inputs.values.compactMap(\.stageKey)
    }
    return found.filter { results.plan.stages[$0]?.kind.isVirtual == false }
  }

  private func seconds(_ stages: Set<StageKey>) -> [ReportTable.Cell] {
    let known = stages.compactMap { costs.seconds[$0] }
    if known.isEmpty { return [ReportTable.Cell(stages.isEmpty ? .number(0) : .missing)] }
    // In order: sums of floating-point numbers depend on it.
    return [
      ReportTable.Cell(
        .number(known.sorted().reduce(0, +)), signs: known.count < stages.count ? "+" : "")
    ]
  }

  private func steps(_ stages: Set<StageKey>) throws -> ReportTable.Cell {
    ReportTable.Cell(
      .count(try stages.reduce(0) { $0 + (try results.plan.stages[$1]?.training()?.steps ?? 0) }))
  }

  private func megabytes(_ stages: Set<StageKey>) -> ReportTable.Cell {
    ReportTable.Cell(.number(Double(stages.reduce(0) { $0 + (costs.bytes[$1] ?? 0) }) / 1e6))
  }
}
