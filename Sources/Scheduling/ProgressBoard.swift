import Experiment
import Foundation

/// What people see of a run, as a pure value: one line a worker and a line for all.
package struct ProgressBoard: Sendable {
  private struct Line {
    var stage: Stage
    var attempt: Int
    var started: Double
    /// Whether the worker had others in hand meanwhile.
    var isBesideOthers = false
    var fraction = 0.0
    var detail = ""
  }

  private let workers: Int
  private let started: Double
  private var waiting: [StageKey: Stage] = [:]
  /// What each worker has in hand, the first begun first.
  private var running: [Int: [Line]] = [:]
  private var total = 0
  private var doneBefore = 0
  private var doneNow = 0
  private var failed = 0
  private var heldBack = 0
  private var time: RemainingTime

  /// - Parameters:
  ///   - workers: How many workers there are.
  ///   - now: Seconds on some clock; later calls use the same one.
  ///   - time: What earlier runs taught of durations.
  package init(workers: Int, now: Double, time: RemainingTime = RemainingTime()) {
    self.workers = workers
    started = now
    self.time = time
  }

  /// Takes in what happened.
  ///
  /// - Returns: Lines that stay: failures and repairs, and with `isPlain` also each start and end.
  package mutating func note(_ event: SchedulerEvent, now: Double, isPlain: Bool) -> [String] {
    switch event {
    case .planned(let remaining, let done):
      total = remaining.count
      doneBefore = done
      waiting = Dictionary(uniqueKeysWithValues: remaining.map { ($0.key, $0) })
      return []
    case .ready: return []
    case .started(let stage, let worker, let attempt):
      waiting[stage.key] = nil
      running[worker, default: []].append(Line(stage: stage, attempt: attempt, started: now))
      if let lines = running[worker], lines.count > 1 {
        for place in lines.indices { running[worker]?[place].isBesideOthers = true }
      }
      return isPlain ? ["worker \(worker): \(stage.label)"] : []
    case .progress(let key, let worker, let fraction, let detail):
      guard let place = running[worker]?.firstIndex(where: { $0.stage.key == key }) else {
        return []
      }
      running[worker]?[place].fraction = fraction
      // A worker, or a program of somebody's own, may say anything: what steers a terminal is no text.
      running[worker]?[place].detail = String(
        detail.unicodeScalars.filter { $0.properties.generalCategory != .control }.map(
          Character.init))
      return []
    case .ended(let stage, let worker, let outcome):
      return end(stage, worker, outcome, now: now, isPlain: isPlain)
    case .retried(let stage, let reason):
      waiting[stage.key] = stage
      return ["again: \(stage.label): \(reason)"]
    case .repaired(let stage, let reason):
      waiting[stage.key] = stage
      total += 1
      return ["repairing an input of \(stage.label): \(reason)"]
    case .elsewhere(let stage):
      return isPlain ? ["another run is at: \(stage.label)"] : []
    case .madeElsewhere(let stage):
      waiting[stage.key] = nil
      doneNow += 1
      return isPlain ? ["made by another run: \(stage.label)"] : []
    case .heldBack(let stage, _):
      waiting[stage.key] = nil
      heldBack += 1
      return []
    }
  }

  private mutating func end(
    _ stage: Stage, _ worker: Int, _ outcome: StageOutcome, now: Double, isPlain: Bool
  ) -> [String] {
    let line = running[worker]?.first { $0.stage.key == stage.key }
    running[worker]?.removeAll { $0.stage.key == stage.key }
    if running[worker]?.isEmpty == true { running[worker] = nil }
    switch outcome {
    case .done(let seconds, _):
      time.learn(stage, seconds: seconds)
      doneNow += 1
      // By the clock, several would count each other's time.
      let taken = Self.clock(
        line?.isBesideOthers == true ? seconds : now - (line?.started ?? now))
      return isPlain ? ["done in \(taken): \(stage.label)"] : []
    case .failed(let reason):
      failed += 1
      return ["failed: \(stage.label): \(reason)"]
    case .cancelled:
      failed += 1
      return ["cancelled: \(stage.label)"]
    case .crashed, .lost, .interrupted, .unusable: return []
    }
  }

  /// The board now: one line for each worker and one for all, each at most `width` wide.
  package func lines(width: Int, now: Double) -> [String] {
    var shown = Array(1...max(1, workers))
    var hidden = 0
    if shown.count > Self.mostLines {
      // A cluster has more than a terminal shows: those that are furthest.
      let shares = running.mapValues { $0.first?.fraction ?? 0 }
      let busy = shares.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
      shown = busy.prefix(Self.mostLines).map(\.key).sorted()
      hidden = busy.count - shown.count
    }
    return shown.map { workerLine($0, width: width, now: now) }
      + (hidden > 0 ? [Self.cut("and \(hidden) more", to: width)] : [])
      + [Self.cut(totalLine(now: now), to: width)]
  }

  /// Lines of workers at most.
  private static let mostLines = 16

  /// `12 of 86 stages · 3:10 · about 5 min left`.
  package func totalLine(now: Double) -> String {
    var parts = ["\(doneNow) of \(total) stages"]
    if doneBefore > 0 { parts.append("\(doneBefore) were there") }
    if failed > 0 { parts.append("\(failed) failed") }
    if heldBack > 0 { parts.append("\(heldBack) held back") }
    parts.append(Self.clock(now - started))
    let unfinished = running.values.map { lines in
      lines.compactMap { secondsLeft($0, now: now) }.max() ?? 0
    }
    let left = time.left(waiting: Array(waiting.values), running: unfinished, workers: workers)
    if let left, doneNow < total { parts.append("about \(Self.rough(left)) left") }
    return parts.joined(separator: " · ")
  }

  private func workerLine(_ worker: Int, width: Int, now: Double) -> String {
    guard let lines = running[worker], let line = lines.first else {
      return Self.cut("\(worker) –", to: width)
    }
    let filled = Int((line.fraction * Double(Self.barWidth)).rounded(.down))
    let bar =
      String(repeating: "█", count: filled)
      + String(repeating: "░", count: Self.barWidth - filled)
    let percent = String(Int((line.fraction * 100).rounded(.down)))
    let share = String(repeating: " ", count: 3 - min(3, percent.count)) + percent + "%"
    let left = secondsLeft(line, now: now).map { " \(Self.clock($0)) left" } ?? ""
    let head = "\(worker) \(bar) \(share) "
    let room = max(8, width - head.count - left.count)
    let others = lines.count > 1 ? " +\(lines.count - 1)" : ""
    let what = Self.description(line.stage.label + others, line.detail, width: room)
    return Self.cut(head + Self.padded(what, to: room) + left, to: width)
  }

  private static let barWidth = 8

  /// What a stage is and how it goes. Where there is no room for all, of the detail the last part
  /// (the loss) stays, then the label is cut.
  private static func description(_ label: String, _ detail: String, width: Int) -> String {
    let whole = detail.isEmpty ? label : label + " · " + detail
    guard whole.count > width else { return whole }
    let parts = detail.components(separatedBy: " · ")
    let end = parts.last.map { $0.isEmpty ? "" : " · " + $0 } ?? ""
    guard end.count < width / 2 else { return cut(whole, to: width) }
    return cut(label, to: width - end.count) + end
  }

  /// Seconds that a running stage still needs, from how far it is or else from earlier ones.
  private func secondsLeft(_ line: Line, now: Double) -> Double? {
    let passed = now - line.started
    // The first moments (loading, first batches) tell little.
    if line.fraction > 0.03, passed > 1 {
      return passed * (1 - line.fraction) / line.fraction
    }
    return time.expected(line.stage).map { max(0, $0 - passed) }
  }

  /// `0:42`, `12:05`, `1:02:03`.
  package static func clock(_ seconds: Double) -> String {
    let whole = Int(max(0, seconds).rounded())
    let two = { (value: Int) in value < 10 ? "0\(value)" : "\(value)" }
    let (hours, minutes) = (whole / 3600, whole / 60 % 60)
    return hours > 0
      ? "\(hours):\(two(minutes)):\(two(whole % 60))" : "\(minutes):\(two(whole % 60))"
  }

  /// `40 s`, `5 min`, `1.5 h`: a guess should not look exact.
  static func rough(_ seconds: Double) -> String {
    if seconds < 90 { return "\(max(1, Int((seconds / 5).rounded(.up)) * 5)) s" }
    if seconds < 5400 { return "\(Int((seconds / 60).rounded())) min" }
    return "\((seconds / 360).rounded() / 10) h"
  }

  private static func padded(_ text: String, to width: Int) -> String {
    text + String(repeating: " ", count: max(0, width - text.count))
  }

  /// The text within `width` columns; what is cut off ends with an ellipsis.
  static func cut(_ text: String, to width: Int) -> String {
    text.count <= width ? text : String(text.prefix(max(0, width - 1))) + "…"
  }
}
