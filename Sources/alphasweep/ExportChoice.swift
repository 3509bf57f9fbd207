import Artifacts
import Experiment

/// Which encoder of a comparison is meant.
struct ExportChoice {
  var model: String?
  var method: String
  var alpha: Double?
  var row: String?
  var task: String?
  var seed: UInt64?

  /// The request that stands for the encoder, for a worker to write out.
  ///
  /// - Throws: `WorkspaceError` when no cell or several fit, or when the encoder is not there yet.
  func request(in workspace: Workspace) throws -> StageRequest {
    let plan = workspace.plan
    let cells = plan.cells.filter(matches)
    guard let cell = cells.first else { throw WorkspaceError.unknownEncoder(nothing(plan)) }
    let encoders = Set(cells.compactMap { encoder(of: $0, in: plan)?.inputs["encoder"] })
    guard let reader = encoder(of: cell, in: plan) else {
      throw WorkspaceError.unknownEncoder(
        "'\(cell.method.title)' has no encoder: it is made of log-mel features")
    }
    guard encoders.count == 1 else {
      throw WorkspaceError.unknownEncoder(
        "\(encoders.count) encoders fit: "
          + cells.map(Self.words).uniqued().joined(separator: "; ")
          + "; say which with --model, --alpha, --row, --task and --seed")
    }
    for stage in needed(reader, in: plan) where !workspace.store.contains(stage.kind, stage.key) {
      throw WorkspaceError.unknownEncoder(
        "'\(stage.label)' is not done yet; 'alphasweep run' does it, then export again")
    }
    if let key = reader.inputs["encoder"]?.stageKey, let source = plan.stages[key],
      source.kind.isVirtual
    {
      return StageRequest(source, in: plan, attempt: 0)
    }
    var request = StageRequest(reader, in: plan, attempt: 0)
    request.label = Self.words(cell)
    return request
  }

  private func matches(_ cell: Cell) -> Bool {
    (model == nil || cell.model == model) && cell.method.name == method
      && (alpha == nil || cell.method.alpha == alpha) && (row == nil || cell.method.title == row)
      && (task == nil || cell.fineTuned == task) && (seed == nil || cell.seed == seed)
  }

  /// A stage that reads the cell's encoder.
  private func encoder(of cell: Cell, in plan: Plan) -> Stage? {
    let results = Array(cell.evaluations.values) + (cell.comparison.map { [$0] } ?? [])
    for key in results {
      guard let result = plan.stages[key] else { continue }
      let readers = [result] + plan.artifacts(consumedBy: result)
      if let reader = readers.first(where: { $0.inputs["encoder"] != nil }) { return reader }
    }
    return nil
  }

  /// The artifacts that the encoder itself is made from.
  private func needed(_ reader: Stage, in plan: Plan) -> [Stage] {
    guard let key = reader.inputs["encoder"]?.stageKey, let source = plan.stages[key] else {
      return []
    }
    return source.kind.isVirtual ? plan.artifacts(consumedBy: source) : [source]
  }

  private func nothing(_ plan: Plan) -> String {
    let methods = plan.cells.map(\.method.name).uniqued()
    guard methods.contains(method) else {
      let hint = NearestWord.to(method, among: methods).map { "; did you mean '\($0)'?" } ?? ""
      return "the spec has no method '\(method)', but \(methods.joined(separator: ", "))\(hint)"
    }
    return "no encoder of '\(method)' fits; there are "
      + plan.cells.filter { $0.method.name == method }.map(Self.words).uniqued()
      .joined(separator: "; ")
  }

  private static func words(_ cell: Cell) -> String {
    [cell.model, cell.method.title, cell.fineTuned, "seed \(cell.seed)"].compactMap { $0 }
      .joined(separator: " · ")
  }
}

extension Array where Element: Hashable {
  /// Each element once, in the order of first appearance.
  func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
