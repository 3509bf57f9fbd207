import Experiment
import Scheduling

/// How a run ended, for people and for programs.
struct SweepEnding {
  let experiment: String
  let summary: SweepSummary
  let signal: Int32?
  /// Where the report is; `nil` when none was written.
  let report: String?

  var text: String {
    var lines: [String] = []
    for (stage, reason) in summary.failed { lines.append("failed: \(stage.label): \(reason)") }
    for stage in summary.cancelled {
      lines.append("cancelled: \(stage.label); the same command does it after all")
    }
    if !summary.heldBack.isEmpty {
      lines.append(
        Words.count(summary.heldBack.count, "stage")
          + " held back, because of: "
          + Set(summary.heldBack.map(\.by.label)).sorted().joined(separator: "; "))
    }
    if summary.isInterrupted {
      lines.append(
        "\(experiment): stopped after \(Words.count(summary.done.count, "stage")); the same command "
          + "goes on from here")
    } else if summary.isComplete, summary.done.isEmpty {
      lines.append("\(experiment): all \(Words.count(summary.alreadyDone, "result")) were there")
    } else if summary.isComplete {
      lines.append("\(experiment): done, \(Words.count(summary.done.count, "stage"))")
    } else if summary.notBegun > 0 {
      lines.append(
        "\(experiment): \(Words.count(summary.failed.count, "stage")) failed, and "
          + "\(summary.notBegun) were not begun after that; without '--fail-fast' they are")
    } else {
      let counts = [(summary.failed.count, "failed"), (summary.cancelled.count, "cancelled")]
        .filter { $0.0 > 0 }.map { "\(Words.count($0, "stage")) \($1)" }
      lines.append(
        "\(experiment): \(counts.joined(separator: ", ")); what does not need them is done")
    }
    if let report { lines.append("report: \(report)") }
    return lines.map { $0 + "\n" }.joined()
  }

  var json: Canonical {
    .map([
      "experiment": .string(experiment),
      "complete": .bool(summary.isComplete),
      "interrupted": .bool(summary.isInterrupted),
      "done": .list(summary.done.map { .string($0.key.hex) }),
      "failed": .list(
        summary.failed.map { failure in
          .map([
            "key": .string(failure.stage.key.hex), "label": .string(failure.stage.label),
            "reason": .string(failure.reason),
          ])
        }),
      "cancelled": .list(summary.cancelled.map { .string($0.key.hex) }),
      "heldBack": .list(summary.heldBack.map { .string($0.stage.key.hex) }),
      "report": report.map { .string($0) } ?? .null,
    ])
  }
}
