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
struct SlurmTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore
  private let program: String

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path)
    program = try #require(
      Bundle.module.path(forResource: "fake-worker", ofType: "sh", inDirectory: "Fixtures"))
  }

  private var site: SlurmSite {
    var site = SlurmSite(terms: .init(seconds: 600))
    (site.pollSeconds, site.graceSeconds) = (0.3, 1)
    return site
  }

  private func jobs(
    _ site: SlurmSite? = nil, sbatch: String = #"exec $sbatch "$@""#, squeue: String = ""
  ) throws -> SlurmJobs {
    SlurmJobs(
      site: site ?? self.site,
      commands: SlurmCommands(
        folder: try PrivateSlurm.commands(in: folder.path, sbatch: sbatch, squeue: squeue)),
      program: program, store: store)
  }

  private func run(_ small: SmallPlan, _ jobs: SlurmJobs) async throws -> SweepSummary {
    let summary = try await Scheduler(small, store, jobs, workers: 50, cores: 1000).run()
    await jobs.shutDown(keepingJobs: false)
    return summary
  }

  private func lines(_ name: String) -> [String] { PrivateSlurm.lines("\(folder.path)/\(name)") }

  private func plan(_ behave: String, count: Int = 1) throws -> SmallPlan {
    var small = SmallPlan()
    for number in 1...count {
      try small.add("stage \(number)", behave)
      small.want("stage \(number)")
    }
    return small
  }

  /// The number of the job that runs.
  private func job() throws -> String {
    let batch = try #require(
      try FileManager.default.contentsOfDirectory(atPath: folder.path + "/slurm").first)
    return try PrivateSlurm.run("squeue", "--noheader", "--name=" + batch, "--format=%F")
      .trimmingCharacters(in: .whitespacesAndNewlines)
  }

  private func reasons(_ small: SmallPlan) throws -> [String?] {
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

  // MARK: Submissions

  @Test func aSubmissionThatWasTakenThoughSbatchFailedIsFoundByItsName() async throws {
    let jobs = try jobs(
      sbatch: #"$sbatch "$@" > /dev/null; echo "sbatch: error: Socket timed out" >&2; exit 1"#)
    #expect(try await run(plan("work", count: 3), jobs).isComplete)
    #expect(lines("sbatch.calls").count == 1)
    #expect(lines("made").count == 3)
  }

  @Test func aSubmissionThatWasNeverTakenIsMadeAgain() async throws {
    let jobs = try jobs(
      sbatch: """
        if [ $(wc -l < "$folder/sbatch.calls") = 1 ]; then
          echo "sbatch: error: Unable to contact slurm controller (connect failure)" >&2
          exit 1
        fi
        exec $sbatch "$@"
        """)
    #expect(try await run(plan("work", count: 3), jobs).isComplete)
    #expect(lines("sbatch.calls").count == 2)
    #expect(lines("made").count == 3)
  }

  @Test func aSubmissionThatIsOneTooManyWaitsForRoom() async throws {
    let jobs = try jobs(
      sbatch: """
        if [ $(wc -l < "$folder/sbatch.calls") -lt 3 ]; then
          echo "sbatch: error: QOSMaxSubmitJobPerUserLimit" >&2
          exit 1
        fi
        exec $sbatch "$@"
        """)
    let small = try plan("work")
    let told = Told()
    let summary = try await Scheduler(small, store, jobs) { event in
      if case .progress(_, _, _, let detail) = event { told.add(detail) }
    }.run()
    #expect(summary.isComplete)
    #expect(lines("sbatch.calls").count == 3)
    #expect(told.all.contains("waits: sbatch: error: QOSMaxSubmitJobPerUserLimit"))
  }

  @Test func aSlurmThatGivesNoAnswerLosesNothing() async throws {
    let jobs = try jobs(
      squeue:
        #"[ $(wc -l < "$folder/squeue.calls") -gt 4 ] || { echo "slurm_load_jobs error" >&2; exit 1; }"#
    )
    #expect(try await run(plan("leave"), jobs).failed.count == 1)
    #expect(lines("sbatch.calls").count == 3)
  }

  @Test func aDoubledSubmissionMakesEachStageOnce() async throws {
    let jobs = try jobs(sbatch: #"$sbatch "$@" > /dev/null; exec $sbatch "$@""#)
    #expect(try await run(plan("slow", count: 3), jobs).isComplete)
    #expect(lines("made").count == 3)
  }

  @Test func whatSlurmNeverTakesFailsWithItsWords() async throws {
    var site = site
    site.kinds[.features] = site.terms
    site.kinds[.features]?.partition = "nowhere"
    var small = SmallPlan()
    try small.add("corpus", kind: .corpus)
    try small.add("features")
    small.want("corpus", "features")
    let summary = try await run(small, jobs(site))
    #expect(summary.done.map(\.label) == ["corpus"], "what Slurm takes is done")
    let reason = try #require(summary.failed.first?.reason)
    #expect(reason.hasPrefix("Slurm refuses it: sbatch: error: "), "\(reason)")
    #expect(reason.contains("invalid partition specified: nowhere"), "\(reason)")
  }

  // MARK: Giving up

  @Test func aStageThatIsGivenUpLeavesNoJobAndItsArrayGoesOn() async throws {
    var small = SmallPlan()
    try small.add("hanging", "hang")
    try small.add("waiting", "until")
    small.want("hanging", "waiting")
    let jobs = try jobs()
    let scheduler = try Scheduler(small, store, jobs, workers: 5, cores: 1000)
    async let ending = scheduler.run()
    try await PrivateSlurm.until { lines("calls").count == 2 }
    #expect(lines("sbatch.calls").count == 1)
    let job = try job()
    await scheduler.cancel(try small.key("hanging"))
    try await PrivateSlurm.until {
      let states = try PrivateSlurm.run(
        "squeue", "--noheader", "--array", "--jobs=" + job, "--format=%T")
      return states.split(separator: "\n") == ["RUNNING"]
    }
    try Data().write(to: URL(fileURLWithPath: folder.path + "/go"))
    let summary = try await ending
    await jobs.shutDown(keepingJobs: false)
    #expect(summary.cancelled.map(\.label) == ["hanging"])
    #expect(summary.done.map(\.label) == ["waiting"])
    #expect(
      try lines("made") == [small.key("waiting").hex], "the other job did not go on to its end")
    #expect(lines("sbatch.calls").count == 1)
  }

  // MARK: Several programs

  @Test func aProgramFindsTheJobsOfAnotherAndSendsThemNoMore() async throws {
    let small = try plan("slow", count: 2)
    let (first, store) = (try jobs(), store)
    let run = Task { try await Scheduler(small, store, first, workers: 5).run() }
    try await PrivateSlurm.until { !lines("sbatch.calls").isEmpty }
    run.cancel()
    #expect(try await run.value.isInterrupted)
    await first.shutDown(keepingJobs: true)
    #expect(try await self.run(small, jobs()).isComplete)
    #expect(lines("made").count == 2)
    #expect(lines("sbatch.calls").count == 1)
  }

  @Test func twoProgramsShareTheWorkThroughSlurm() async throws {
    let small = try plan("slow", count: 4)
    let (one, two) = (try jobs(), try jobs())
    async let first = run(small, one)
    async let second = run(small, two)
    let summaries = try await [first, second]
    #expect(summaries.map(\.isComplete) == [true, true])
    #expect(lines("made").count == 4)
  }
}

/// What was said of stages on the way.
private final class Told: Sendable {
  private let words = Mutex<[String]>([])
  func add(_ word: String) { words.withLock { $0.append(word) } }
  var all: [String] { words.withLock { $0 } }
}
