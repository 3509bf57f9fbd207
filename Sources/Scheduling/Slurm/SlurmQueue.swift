import Experiment
import Foundation

/// What Slurm is asked and told, and what its answers mean.
struct SlurmQueue: Sendable {
  enum Submission: Sendable, Hashable {
    case taken(job: Int)
    /// Slurm does not want it, and never will.
    case refused(String)
    /// Nobody knows: no answer, or an answer that it lost the way.
    case unknown(String)
    /// Not now: too many are waiting.
    case tooMany(String)
    /// A limit is reached, and Slurm does not say which: there may be room once other jobs are over.
    case limited(String)
    /// There is no `sbatch`.
    case impossible(String)

    /// Slurm's words where there are too many, or may be: fewer may find room.
    var limit: String? {
      switch self {
      case .tooMany(let words), .limited(let words): words
      // An array of more elements than `MaxArraySize` lets it have.
      case .refused(let words) where words.contains("Invalid job array specification"): words
      case .taken, .refused, .unknown, .impossible: nil
      }
    }
  }

  let site: SlurmSite
  let commands: SlurmCommands

  /// How long somebody waits who ended a run.
  private static let farewell = Duration.seconds(5)

  /// Sends a batch.
  func submit(_ batch: SlurmBatch) async -> Submission {
    let hasProgram = commands.has("sbatch")
    let answer = await commands.run("sbatch", batch.arguments(at: site))
    return hasProgram ? Self.submission(answer) : .impossible(answer.err)
  }

  /// What an answer of `sbatch` means.
  static func submission(_ answer: SlurmCommands.Answer) -> Submission {
    // "123", or "123;cluster".
    let job = answer.out.split(whereSeparator: { ";\n".contains($0) }).first.flatMap { Int($0) }
    if answer.code == 0, let job { return .taken(job: job) }
    let words = answer.err.trimmingCharacters(in: .whitespacesAndNewlines)
    let said = words.isEmpty ? "sbatch gave no number of a job" : words
    // Beside its general words for all limits Slurm may name the one that is meant.
    let named = said.matches(of: #/\b(?:QOS|Assoc)[A-Z]\w*/#).map(\.output)
    if !named.isEmpty {
      return named.allSatisfy { $0.contains("Submit") } ? .tooMany(said) : .refused(said)
    }
    if said.contains(policy) { return .limited(said) }
    if limits.contains(where: said.contains) { return .tooMany(said) }
    if answer.code == nil || answer.code == 0 || losses.contains(where: said.contains) {
      return .unknown(said)
    }
    return .refused(said)
  }

  private static let policy = "violates accounting/QOS policy"
  private static let limits = [
    "MaxSubmitJob", "submit limit", "Job limit exceeded", "Resource temporarily unavailable",
  ]
  private static let losses = [
    "Socket timed out", "Unable to contact slurm controller", "ommunication connection failure",
    "ransport endpoint", "temporarily unable", "Connection refused", "Connection reset",
    "Zero Bytes were transmitted", "slurm_receive_msg",
  ]

  /// Every element of the named batches that Slurm knows, in one question; `nil` when it gave no answer.
  ///
  /// - Parameters:
  ///   - names: The batches.
  ///   - isLast: Whether somebody waits who ended what this is about.
  /// - Returns: A line for each element.
  func lines(of names: [String], isLast: Bool = false) async -> [SlurmQueueLine]? {
    let names = names.sorted()
    guard !names.isEmpty else { return [] }
    let answer = await commands.run(
      "squeue",
      [
        "--noheader", "--array", "--states=all", "--name=" + names.joined(separator: ","),
        "--format=" + SlurmQueueLine.format,
      ], patience: isLast ? Self.farewell : nil)
    return answer.code == 0 ? SlurmQueueLine.lines(answer.out) : nil
  }

  /// What `sacct` knows of some jobs, by `<job>_<index>`; nothing where there is none.
  func accounts(of jobs: [Int]) async -> [String: SlurmState] {
    let jobs = jobs.sorted().map(String.init)
    guard !jobs.isEmpty, commands.has("sacct") else { return [:] }
    let answer = await commands.run(
      "sacct",
      [
        "--allocations", "--noheader", "--parsable2", "--format=JobID,State",
        "--jobs=" + jobs.joined(separator: ","),
      ])
    return answer.code == 0 ? SlurmAccounts.states(answer.out) : [:]
  }

  /// Ends jobs. Their workers are told first, so that trainings save. Nobody waits long for Slurm's answer.
  ///
  /// - Parameters:
  ///   - jobs: `<job>`, or `<job>_<index>` for one element: all in one call.
  ///   - names: Of batches whose jobs have no known number: a call each.
  func cancel(_ jobs: [String], names: [String] = []) async {
    let calls = (jobs.isEmpty ? [] : [jobs]) + names.map { ["--name=" + $0] }
    await withTaskGroup(of: Void.self) { group in
      for call in calls {
        group.addTask { _ = await commands.run("scancel", call, patience: Self.farewell) }
      }
    }
  }
}
