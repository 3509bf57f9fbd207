import Artifacts
import Experiment
import Foundation
import Testing

@testable import Scheduling

/// What comes of answers that Slurm gives late, not at all, or in words.
@Suite(.timeLimit(.minutes(10)))
struct SlurmAnswersTests: WithFakeWorker {
  let place: FakeWorkerPlace

  init() throws { place = try FakeWorkerPlace() }

  var site: SlurmSite {
    var site = SlurmSite(terms: .init(seconds: 600))
    (site.pollSeconds, site.graceSeconds) = (0.1, 0.2)
    return site
  }

  func jobs(
    _ site: SlurmSite? = nil, sbatch: String? = FakeSlurm.atOnce, squeue: String = "",
    scancel: String = "", sacct: String? = nil, patience: Duration = .seconds(90)
  ) throws -> SlurmJobs {
    var shell = ["squeue": squeue, "scancel": scancel]
    (shell["sbatch"], shell["sacct"]) = (sbatch, sacct)
    return SlurmJobs(
      site: site ?? self.site,
      commands: SlurmCommands(
        folder: try FakeSlurm.commands(in: folder.path, shell), patience: patience),
      program: program, store: store)
  }

  func plan(_ behave: String = "work") throws -> SmallPlan {
    var small = SmallPlan()
    try small.add("narrow", behave)
    try small.add("wide", cores: 2)
    small.want("narrow", "wide")
    return small
  }

  func only(_ behave: String) throws -> SmallPlan {
    var small = SmallPlan()
    try small.add("stage", behave)
    small.want("stage")
    return small
  }

  var memory: [String] {
    lines("sbatch.calls").compactMap { $0.firstMatch(of: /--mem=(\w+)/).map { String($0.1) } }
  }

  // MARK: Ending

  @Test(arguments: ["exit 1", "sleep 60 & wait; exit 1"])
  func aRunThatIsEndedWaitsForNoAnswerOfSqueue(squeue: String) async throws {
    let small = try plan()
    // A batch of before has squeue asked.
    _ = try SlurmBatch.write(
      [small.request("wide")], need: SlurmNeed(small.request("wide"), at: site), site: site,
      worker: [program], store: store)
    let (jobs, store) = (try jobs(squeue: squeue), store)
    let run = Task { try await Scheduler(small, store, jobs, workers: 5).run() }
    try await PrivateSlurm.until { !lines("squeue.calls").isEmpty }
    run.cancel()
    #expect(try await run.value.isInterrupted)
    await jobs.shutDown(keepingJobs: false)
    #expect(lines("sbatch.calls").isEmpty, "what may be in the queue is not sent again")
  }

  @Test func whoAsksWhetherAStageIsCarriedOutWaitsForNoAnswerOnceCancelled() async throws {
    let small = try plan()
    let key = try small.key("wide")
    _ = try SlurmBatch.write(
      [small.request("wide")], need: SlurmNeed(small.request("wide"), at: site), site: site,
      worker: [program], store: store)
    let jobs = try jobs(squeue: "exit 1")
    let question = Task { await jobs.carriesOut(key) }
    try await PrivateSlurm.until { !lines("squeue.calls").isEmpty }
    question.cancel()
    #expect(await !question.value)
    await jobs.shutDown(keepingJobs: true)
  }

  @Test func allJobsAreEndedInOneCallThatNobodyWaitsLongFor() async throws {
    var site = site
    site.graceSeconds = 1000
    let (small, store) = (try plan(), store)
    let jobs = try jobs(site, sbatch: "echo $call", scancel: #"sleep 60; : > "$folder/ended""#)
    let run = Task { try await Scheduler(small, store, jobs, workers: 5).run() }
    try await PrivateSlurm.until { lines("squeue.calls").contains { $0.contains(",alphasweep-") } }
    run.cancel()
    #expect(try await run.value.isInterrupted)
    #expect(await jobs.shutDown(keepingJobs: false) == 2)
    #expect(lines("scancel.calls") == ["1 2"])
    #expect(!FileManager.default.fileExists(atPath: folder.path + "/ended"), "it was waited for")
  }

  // MARK: Accounts and questions

  /// Patience is longer here than any test's time.
  @Test(arguments: ["squeue", "sacct"])
  func aProgramOfSlurmThatNeverEndsHoldsNobody(program: String) async throws {
    let hangs = "exec sleep 3600"
    let small = try plan("until")
    let (narrow, wide) = (try small.request("narrow"), try small.request("wide"))
    // The wide one is lost: it is in no queue, and leaves nothing.
    let jobs = try jobs(
      sbatch: #"case "$*" in *--cpus-per-task=2*) ;; *) carry_out & ;; esac; echo $call"#,
      squeue: program == "squeue" ? hangs : "", sacct: hangs, patience: .seconds(3600))
    async let lost = jobs.execute(wide, on: 1) { _ in }
    async let done = jobs.execute(narrow, on: 2) { _ in }
    try await PrivateSlurm.until {
      !lines("calls").isEmpty && !lines(program + ".calls").isEmpty
    }
    try Data().write(to: URL(fileURLWithPath: folder.path + "/go"))
    guard case .done = await done else {
      Issue.record("its worker said that it was done")
      return
    }
    await jobs.shutDown(keepingJobs: false)
    #expect(await lost == .interrupted)
    #expect(lines("sbatch.calls").count == 2, "without an answer nothing is sent twice")
  }

  @Test func whatSqueueForgotSacctIsAskedAbout() async throws {
    let jobs = try jobs(
      sbatch: #"[ "$call" = 1 ] || carry_out; echo $call"#, sacct: #"echo "1_0|OUT_OF_MEMORY""#)
    #expect(try await run(only("work"), jobs).isComplete)
    #expect(memory == ["1024M", "2048M"])
    #expect(lines("sacct.calls").first?.hasSuffix("--jobs=1") == true)
  }

  @Test(arguments: [#"echo "1_0|RUNNING""#, "exit 1"])
  func aSacctThatLagsOrFailsDecidesNothing(sacct: String) async throws {
    let jobs = try jobs(sbatch: #"[ "$call" = 1 ] || carry_out; echo $call"#, sacct: sacct)
    #expect(try await run(only("work"), jobs).isComplete)
    #expect(
      memory == ["1024M", "1024M"], "it left the queue without an outcome, and is tried again")
    #expect(!lines("sacct.calls").isEmpty)
  }

  @Test(arguments: [false, true])
  func betweenTwoPollsOnlyFilesAreLookedAt(afterAnotherRun: Bool) async throws {
    var site = site
    site.pollSeconds = 1000
    let small = try only("until")
    if afterAnotherRun {
      _ = try SlurmBatch.write(
        [small.request("stage")], need: SlurmNeed(small.request("stage"), at: site), site: site,
        worker: [program], store: store)
    }
    let jobs = try jobs(site, sbatch: "carry_out & echo $call")
    async let ending = run(small, jobs)
    try await PrivateSlurm.until { !lines("squeue.calls").isEmpty && !lines("calls").isEmpty }
    try Data().write(to: URL(fileURLWithPath: folder.path + "/go"))
    #expect(try await ending.isComplete)
    #expect(lines("squeue.calls").count == 1)
  }

  // MARK: Who answers for a batch

  @Test func whatALivingProgramWritesStaysWhateverTheClockSays() throws {
    let aside = store.root + "/slurm/.alphasweep-0.new"
    let owner = try SlurmOwner.make(aside)
    try FileManager.default.setAttributes(
      [.modificationDate: Date(timeIntervalSince1970: 0)], ofItemAtPath: aside)
    SlurmBatch.removeAsides(in: store)
    #expect(FileManager.default.fileExists(atPath: aside + "/owner"))
    withExtendedLifetime(owner) {}
  }

  @Test func whatDeadProgramsLeftHalfWrittenGoesAtOnce() throws {
    let slurm = store.root + "/slurm"
    for (name, file) in [(".a.new", "owner"), (".b.gone.new", "log.0")] {
      try AtomicFile.write(text: "", to: "\(slurm)/\(name)/\(file)")
    }
    try AtomicFile.makeFolder(slurm + "/.c.new")
    SlurmBatch.removeAsides(in: store)
    #expect(try FileManager.default.contentsOfDirectory(atPath: slurm) == [])
  }

  @Test func aBatchIsTakenOverOnceWhoSentItIsGone() throws {
    let request = try plan().request("wide")
    var (batch, owner): (SlurmBatch, SlurmOwner?) = try SlurmBatch.write(
      [request], need: SlurmNeed(request, at: site), site: site, worker: [program], store: store)
    #expect(!batch.isOrphan && SlurmOwner.take(batch.folder) == nil)
    withExtendedLifetime(owner) {}
    owner = nil
    #expect(batch.isOrphan)
    owner = SlurmOwner.take(batch.folder)
    #expect(owner != nil && !batch.isOrphan && SlurmOwner.take(batch.folder) == nil)
    withExtendedLifetime(owner) {}
    owner = nil
    batch = try #require(SlurmBatch.all(in: store).first)
    #expect(batch.isOrphan)
  }
}
