import Foundation
import Testing

@testable import Scheduling

extension SlurmAnswersTests {
  // MARK: Refusals

  private static let refusal =
    #"echo "sbatch: error: Batch job submission failed: Requested node configuration is not available" >&2; exit 1"#

  @Test func whatSlurmRefusesFailsAndTheOthersAreDone() async throws {
    let summary = try await run(
      plan(),
      jobs(
        sbatch: #"case "$*" in *--cpus-per-task=2*) \#(Self.refusal);; esac; carry_out; echo $call"#
      ))
    #expect(summary.done.map(\.label) == ["narrow"])
    #expect(
      summary.failed.map(\.reason) == [
        "Slurm refuses it: sbatch: error: Batch job submission failed: Requested node configuration is "
          + "not available"
      ])
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.root + "/slurm") == [])
  }

  @Test func memoryThatSlurmRefusesIsNamed() async throws {
    let summary = try await run(
      only("die"),
      jobs(
        sbatch: #"case "$*" in *--mem=1024M*) ;; *) \#(Self.refusal);; esac; carry_out; echo $call"#
      ))
    #expect(memory == ["1024M", "2048M"])
    #expect(
      summary.failed.map(\.reason) == [
        "it ran out of memory with 1.1 GB, and Slurm refuses it with 2.1 GB: sbatch: error: Batch job "
          + "submission failed: Requested node configuration is not available; 'memory-limit' below "
          + "'slurm' is the most that it asks for"
      ])
  }

  @Test func withoutSbatchOrAFolderForBatchesTheRunEnds() async throws {
    let (small, store) = (try plan(), store)
    let none = try jobs(sbatch: nil)
    let error = await #expect(throws: SchedulingError.self) {
      try await Scheduler(small, store, none, workers: 5).run()
    }
    #expect(error?.description.contains("'sbatch' is not in ") == true)
    try? FileManager.default.removeItem(atPath: store.root + "/slurm")
    try Data().write(to: URL(fileURLWithPath: store.root + "/slurm"))
    let jobs = try jobs()
    let second = await #expect(throws: SchedulingError.self) {
      try await Scheduler(small, store, jobs, workers: 5).run()
    }
    #expect(second?.description.contains(store.root + "/slurm") == true)
    #expect(lines("sbatch.calls").isEmpty)
  }

  // MARK: Limits

  private static let policy =
    "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, "
    + "user's size and/or time limits)"

  @Test(arguments: [
    "QOSMaxSubmitJobPerUserLimit", "AssocMaxSubmitJobLimit", "AssocGrpSubmitJobsLimit",
    "QOSGrpSubmitJobsLimit",
  ])
  func aLimitOfJobsIsWaitedFor(token: String) {
    let said = "sbatch: error: \(token)\n\(Self.policy)"
    #expect(SlurmQueue.submission(.init(code: 1, out: "", err: said + "\n")) == .tooMany(said))
  }

  @Test(arguments: [
    "QOSMaxWallDurationPerJobLimit", "QOSMaxCpuPerUserLimit", "QOSMaxMemoryPerJob", "QOSMinGRES",
    "AssocMaxWallDurationPerJobLimit", "AssocGrpGRES",
  ])
  func aLimitOfOneJobIsARefusal(token: String) {
    let said = "sbatch: error: \(token)\n\(Self.policy)"
    #expect(SlurmQueue.submission(.init(code: 1, out: "", err: said + "\n")) == .refused(said))
  }

  @Test func aLimitWithoutANameMayBeAny() {
    #expect(
      SlurmQueue.submission(.init(code: 1, out: "", err: Self.policy + "\n"))
        == .limited(Self.policy))
    let busy = "sbatch: error: Batch job submission failed: Resource temporarily unavailable"
    #expect(SlurmQueue.submission(.init(code: 1, out: "", err: busy)) == .tooMany(busy))
    #expect(SlurmQueue.submission(.init(code: 0, out: "12;east\n", err: "")) == .taken(job: 12))
  }

  @Test func aLimitWithoutANameIsWaitedForOnlyAsLongAsThatMayHelp() async throws {
    var site = site
    site.pollSeconds = 0.01
    let summary = try await run(
      only("work"), jobs(site, sbatch: "echo \"\(Self.policy)\" >&2; exit 1"))
    #expect(summary.failed.map(\.reason) == ["Slurm refuses it: " + Self.policy])
    #expect(lines("sbatch.calls").count == 20)
  }

  @Test func aLimitWithoutANameIsWaitedForWhileOwnJobsAreInTheQueue() async throws {
    let small = try plan()
    let (narrow, wide) = (try small.request("narrow"), try small.request("wide"))
    let jobs = try jobs(
      sbatch: """
        if [ "$call" = 1 ]; then
          echo "1|0|RUNNING|$name|None" > "$folder/queue"
          cp "$script" "$folder/first"
          echo 1
        elif [ "$call" -le 30 ]; then
          echo "\(Self.policy)" >&2
          exit 1
        else
          carry_out
          rm "$folder/queue"
          script=$folder/first
          carry_out
          echo $call
        fi
        """, squeue: #"cat "$folder/queue" 2> /dev/null; true"#)
    async let first = jobs.execute(narrow, on: 1) { _ in }
    try await PrivateSlurm.until { !lines("squeue.calls").isEmpty }
    guard case .done = await jobs.execute(wide, on: 2, report: { _ in }) else {
      Issue.record("it was not waited for")
      return
    }
    guard case .done = await first else {
      Issue.record("the first was not done")
      return
    }
    await jobs.shutDown(keepingJobs: false)
    #expect(lines("sbatch.calls").count == 31)
  }
}
