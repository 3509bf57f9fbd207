import Experiment
import Scheduling
import Testing

/// What one node cannot show: what is made of Slurm's answers, recorded, and of files that come late.
@Suite struct SlurmJudgementTests {
  private func judge(_ change: (inout SlurmSighting) -> Void) -> SlurmJudgement {
    var sighting = SlurmSighting()
    change(&sighting)
    return SlurmJudgement.of(sighting, grace: 60, tail: "its log")
  }

  @Test func aForgedRequestIsAFailureAndNotTriedAgain() {
    let judged = judge {
      $0.outcome = SlurmOutcome(how: .forged, code: 1, what: "request.3.json")
      $0.queue = []
    }
    guard case .ended(.failed(let reason)) = judged else {
      Issue.record("\(judged)")
      return
    }
    #expect(reason.hasPrefix("request.3.json is not the request that was sent"))
  }

  @Test func linesOfSqueueAreRead() {
    let text = """
      4711|0|RUNNING|alphasweep-00ff|None
      4711|1|PENDING|alphasweep-00ff|Resources
      4711|2|OUT_OF_MEMORY|alphasweep-00ff|OutOfMemory
      4711|3|NODE_FAIL|alphasweep-00ff|NodeDown|or so
      4712|N/A|RUNNING|other|None

      """
    let lines = SlurmQueueLine.lines(text)
    #expect(lines.map(\.index) == [0, 1, 2, 3])
    #expect(lines.map(\.state) == [.live, .live, .outOfMemory, .nodeFailed])
    #expect(lines[1].reason == "Resources")
    #expect(lines[3].reason == "NodeDown|or so")
  }

  @Test func answersOfSacctAreRead() {
    let text = """
      4711_0|COMPLETED
      4711_1|CANCELLED by 1000
      4711_1.batch|FAILED
      4711_2|TIMEOUT
      4711_3|PREEMPTED
      4711_[4-7]|PENDING
      """
    #expect(
      SlurmAccounts.states(text) == [
        "4711_0": .ended, "4711_1": .cancelled, "4711_2": .timeLimit, "4711_3": .preempted,
        "4711_[4-7]": .live,
      ])
  }

  @Test(arguments: [
    "PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "REQUEUED", "REQUEUE_HOLD", "SUSPENDED",
    "STAGE_OUT", "SOMETHING_NEW",
  ])
  func whatIsNotOverIsWaitedFor(word: String) {
    let state = SlurmState(word)
    #expect(state.isLive)
    #expect(judge { ($0.queue, $0.secondsGone) = ([state], 1000) } == .wait)
  }

  @Test func withoutAnAnswerOfSqueueNothingCountsAsLost() {
    #expect(judge { $0.secondsGone = 1e6 } == .wait)
    #expect(judge { $0.outcome = SlurmOutcome(how: .byItself, code: 1) } == .wait)
  }

  @Test func anOutcomeMayComeLate() {
    #expect(judge { ($0.queue, $0.secondsGone) = ([], 59) } == .wait)
    #expect(
      judge { ($0.queue, $0.secondsGone) = ([], 60) }
        == .ended(.crashed(reason: "it left Slurm's queue without an outcome; its log")))
  }

  @Test func anArtifactWithoutAnOutcomeIsDone() {
    #expect(
      judge {
        ($0.queue, $0.secondsGone, $0.hasArtifact, $0.bytes) = ([], 60, true, 12)
      } == .ended(.done(seconds: 0, bytes: 12)))
  }

  @Test func aDoneStageWhoseArtifactIsNotYetSeenIsWaitedFor() throws {
    let said = WorkerEvent.done(key: StageKey(of: .string("a")), seconds: 2, bytes: 3)
    #expect(judge { ($0.said, $0.queue, $0.secondsGone) = (said, [], 1) } == .wait)
    #expect(
      judge { ($0.said, $0.hasArtifact) = (said, true) } == .ended(.done(seconds: 2, bytes: 3)))
    #expect(
      judge { ($0.said, $0.queue, $0.secondsGone) = (said, [], 60) }
        == .ended(
          .crashed(
            reason: "its worker said that it was done, and its artifact is not here; its log")))
  }

  @Test func whoeverHoldsTheClaimOfADoubledStageIsWaitedFor() {
    #expect(judge { ($0.queue, $0.secondsGone, $0.isBeingMade) = ([], 1000, true) } == .wait)
  }

  @Test func aLaggingSacctHasNoSay() {
    #expect(
      judge { ($0.queue, $0.accounts, $0.secondsGone) = ([], .live, 60) }
        == .ended(.crashed(reason: "it left Slurm's queue without an outcome; its log")))
  }

  @Test func whatSqueueForgotSacctMayKnow() {
    #expect(
      judge { ($0.queue, $0.accounts, $0.secondsGone) = ([], .outOfMemory, 60) }
        == .moreMemory(reason: "Slurm killed it: it was out of memory"))
  }

  @Test func aFailedNodeIsAMachinesFailure() {
    #expect(
      judge { ($0.queue, $0.secondsGone) = ([.nodeFailed], 60) }
        == .ended(.crashed(reason: "its node failed; its log")))
  }

  @Test func anElementThatSlurmEndedForOthersIsSentAgain() {
    #expect(
      judge { ($0.queue, $0.secondsGone) = ([.preempted], 60) }
        == .again(reason: "others had precedence, and Slurm ended it"))
  }

  /// A worker that was told to save leaves an outcome, whyever it was told.
  @Test(arguments: [SlurmOutcome.How.stopped, .byItself], [true, false])
  func whoMadeRoomForOthersHadNoLackOfTime(how: SlurmOutcome.How, isAccount: Bool) {
    let judged = judge {
      $0.outcome = SlurmOutcome(how: how, code: how == .stopped ? 143 : 137, node: "n1")
      ($0.queue, $0.accounts) = isAccount ? ([], .preempted) : ([.preempted], nil)
    }
    #expect(judged == .again(reason: "others had precedence, and Slurm ended it"))
  }

  @Test(arguments: [true, false])
  func whoLostItsNodeHadNoLackOfTime(isAccount: Bool) {
    func judged(_ madeProgress: Bool) -> SlurmJudgement {
      judge {
        $0.outcome = SlurmOutcome(how: .stopped, code: 143, node: "n1")
        ($0.queue, $0.accounts) = isAccount ? ([], .nodeFailed) : ([.nodeFailed], nil)
        $0.madeProgress = madeProgress
      }
    }
    #expect(judged(true) == .again(reason: "its node failed; it goes on from what it saved"))
    #expect(judged(false) == .ended(.crashed(reason: "its node failed; its log")))
  }

  @Test func whoWasToldToSaveAndEndedGoesOn() {
    let judged = judge {
      $0.outcome = SlurmOutcome(how: .stopped, code: 143, node: "n1")
      ($0.queue, $0.madeProgress) = ([.ended], true)
    }
    #expect(judged == .again(reason: "its time was over; it goes on from what it saved"))
  }

  @Test func aTimeLimitWithoutNoticeGoesOnFromWhatWasSavedBefore() {
    #expect(
      judge { ($0.queue, $0.secondsGone, $0.madeProgress) = ([.timeLimit], 60, true) }
        == .again(reason: "its time was over; it goes on from what it saved"))
    #expect(
      judge { ($0.queue, $0.secondsGone) = ([.timeLimit], 60) }
        == .ended(
          .crashed(
            reason: "its time was over before it had saved anything; give more with 'time' below "
              + "'slurm'; its log")))
  }

  @Test func whatAnotherProgramCancelledIsSentAgain() {
    #expect(
      judge { ($0.queue, $0.secondsGone, $0.isCancelled) = ([.cancelled], 60, true) }
        == .again(reason: "another program cancelled it"))
    #expect(
      judge { ($0.queue, $0.secondsGone) = ([.cancelled], 60) }
        == .ended(.crashed(reason: "somebody cancelled it (scancel); its log")))
  }

  @Test func needsAreToldInSbatchsWords() throws {
    var small = SmallPlan()
    try small.add("a", kind: .corpus, cores: 3)
    try small.add("b")
    var site = SlurmSite(terms: .init(seconds: 90, memoryBytes: 4_000_000_000, gpus: 1))
    (site.terms.partition, site.terms.account, site.terms.qos) = ("gpu", "us", "high")
    (site.terms.reservation, site.terms.constraint) = ("class", "a100|h100")
    site.kinds[.corpus] = .init(seconds: 60)
    #expect(
      SlurmNeed(try small.request("b"), at: site).arguments == [
        "--nodes=1", "--ntasks=1", "--cpus-per-task=1", "--mem=3815M", "--time=2",
        "--partition=gpu", "--account=us", "--qos=high", "--reservation=class",
        "--constraint=a100|h100", "--gres=gpu:1",
      ])
    #expect(
      SlurmNeed(try small.request("a"), at: site).arguments == [
        "--nodes=1", "--ntasks=1", "--cpus-per-task=3", "--mem=1024M", "--time=1",
      ])
  }
}
