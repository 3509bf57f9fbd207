import Artifacts
import Foundation
import Testing

/// The program itself on a real Slurm of one node: a whole experiment, ended at bad moments.
@Suite(
  .serialized, .timeLimit(.minutes(15)),
  .enabled(if: PrivateSlurm.isThere, Comment(rawValue: PrivateSlurm.problem)))
struct ClusterTests {
  let small: SmallExperiment

  init() throws {
    small = try SmallExperiment()
    let commands = try PrivateSlurm.commands(
      in: small.path, squeue: #"[ ! -e "$folder/silent" ] || { sleep 60; exit 1; }"#)
    try small.write(
      """
      site: cluster
      recordings: recordings
      artifacts: artifacts
      slurm: { time: 10 min, poll: 0.3 s, grace: 1 s, commands: \(commands) }
      """, to: "experiments/sites/cluster.yaml")
  }

  var submissions: Int { PrivateSlurm.lines(small.path + "/sbatch.calls").count }

  /// Names of the experiment's batches.
  var batches: [String] {
    (try? FileManager.default.contentsOfDirectory(atPath: small.store + "/slurm")) ?? []
  }

  func queued() throws -> [String] {
    let names = PrivateSlurm.lines(small.path + "/sbatch.calls").compactMap {
      $0.firstMatch(of: /alphasweep-[0-9a-f]{16}/).map { String($0.output) }
    }
    return try PrivateSlurm.run(
      "squeue", "--noheader", "--name=" + names.joined(separator: ","), "--format=%T"
    ).split(separator: "\n").map(String.init)
  }

  /// Starts a run in which stages of `kind` never end, and waits until one is at work.
  func startHanging(in kind: String, _ more: String...) async throws -> Process {
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

  /// Batches go with the run that finds their jobs ended, which Slurm may say a moment after the last outcome.
  func expectNoBatches() async throws {
    try await PrivateSlurm.until {
      if !batches.isEmpty {
        _ = try small.run("run", "experiments/small.yaml", "--site", "cluster")
      }
      return batches.isEmpty
    }
  }

  @Test func anExperimentRunsOnAClusterAndGivesTheSameBits() async throws {
    let ending = try small.run("run", "experiments/small.yaml", "--site", "cluster")
    #expect(ending.code == 0, "\(ending.err)")
    #expect(ending.out.hasPrefix("small: done, 10 stages\n"), "\(ending.out)")
    let local = try SmallExperiment()
    #expect(try local.run("run", "experiments/small.yaml").code == 0)
    #expect(try small.artifacts() == local.artifacts())
    // Waves of ready stages, not stages, are sent.
    #expect(submissions < 10)
    try await expectNoBatches()
    let again = try small.run("run", "experiments/small.yaml", "--site", "cluster")
    #expect(again.code == 0)
    #expect(again.out.hasPrefix("small: all "))
  }

  @Test func logsOfStagesOnTheClusterAreShownAsThoseOfThisMachine() async throws {
    #expect(try small.run("run", "experiments/small.yaml", "--site", "cluster").code == 0)
    try await expectNoBatches()
    let shown = try small.run("logs", "corpus letters", "--site", "cluster")
    #expect(shown.code == 0, "\(shown.err)")
    #expect(shown.out.hasPrefix("element 0, run "), "\(shown.out)")
    #expect(shown.out.contains(/fake worker \d+ is up\n/), "\(shown.out)")
    #expect(shown.err.hasPrefix("attempt 1 of corpus letters ["), "\(shown.err)")
    #expect(shown.err.contains("logs/cluster-"), "\(shown.err)")
    let other = try small.run("logs", "corpus letters", "--site", "cluster", "--attempt", "2")
    #expect(other.code == 2)
    #expect(other.err == "alphasweep: corpus letters: it has no attempt 2, but 1\n")
  }

  @Test func whoFollowsAJobSeesWhatItWritesUntilItIsOver() async throws {
    try small.write("until", to: "artifacts/behave-corpus")
    let run = small.process(["run", "experiments/small.yaml", "--site", "cluster"])
    (run.standardOutput, run.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try run.run()
    try await PrivateSlurm.until { !small.lines("calls").isEmpty }
    let logs = small.process(["logs", "corpus letters", "--follow", "--site", "cluster"])
    let out = Pipe()
    (logs.standardOutput, logs.standardError) = (out, FileHandle.nullDevice)
    try logs.run()
    // What is there already is shown at once.
    #expect(!out.fileHandleForReading.availableData.isEmpty)
    #expect(logs.isRunning)
    // The program that sent the job is killed; the job goes on, and so does who follows it.
    kill(run.processIdentifier, SIGKILL)
    run.waitUntilExit()
    let name = try #require(batches.first)
    let file = try #require(FileHandle(forWritingAtPath: "\(small.store)/slurm/\(name)/log.0"))
    try file.seekToEnd()
    try file.write(contentsOf: Data("and on\n".utf8))
    try file.close()
    try small.write("", to: "artifacts/go")
    let rest = out.fileHandleForReading.readDataToEndOfFile()
    logs.waitUntilExit()
    #expect(logs.terminationStatus == 0)
    #expect(String(decoding: rest, as: UTF8.self).contains("and on\n"))
    #expect(try small.run("run", "experiments/small.yaml", "--site", "cluster").code == 0)
    try await expectNoBatches()
    let kept = try small.run("logs", "corpus letters", "--site", "cluster")
    #expect(kept.out.contains("and on\n"), "\(kept.out)\(kept.err)")
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
    let attempt = try #require(
      ArtifactStore(root: small.store).attempts().first { $0.key.hex == key && $0.number == 1 })
    #expect(attempt.outcome == .done)
    #expect(attempt.metrics.map(\.name) == ["loss"])
    try await expectNoBatches()
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
    try await expectNoBatches()
  }

  @Test func controlCEndsARunToWhichSqueueGivesNoAnswer() async throws {
    let process = try await startHanging(in: "corpus")
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try small.write("", to: "silent")
    let questions = PrivateSlurm.lines(small.path + "/squeue.calls").count
    let head = small.process(["run", "experiments/small.yaml", "--site", "cluster"])
    (head.standardOutput, head.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try head.run()
    try await PrivateSlurm.until {
      PrivateSlurm.lines(small.path + "/squeue.calls").count > questions
    }
    kill(head.processIdentifier, SIGINT)
    head.waitUntilExit()
    #expect(head.terminationStatus == 130)
    #expect(submissions == 1)
    for name in batches { try PrivateSlurm.run("scancel", "--name=" + name) }
  }

  /// Whoever takes over jobs of a program that died answers for them, whichever host that was on.
  @Test(.enabled(if: OtherHost.isThere))
  func jobsOfAHeadThatDiedOnAnotherHostAreTakenOver() async throws {
    try small.write("hang", to: "artifacts/behave-corpus")
    let other = OtherHost.process(
      small.process(["run", "experiments/small.yaml", "--site", "cluster"]))
    (other.standardOutput, other.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try other.run()
    try await PrivateSlurm.until { small.lines("calls").contains { $0.hasPrefix("hang ") } }
    kill(other.processIdentifier, SIGKILL)
    other.waitUntilExit()
    let owner = try #require(batches.first.map { "\(small.store)/slurm/\($0)/owner" })
    let file = try #require(FileHandle(forUpdatingAtPath: owner))
    try await PrivateSlurm.until { flock(file.fileDescriptor, LOCK_EX | LOCK_NB) == 0 }
    try file.close()
    let head = small.process(["run", "experiments/small.yaml", "--site", "cluster"])
    (head.standardOutput, head.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try head.run()
    let questions = PrivateSlurm.lines(small.path + "/squeue.calls").count
    try await PrivateSlurm.until {
      PrivateSlurm.lines(small.path + "/squeue.calls").count > questions + 2
    }
    kill(head.processIdentifier, SIGINT)
    head.waitUntilExit()
    #expect(submissions == 1)
    try await PrivateSlurm.until { try queued().isEmpty }
    #expect(access("\(small.store)/slurm/\(batches.first ?? "")/cancelled", F_OK) == 0)
    #expect(small.lines("made").isEmpty, "the job did not go on to its end")
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
