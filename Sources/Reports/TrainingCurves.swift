import Artifacts
import Experiment
import Foundation
import Ledger

/// The curves of an experiment's stages, as TensorBoard reads them.
package struct TrainingCurves {
  /// One stage's.
  package struct Curve: Sendable {
    package var stage: Stage
    package var points: [Attempt.Metric]
    /// Of the attempt that made it; `nil` where no diary knows.
    package var started: Date?
    package var seconds: Double?
  }

  package let curves: [Curve]

  /// Reads them: of finished stages from their artifacts, of others what their last attempts reported.
  ///
  /// - Throws: `LedgerError`.
  package init(_ plan: Plan, store: ArtifactStore, ledger: Diary) throws(LedgerError) {
    var curves: [Curve] = []
    for stage in plan.stages.values where !stage.kind.isVirtual {
      var points = Self.points(ofArtifactIn: store.folder(stage.kind, stage.key))
      if points.isEmpty { points = try ledger.metrics(of: stage.key) }
      guard !points.isEmpty else { continue }
      let attempts = try ledger.attempts(of: stage.key)
      let last = attempts.last { $0.outcome == .done } ?? attempts.last
      curves.append(
        Curve(stage: stage, points: points, started: last?.started, seconds: last?.seconds))
    }
    self.curves = curves
  }

  /// The points of an artifact's curve; none where it has no curve.
  static func points(ofArtifactIn folder: String) -> [Attempt.Metric] {
    let path = folder + "/curve.jsonl"
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    return data.split(separator: UInt8(ascii: "\n")).compactMap {
      try? JSONDecoder().decode(Attempt.Metric.self, from: Data($0))
    }
  }

  /// Writes `<folder>/<stage>/events.out.tfevents.<start>.alphasweep`, one a stage.
  ///
  /// - Returns: The files.
  /// - Throws: `StorageError`.
  package func write(to folder: String) throws(StorageError) -> [String] {
    let names = Dictionary(grouping: curves) { Self.name($0.stage) }
    var paths: [String] = []
    for curve in curves {
      let name = Self.name(curve.stage)
      // TensorBoard takes a folder for a run.
      let isOnly = names[name]?.count == 1
      let place = "\(folder)/\(isOnly ? name : "\(name) \(curve.stage.key)")"
      let events = curve.events
      let start = Int(curve.started?.timeIntervalSince1970 ?? 0)
      let digits = String(start)
      let padded = String(repeating: "0", count: max(0, 10 - digits.count)) + digits
      let file = "events.out.tfevents.\(padded).alphasweep"
      // An earlier attempt's curve would be drawn beside this one's.
      for old in (try? FileManager.default.contentsOfDirectory(atPath: place)) ?? []
      where old.hasPrefix("events.out.tfevents.") && old.hasSuffix(".alphasweep") && old != file {
        unlink("\(place)/\(old)")
      }
      try AtomicFile.write(events.bytes, to: "\(place)/\(file)")
      paths.append("\(place)/\(file)")
    }
    return paths
  }

  private static func name(_ stage: Stage) -> String {
    let name = String(stage.label.map { $0 == "/" || $0 == "\0" ? "_" : $0 })
    return name.hasPrefix(".") ? "_" + name : name
  }
}

extension TrainingCurves.Curve {
  /// The steps are spread evenly over the time that the attempt took; where that is not known, a step is
  /// a second from 1970 on. So the same diary gives the same bytes.
  package var events: EventFile {
    let last = Double(max(1, points.map(\.step).max() ?? 1))
    let start = started?.timeIntervalSince1970 ?? 0
    let length = started == nil ? last : seconds ?? 0
    return EventFile(
      started: start,
      points: points.map {
        EventFile.Point(
          time: start + length * Double($0.step) / last, step: $0.step, tag: $0.name,
          value: Float($0.value))
      })
  }
}
