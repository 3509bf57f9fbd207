import Foundation
import Scheduling
import Testing

extension SlurmTests {
  // MARK: Time and precedence

  @Test func aTrainingThatIsToldToSaveGoesOnInAnotherJobAndCountsNoFailure() async throws {
    let (small, jobs) = (try plan("resume"), try jobs())
    async let ending = run(small, jobs)
    try await PrivateSlurm.until { !lines("calls").isEmpty }
    // As Slurm does at '--signal=B:TERM@60'.
    try PrivateSlurm.run("scancel", "--signal=TERM", "--batch", try job() + "_0")
    #expect(try await ending.isComplete)
    #expect(lines("sbatch.calls").count == 2)
    #expect(try reasons(small) == [nil])
  }

  @Test func theTimeLimitItselfLeadsToSavingAndGoingOn() async throws {
    var site = site
    site.terms.seconds = 60
    let small = try plan("resume")
    #expect(try await run(small, jobs(site)).isComplete)
    #expect(lines("sbatch.calls").count == 2)
    #expect(lines("sbatch.calls").allSatisfy { $0.contains("--signal=B:TERM@60") })
    #expect(try reasons(small) == [nil])
  }

  @Test func aStageThatSavesNothingInItsTimeFails() async throws {
    let small = try plan("hang")
    let (jobs, store) = (try jobs(), store)
    async let ending = run(small, jobs)
    for tried in 1...3 {
      try await PrivateSlurm.until { lines("calls").count == tried }
      for name in try FileManager.default.contentsOfDirectory(atPath: store.root + "/slurm") {
        try PrivateSlurm.run("scancel", "--signal=TERM", "--batch", "--name=" + name)
      }
    }
    let reason = try #require(try await ending.failed.first?.reason)
    #expect(
      reason.contains(
        "its time was over before it had saved anything; give more with 'time' below 'slurm'"))
  }

  @Test func aPreemptedElementIsRequeuedBySlurmAndNotSentTwice() async throws {
    let (small, jobs) = (try plan("resume"), try jobs())
    async let ending = run(small, jobs)
    try await PrivateSlurm.until { !lines("calls").isEmpty }
    let job = try job()
    try PrivateSlurm.run("scontrol", "requeue", job + "_0")
    try await PrivateSlurm.until {
      try PrivateSlurm.run("squeue", "--noheader", "--format=%T", "--jobs=" + job)
        .contains("PENDING")
    }
    // Slurm lets requeued elements wait for two minutes. It goes by seconds: one that began in the
    // second in which its first run was ended would be refused by its node.
    let pending = Date()
    try await PrivateSlurm.until { Date().timeIntervalSince(pending) > 2 }
    try await PrivateSlurm.until {
      try PrivateSlurm.run("scontrol", "update", "JobId=" + job + "_0", "StartTime=now")
      return lines("calls").count == 2
    }
    #expect(try await ending.isComplete)
    #expect(lines("sbatch.calls").count == 1)
    #expect(try reasons(small) == [nil])
  }

  @Test func anElementThatIsKilledWithItsScriptIsTriedAgain() async throws {
    let (small, jobs) = (try plan("resume"), try jobs())
    async let ending = run(small, jobs)
    try await PrivateSlurm.until { !lines("calls").isEmpty }
    try PrivateSlurm.run("scancel", "--signal=KILL", "--full", try job() + "_0")
    #expect(try await ending.isComplete)
    #expect(lines("sbatch.calls").count == 2)
  }
}
