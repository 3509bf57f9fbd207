import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling
import Synchronization
import Testing

/// The scheduler on a real Slurm of one node, with the fake worker.
@Suite(
  .serialized, .timeLimit(.minutes(15)),
  .enabled(if: PrivateSlurm.isThere, Comment(rawValue: PrivateSlurm.problem)))
struct SlurmTests: WithFakeWorker {
  let place: FakeWorkerPlace

  init() throws { place = try FakeWorkerPlace() }

  var site: SlurmSite {
    var site = SlurmSite(terms: .init(seconds: 600))
    (site.pollSeconds, site.graceSeconds) = (0.3, 1)
    return site
  }

  func jobs(
    _ site: SlurmSite? = nil, sbatch: String = #"exec $sbatch "$@""#, squeue: String = ""
  ) throws -> SlurmJobs {
    SlurmJobs(
      site: site ?? self.site,
      commands: SlurmCommands(
        folder: try PrivateSlurm.commands(in: folder.path, sbatch: sbatch, squeue: squeue)),
      program: program, store: store)
  }

  func plan(_ behave: String, count: Int = 1) throws -> SmallPlan {
    var small = SmallPlan()
    for number in 1...count {
      try small.add("stage \(number)", behave)
      small.want("stage \(number)")
    }
    return small
  }

  /// The number of the job that runs.
  func job() throws -> String {
    let batch = try #require(
      try FileManager.default.contentsOfDirectory(atPath: folder.path + "/slurm").first)
    return try PrivateSlurm.run("squeue", "--noheader", "--name=" + batch, "--format=%F")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  func reasons(_ small: SmallPlan) throws -> [String?] {
    try Diary.open(for: store).ledger.attempts(of: small.key("stage 1")).map(\.reason)
  }

  @Test func manyStagesTravelInFewSubmissions() async throws {
    var small = SmallPlan()
    try small.add("corpus", kind: .corpus)
    for number in 1...12 {
      try small.add("features \(number)", from: ["corpus"])
      small.want("features \(number)")
    }
    let summary = try await run(small, jobs())
    #expect(summary.isComplete)
    #expect(summary.done.count == 13)
    #expect(lines("made").count == 13)
    // The corpus, and all that waited for it.
    #expect(lines("sbatch.calls").count == 2)
    #expect(lines("sbatch.calls").last?.contains("--array=0-11 ") == true)
    let ledger = try Diary.open(for: store).ledger
    #expect(
      try ledger.metrics(of: small.key("features 7")) == [
        Attempt.Metric(name: "loss", step: 1, value: 0.5)
      ])
    // Batches whose elements ended well leave nothing behind.
    let left = try FileManager.default.subpathsOfDirectory(atPath: folder.path + "/slurm")
    #expect(left == [], "\(left)")
  }

  @Test func stagesOfDifferentNeedsAndLongListsTravelApart() async throws {
    var small = SmallPlan()
    for number in 1...5 {
      try small.add("narrow \(number)")
      small.want("narrow \(number)")
    }
    try small.add("wide", cores: 2)
    small.want("wide")
    var site = site
    site.arraySize = 3
    #expect(try await run(small, jobs(site)).isComplete)
    let calls = lines("sbatch.calls")
    #expect(calls.count { $0.contains("--cpus-per-task=1 ") && $0.contains("--array=0-2 ") } == 1)
    #expect(calls.count { $0.contains("--cpus-per-task=1 ") && $0.contains("--array=0-1 ") } == 1)
    #expect(calls.count { $0.contains("--cpus-per-task=2 ") && $0.contains("--array=0-0 ") } == 1)
  }

  /// Slurm keeps the script that it was handed; the requests lie where others may write.
  @Test func aRequestThatIsChangedOnTheSharedFolderIsNotCarriedOut() async throws {
    let forging = """
      last=${!#}
      sed -i 's/"behave":"[a-z]*"/"behave":"die"/' "${last%/*}/request.0.json"
      exec $sbatch "$@"
      """
    let summary = try await run(plan("work"), jobs(sbatch: forging))
    #expect(
      summary.failed.map(\.reason) == [
        "request.0.json is not the request that was sent: somebody or something changed it below "
          + "slurm/ beside the artifacts, and nothing was done"
      ])
    #expect(lines("calls").isEmpty, "no worker was handed it")
    #expect(lines("sbatch.calls").count == 1)
  }

  @Test func aStageThatCannotBeDoneFailsWithTheWorkersWords() async throws {
    let summary = try await run(plan("fail"), jobs())
    #expect(summary.failed.map(\.reason) == ["no recordings"])
    #expect(lines("sbatch.calls").count == 1)
  }

  @Test func aKilledWorkerIsGivenTwiceTheMemory() async throws {
    let summary = try await run(plan("die-once"), jobs())
    #expect(summary.isComplete)
    let memory = lines("sbatch.calls").compactMap {
      $0.firstMatch(of: /--mem=\w+/).map { $0.output }
    }
    #expect(memory == ["--mem=1024M", "--mem=2048M"])
  }

  @Test func aStageThatIsKilledWithAllMemoryFailsAndSaysSo() async throws {
    var site = site
    site.mostMemoryBytes = 2_500_000_000
    let small = try plan("die")
    let summary = try await run(small, jobs(site))
    let memory = lines("sbatch.calls").compactMap {
      $0.firstMatch(of: /--mem=\w+/).map { $0.output }
    }
    #expect(memory == ["--mem=1024M", "--mem=2048M", "--mem=2385M"])
    let reason = try #require(summary.failed.first?.reason)
    #expect(reason.hasPrefix("its worker was killed on "))
    #expect(
      reason.hasSuffix(
        " (signal 9), as where memory is short, with 2.5 GB and 3 tries; give more with 'memory' or "
          + "'memory-limit' below 'slurm'"))
  }

  @Test func aWorkerThatLeavesCountsAsCrashedAndItsLogIsShown() async throws {
    let small = try plan("leave")
    let summary = try await run(small, jobs())
    let reason = try #require(summary.failed.first?.reason)
    #expect(
      reason.contains(" with exit code 7; the end of its log, \(folder.path)/slurm/alphasweep-"))
    #expect(reason.contains("  | fake worker "))
    #expect(lines("sbatch.calls").count == 3)
  }

  @Test func aLineOfTheSetupThatFailsIsNamed() async throws {
    var site = site
    site.setup = ["export GREETING='it''s me'", "test \"$GREETING\" = nobody"]
    let summary = try await run(plan("work"), jobs(site))
    let reason = try #require(summary.failed.first?.reason)
    #expect(reason.contains(#"this line of the site's setup failed: test "$GREETING" = nobody;"#))
  }
}
