/// What Slurm says of one element.
package enum SlurmState: Sendable, Hashable {
  /// It waits, runs, or will: `PENDING`, `RUNNING`, `REQUEUED`, `COMPLETING`, …
  case live
  case outOfMemory
  case timeLimit
  case nodeFailed
  case preempted
  case cancelled
  /// It ended by itself, well or not.
  case ended

  /// - Parameter word: A state of `squeue` or `sacct`; `CANCELLED by 1000` is one too.
  package init(_ word: some StringProtocol) {
    switch word.prefix(while: { $0.isUppercase || $0 == "_" }) {
    case "OUT_OF_MEMORY": self = .outOfMemory
    case "TIMEOUT", "DEADLINE": self = .timeLimit
    case "NODE_FAIL", "BOOT_FAIL", "LAUNCH_FAILED", "RECONFIG_FAIL": self = .nodeFailed
    case "PREEMPTED", "REVOKED": self = .preempted
    case "CANCELLED": self = .cancelled
    case "COMPLETED", "FAILED": self = .ended
    // Whatever else Slurm calls it, it is not over.
    default: self = .live
    }
  }

  package var isLive: Bool { self == .live }
}

/// One line of `squeue`.
package struct SlurmQueueLine: Sendable, Hashable {
  package var job: Int
  package var index: Int
  package var state: SlurmState
  /// `PENDING`, `RUNNING`, …
  package var word: String
  /// The batch's name.
  package var name: String
  /// Why it waits: `Priority`, `Resources`, …
  package var reason: String

  /// What `squeue` is asked to write, one line an element.
  static let format = "%F|%K|%T|%j|%r"

  /// Reads an answer of `squeue`; lines of jobs that are no elements are left out.
  package static func lines(_ text: String) -> [SlurmQueueLine] {
    text.split(separator: "\n").compactMap { line in
      let parts = line.split(separator: "|", maxSplits: 4, omittingEmptySubsequences: false)
      guard parts.count == 5, let job = Int(parts[0]), let index = Int(parts[1]) else { return nil }
      return SlurmQueueLine(
        job: job, index: index, state: SlurmState(parts[2]), word: String(parts[2]),
        name: String(parts[3]), reason: String(parts[4]))
    }
  }
}

/// What `sacct` remembers, by `<job>_<index>`.
package enum SlurmAccounts {
  /// Reads an answer of `sacct --parsable2 --format=JobID,State`.
  package static func states(_ text: String) -> [String: SlurmState] {
    var states: [String: SlurmState] = [:]
    for line in text.split(separator: "\n") {
      let parts = line.split(separator: "|", omittingEmptySubsequences: false)
      guard parts.count >= 2, !parts[0].contains(".") else { continue }
      states[String(parts[0])] = SlurmState(parts[1])
    }
    return states
  }
}
