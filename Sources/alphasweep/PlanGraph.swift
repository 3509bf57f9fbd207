import Experiment

/// A plan for other programs.
enum PlanGraph {
  /// The graph in graphviz's language: what is done is filled, what is virtual dashed.
  static func dot(_ overview: PlanOverview) -> String {
    var text = "digraph \"\(escaped(overview.plan.experiment))\" {\n"
    text += "  rankdir=LR\n  node [shape=box, fontname=\"sans-serif\"]\n"
    for stage in overview.plan.stages.values {
      var attributes = ["label=\"\(escaped(stage.label))\""]
      if overview.states[stage.key] == .done { attributes.append("style=filled") }
      if stage.kind.isVirtual { attributes.append("style=dashed") }
      text += "  \"\(stage.key)\" [\(attributes.joined(separator: ", "))]\n"
      for (role, input) in stage.inputs {
        guard let key = input.stageKey else { continue }
        text += "  \"\(key)\" -> \"\(stage.key)\" [tooltip=\"\(escaped(role))\"]\n"
      }
    }
    return text + "}\n"
  }

  /// Every stage with its state and inputs, in the order of the plan.
  ///
  /// - Throws: `EncodingError` when a parameter is not finite.
  static func json(_ overview: PlanOverview) throws -> Canonical {
    let plan = overview.plan
    let stages = plan.stages.values.map { stage in
      Canonical.map([
        "key": .string(stage.key.hex), "kind": .string(stage.kind.rawValue),
        "label": .string(stage.label),
        "state": .string(overview.states[stage.key]?.rawValue ?? "virtual"),
        "parameters": stage.parameters,
        "seed": stage.seed.map { .string(String($0)) } ?? .null,
        "inputs": .map(
          Dictionary(
            stage.inputs.map { ($0.key, $0.value.identity) }, uniquingKeysWith: { $1 })),
        "diskBytes": .integer(stage.resources.diskBytes),
      ])
    }
    return .map([
      "experiment": .string(plan.experiment), "question": .string(plan.question),
      "missing": .list(overview.missing.map(\.json)),
      "stages": .list(stages), "toDo": .integer(overview.remaining.count),
      "diskBytes": .integer(overview.bytes(of: StageKind.allCases)),
      "heldOut": try Canonical(encoding: plan.heldOut),
      "cells": .list(try plan.cells.map(cell)),
      "training": try Canonical(encoding: TrainingShare(overview)),
    ])
  }

  /// A row × seed of the tables: where its numbers come from, and what it heard of the tests.
  private static func cell(_ cell: Cell) throws -> Canonical {
    .map([
      "model": cell.model.map { .string($0) } ?? .null,
      "method": try Canonical(encoding: cell.method),
      "fineTuned": cell.fineTuned.map { .string($0) } ?? .null,
      "seed": .string(String(cell.seed)),
      "evaluations": .map(
        Dictionary(
          cell.evaluations.map { ($0.key, .string($0.value.hex)) }, uniquingKeysWith: { $1 })),
      "comparison": cell.comparison.map { .string($0.hex) } ?? .null,
      "heard": try Canonical(encoding: cell.heard),
    ])
  }

  private static func escaped(_ text: String) -> String {
    text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
  }
}
