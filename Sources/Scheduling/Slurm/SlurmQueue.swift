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
  }

  let site: SlurmSite
  let commands: SlurmCommands

  /// Sends a batch.
  func submit(_ batch: SlurmBatch) async -> Submission {
    let answer = await commands.run("sbatch", batch.arguments(at: site))
    // "123", or "123;cluster".
    let job = answer.out.split(whereSeparator: { ";\n".contains($0) }).first.flatMap { Int($0) }
    if answer.code == 0, let job { return .taken(job: job) }
    let words = answer.err.trimmingCharacters(in: .whitespacesAndNewlines)
    let said = words.isEmpty ? "sbatch gave no number of a job" : words
    if Self.limits.contains(where: said.contains) { return .tooMany(said) }
    if answer.code == nil || answer.code == 0 || Self.losses.contains(where: said.contains) {
      return .unknown(said)
    }
    return .refused(said)
  }

  private static let limits = [
    "MaxSubmitJob", "submit limit", "Job limit exceeded", "Resource temporarily unavailable",
  ]
  private static let losses = [
    "Socket timed out", "Unable to contact slurm controller", "ommunication connection failure",
    "ransport endpoint", "temporarily unable", "Connection refused", "Connection reset",
    "Zero Bytes were transmitted", "slurm_receive_msg",
  ]

  /// Every element of the named batches that Slurm knows, in one question; `nil` when it gave no answer.
  func lines(of names: [String]) async -> [SlurmQueueLine]? {
    let names = names.sorted()
    guard !names.isEmpty else { return [] }
    let answer = await commands.run(
      "squeue",
      [
        "--noheader", "--array", "--states=all", "--name=" + names.joined(separator: ","),
        "--format=" + SlurmQueueLine.format,
      ])
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

  /// Ends all jobs of these names. Their workers are told first, so that trainings save.
  func cancel(_ names: [String]) async {
    for name in names.sorted() { _ = await commands.run("scancel", ["--name=" + name]) }
  }
}
