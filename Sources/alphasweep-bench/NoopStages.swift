import ArgumentParser
import Artifacts
import Experiment
import Foundation
import Ledger
import Scheduling

/// Plans of so many stages that do nothing, flat or in chains, carried out as `alphasweep run` does: the
/// scheduler, two worker processes over pipes, artifacts written aside, synced and renamed, a diary.
struct NoopStages: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "no-op-stages", abstract: "Times stages that do nothing; one JSON object.",
    shouldDisplay: false)

  @Option(help: "How many stages.") var count: Int
  @Option(help: "How many stand one after the other.") var chain: Int
  @Option(help: "An empty folder.") var folder: String
  @Option(help: "The worker's program.") var worker: String

  func run() async throws {
    let start = ContinuousClock.now
    let plan = try plan()
    let store = ArtifactStore(root: folder)
    let (ledger, _) = try Diary.open(for: store)
    let backend = LocalWorkers(program: worker, store: store)
    let scheduler = Scheduler(
      plan: plan, store: store, ledger: ledger, backend: backend,
      room: Room(workers: 2, cores: 2, memoryBytes: 64 << 30), report: { _ in })
    let summary = try await scheduler.run()
    await backend.shutDown()
    let milliseconds = (ContinuousClock.now - start) / .milliseconds(1)
    let ended = try ledger.attempts().count { $0.outcome == .done }
    guard summary.isComplete, ended == count else {
      throw ProgramFailed(arguments: ["no-op-stages", "--count", "\(count)"])
    }
    let measured = Measured(
      milliseconds: milliseconds, peer: "alphasweep", peakMegabytes: nil, metric: nil)
    print(String(decoding: try JSONEncoder().encode(measured), as: UTF8.self))
  }

  private func plan() throws -> Plan {
    var plan = Plan(experiment: "no-op", question: "What does scheduling cost?")
    for number in 0..<count {
      let isFirst = number % chain == 0
      let before = isFirst ? nil : plan.stages.keys.last
      let key = try plan.add(
        Stage(
          .features, parameters: ["number": number],
          inputs: before.map { ["input": .stage($0)] } ?? [:], label: "stage \(number)",
          resources: Resources(memoryBytes: 1 << 20)))
      if (number + 1) % chain == 0 || number + 1 == count { plan.targets.append(key) }
    }
    return plan
  }
}
