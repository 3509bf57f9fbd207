import Experiment
import Foundation
import Scheduling
import Synchronization
import Testing

extension SlurmTests {
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
