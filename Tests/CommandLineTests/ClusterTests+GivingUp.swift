import Foundation
import Testing

extension ClusterTests {
  @Test func aStageThatIsGivenUpLeavesNoJob() async throws {
    let process = try await startHanging(in: "fine-tune")
    let given = try small.run(
      "cancel", "fine-tune voices · head only · seed 1", "--site", "cluster")
    #expect(given.code == 0, "\(given.out)\(given.err)")
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    try await PrivateSlurm.until { try queued().isEmpty }
    let key = try #require(small.lines("calls").first { $0.hasPrefix("hang ") }?.dropFirst(5))
    #expect(!small.lines("made").contains(String(key)), "its job did not go on to its end")
    let again = try small.run("run", "experiments/small.yaml", "--site", "cluster")
    #expect(again.code == 0, "\(again.err)")
    try await expectNoBatches()
  }

  @Test func jobsThatNoProgramWatchesAreCancelledByName() async throws {
    let process = try await startHanging(in: "corpus")
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    let ended = try small.run("cancel", "experiments/small.yaml", "--site", "cluster")
    #expect(ended.code == 0, "\(ended.err)")
    #expect(
      ended.out == "small: no program carries it out; cancelled the jobs of 1 stage\n")
    try await PrivateSlurm.until { try queued().isEmpty }
    let nothing = try small.run("cancel", "small", "--site", "cluster")
    #expect(nothing.code == 3)
    #expect(nothing.out == "small is not running\n")
  }

  @Test func batchesGoThoughNothingIsLeftToDo() async throws {
    try small.write("until", to: "artifacts/behave-evaluate")
    let process = small.process(["run", "experiments/small.yaml", "--site", "cluster"])
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    // Nothing is left but evaluations, and all of them are at work.
    let evaluations = 3
    try await PrivateSlurm.until {
      small.lines("calls").count { $0.hasPrefix("until ") } == evaluations
    }
    kill(process.processIdentifier, SIGKILL)
    process.waitUntilExit()
    try small.write("", to: "artifacts/go")
    try await PrivateSlurm.until { try queued().isEmpty }
    #expect(try small.finished() == 10)
    #expect(batches != [])
    let again = try small.run("run", "experiments/small.yaml", "--site", "cluster")
    #expect(again.out.hasPrefix("small: all "), "\(again.out)\(again.err)")
    try await expectNoBatches()
  }

  /// As Ctrl-C does.
  @Test func whatIsCancelledFromAnotherTerminalLeavesNoJobs() async throws {
    let process = try await startHanging(in: "features")
    #expect(try small.run("cancel", "small", "--site", "cluster").code == 0)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    try await PrivateSlurm.until { try queued().isEmpty }
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
}
