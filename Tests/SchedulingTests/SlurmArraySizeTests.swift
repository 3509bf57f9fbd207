import Artifacts
import Experiment
import Foundation
import Testing

@testable import Scheduling

/// Arrays of more elements than Slurm has room for.
@Suite(.timeLimit(.minutes(10)))
struct SlurmArraySizeTests: WithFakeWorker {
  let place: FakeWorkerPlace

  init() throws { place = try FakeWorkerPlace() }

  private static let policy =
    "sbatch: error: Batch job submission failed: Job violates accounting/QOS policy (job submit limit, "
    + "user's size and/or time limits)"

  /// Sends stages of one need, to an `sbatch` of some shell.
  private func run(_ count: Int, sbatch: String) async throws -> SweepSummary {
    var site = SlurmSite(terms: .init(seconds: 600))
    (site.pollSeconds, site.graceSeconds) = (0.01, 1000)
    let shell = ["sbatch": sbatch, "squeue": "", "scancel": ""]
    let jobs = SlurmJobs(
      site: site, commands: SlurmCommands(folder: try FakeSlurm.commands(in: folder.path, shell)),
      program: program, store: store)
    return try await run(many(count), jobs)
  }

  /// Sizes of the arrays of all submissions, taken or not.
  private var sizes: [Int] {
    lines("sbatch.calls").compactMap { call in
      call.firstMatch(of: /--array=0-(\d+)/).flatMap { Int($0.1) }.map { $0 + 1 }
    }
  }

  private func many(_ count: Int) throws -> SmallPlan {
    var small = SmallPlan()
    for number in 1...count { try small.add("stage \(number)") }
    small.plan.targets = Array(small.keys.values)
    return small
  }

  /// Elements count one by one against limits of submitted jobs; and `MaxArraySize` is a limit too.
  @Test(arguments: [
    "sbatch: error: AssocMaxSubmitJobLimit\n" + policy,
    "sbatch: error: QOSMaxSubmitJobPerUserLimit\n" + policy, policy,
    "sbatch: error: Batch job submission failed: Invalid job array specification",
  ])
  func anArrayAboveALimitOfJobsIsHalvedUntilItFits(words: String) async throws {
    let summary = try await run(
      20,
      sbatch: """
        if [ "$count" -gt 3 ]; then
          echo "\(words)" >&2
          exit 1
        fi
        carry_out
        echo $call
        """)
    #expect(summary.isComplete)
    #expect(lines("made").count == 20)
    #expect(sizes.prefix(4) == [20, 10, 5, 2])
    #expect(sizes.filter { $0 <= 3 }.reduce(0, +) == 20)
    #expect(try FileManager.default.contentsOfDirectory(atPath: store.root + "/slurm") == [])
  }

  @Test func whereNoElementFitsOneWaitsForRoomAndTheOthersForIt() async throws {
    let summary = try await run(
      8,
      sbatch: """
        if [ "$call" -le 12 ]; then
          echo "sbatch: error: AssocMaxSubmitJobLimit" >&2
          exit 1
        fi
        carry_out
        echo $call
        """)
    #expect(summary.isComplete)
    // Once there is room, arrays grow again.
    #expect(sizes == [8, 4, 2] + [Int](repeating: 1, count: 10) + [2, 4, 1])
    #expect(lines("made").count == 8)
  }

  @Test func whatOneElementIsRefusedAllOfItsNeedAre() async throws {
    let summary = try await run(
      8, sbatch: "echo \"\(Self.policy)\" >&2; exit 1")
    #expect(
      summary.failed.map(\.reason)
        == [String](repeating: "Slurm refuses it: " + Self.policy, count: 8))
    #expect(sizes == [8, 4, 2] + [Int](repeating: 1, count: 20))
  }
}
