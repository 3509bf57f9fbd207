import Foundation
import Testing

/// The program itself on a real Slurm of one node: a whole experiment, ended at bad moments.
@Suite(
  .serialized, .timeLimit(.minutes(5)),
  .enabled(if: PrivateSlurm.isThere, Comment(rawValue: PrivateSlurm.problem)))
struct ClusterTests {
  private let small: SmallExperiment

  init() throws {
    small = try SmallExperiment()
    let commands = try PrivateSlurm.commands(in: small.path)
    try small.write(
      """
      site: cluster
      recordings: recordings
      artifacts: artifacts
      slurm: { time: 10 min, poll: 0.3 s, grace: 1 s, commands: \(commands) }
      """, to: "experiments/sites/cluster.yaml")
  }

  private var submissions: Int { PrivateSlurm.lines(small.path + "/sbatch.calls").count }

  /// Names of the experiment's batches.
  private var batches: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: small.store + "/slurm")) ?? []
  }

  private func queued() throws -> [String] {
    let names = PrivateSlurm.lines(small.path + "/sbatch.calls").compactMap {
      $0.firstMatch(of: /alphasweep-[0-9a-f]{16}/).map { String($0.output) }
    }
    return try PrivateSlurm.run(
      "squeue", "--noheader", "--name=" + names.joined(separator: ","), "--format=%T"
    ).split(separator: "\n").map(String.init)
  }

  /// Starts a run in which stages of `kind` never end, and waits until one is at work.
  private func startHanging(in kind: String, _ more: String...) async throws -> Process {
    try small.write("hang", to: "artifacts/behave-\(kind)")
    let process = small.process(
      ["run", "experiments/small.yaml", "--site", "cluster"] + more)
    process.standardOutput = Pipe()
    process.standardError = Pipe()
    try process.run()
    try await PrivateSlurm.until { small.lines("calls").contains { $0.hasPrefix("hang ") } }
    try FileManager.default.removeItem(atPath: small.store + "/behave-\(kind)")
    return process
  }

  @Test func anExperimentRunsOnAClusterAndGivesTheSameBits() throws {
    let ending = try small.run("run", "experiments/small.yaml", "--site", "cluster")
    #expect(ending.code == 0, "\(ending.err)")
    #expect(ending.out.hasPrefix("small: done, 10 stages\n"), "\(ending.out)")
    let local = try SmallExperiment()
    #expect(try local.run("run", "experiments/small.yaml").code == 0)
    #expect(try small.artifacts() == local.artifacts())
    // Waves of ready stages, not stages, are sent.
    #expect(submissions < 10)
    #expect(batches == [])
    let again = try small.run("run", "experiments/small.yaml", "--site", "cluster")
    #expect(again.code == 0)
    #expect(again.out.hasPrefix("small: all "))
  }

  @Test func aKilledHeadFindsItsJobsAgainAndSendsNoneTwice() async throws {
    let process = try await startHanging(in: "fine-tune")
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    #expect(try queued().contains("RUNNING"))
    let key = try #require(small.lines("calls").first { $0.hasPrefix("hang ") }?.dropFirst(5))
    let head = small.process(["run", "experiments/small.yaml", "--site", "cluster"])
    head.standardOutput = FileHandle.nullDevice
    head.standardError = FileHandle.nullDevice
    try head.run()
    let questions = PrivateSlurm.lines(small.path + "/squeue.calls").count
    try await PrivateSlurm.until {
      PrivateSlurm.lines(small.path + "/squeue.calls").count > questions + 2
    }
    #expect(
      batches.count { name in
        PrivateSlurm.lines("\(small.store)/slurm/\(name)/keys").contains { $0 == key }
      } == 1)
    // The job that hangs is told to end; what it was at is sent again.
    for name in batches { try PrivateSlurm.run("scancel", "--name=" + name) }
    head.waitUntilExit()
    #expect(head.terminationStatus == 0)
    #expect(try small.finished() == 10)
    #expect(Set(small.lines("made")).count == small.lines("made").count)
    #expect(small.lines("calls").count { $0.hasSuffix(key) } == 2)
  }

  @Test func whatIsDoneWhileNobodyWatchesIsNotedByTheNextRun() async throws {
    try small.write("until", to: "artifacts/behave-corpus")
    let process = small.process(["run", "experiments/small.yaml", "--site", "cluster"])
    (process.standardOutput, process.standardError) = (Pipe(), Pipe())
    try process.run()
    try await PrivateSlurm.until { !small.lines("calls").isEmpty }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try small.write("", to: "artifacts/go")
    try await PrivateSlurm.until { try queued().isEmpty || small.finished() == 1 }
    try await PrivateSlurm.until { try queued().allSatisfy { $0 == "COMPLETED" } }
    let again = try small.run("run", "experiments/small.yaml", "--site", "cluster")
    #expect(again.out.hasPrefix("small: done, 9 stages\n"), "\(again.out)\(again.err)")
    let key = try #require(small.lines("calls").first?.dropFirst(6))
    let attempt = try small.text("artifacts/attempts/\(key).1.json")
    #expect(attempt.contains(#""outcome":"done""#))
    #expect(attempt.contains(#""name":"loss""#))
    #expect(batches == [])
  }

  @Test func controlCCancelsTheJobs() async throws {
    let process = try await startHanging(in: "features")
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    try await PrivateSlurm.until { try queued().isEmpty }
    let again = try small.run("run", "experiments/small.yaml", "--site", "cluster")
    #expect(again.code == 0, "\(again.err)")
    #expect(try small.finished() == 10)
  }

  @Test(arguments: [(SIGINT, ["--detach"]), (SIGHUP, []), (SIGTERM, [])])
  func detachedJobsAndThoseOfAClosedTerminalGoOn(signal: Int32, more: [String]) async throws {
    let process = try await startHanging(in: "corpus", more.first ?? "--json")
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationStatus == 128 + signal)
    #expect(try queued() == ["RUNNING"])
    for name in batches { try PrivateSlurm.run("scancel", "--name=" + name) }
  }

  @Test func aMachineWithoutSlurmIsSaidToHaveNone() throws {
    try small.write(
      """
      site: cluster
      recordings: recordings
      artifacts: artifacts
      slurm: { time: 10 min, commands: /nowhere }
      """, to: "experiments/sites/cluster.yaml")
    let ending = try small.run("run", "experiments/small.yaml", "--site", "cluster")
    #expect(ending.code == 1)
    #expect(
      ending.err
        == "alphasweep: the site has 'slurm', and 'sbatch' is not in /nowhere; start alphasweep on a "
        + "machine from which jobs are sent, or say 'commands: FOLDER' below 'slurm'\n")
  }
}
