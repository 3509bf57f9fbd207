import Experiment
import Foundation
import Ledger
import Testing

/// Machines that do what they should not, and what a run makes of it.
@Suite struct FaultTests {
  private let small: SmallExperiment

  init() throws { small = try SmallExperiment() }

  /// Runs a command in the experiment's folder, with more variables.
  private func run(
    _ program: String, _ arguments: [String], environment: [String: String] = [:]
  ) throws -> (code: Int32, reason: Process.TerminationReason) {
    let process = small.process([])
    process.executableURL = URL(fileURLWithPath: program)
    process.arguments = arguments
    process.environment?.merge(environment) { $1 }
    process.standardOutput = FileHandle.nullDevice
    process.standardError = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return (process.terminationStatus, process.terminationReason)
  }

  private var program: String { small.process([]).executableURL?.path ?? "" }

  @Test(arguments: ["standard error", "standard output"])
  func whatCannotBeSaidIsNoReasonToCrash(stream: String) throws {
    let process = small.process(["run", "experiments/small.yaml"])
    let full = try #require(FileHandle(forWritingAtPath: "/dev/full"))
    process.standardError = stream == "standard error" ? full : FileHandle.nullDevice
    process.standardOutput = stream == "standard output" ? full : FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == 0)
    #expect(try small.finished() == 10)
  }

  @Test func aRunThatFindsAllDoneTakesAwayWhatDeadProgramsLeft() throws {
    #expect(try small.run("run", "experiments/small.yaml").code == 0)
    let runs = small.store + "/runs"
    let clean = try FileManager.default.contentsOfDirectory(atPath: runs).sorted()
    for name in ["vm.4194305", "vm.4194305.board", "vm.4194305.room", "elsewhere.1.room"] {
      try small.write("", to: "artifacts/runs/\(name)")
    }
    let again = try small.run("run", "experiments/small.yaml")
    #expect(again.out.contains("all "), "\(again.out)")
    #expect(try FileManager.default.contentsOfDirectory(atPath: runs).sorted() == clean)
  }

  /// Another name of the machine and other numbers of processes, as a second host has that shares the folder.
  private static let otherHost = [
    "--uts", "--pid", "--fork", "--mount-proc", "sh", "-c", #"hostname elsewhere && exec "$@""#,
    "sh",
  ]
  private static let canBeTwoHosts: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = otherHost + ["true"]
    process.standardError = FileHandle.nullDevice
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  @Test(.enabled(if: canBeTwoHosts, "only root may call a process's machine by another name"))
  func twoHostsOnOneFolderShareTheWork() async throws {
    // None of the stages ends before both hosts are at work.
    for kind in ["corpus", "features"] { try small.write("until", to: "artifacts/behave-\(kind)") }
    let (here, small) = (program, small)
    let there = small.process([])
    there.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    there.arguments = Self.otherHost + [here, "run", "experiments/small.yaml"]
    let first = small.process(["run", "experiments/small.yaml"])
    for process in [there, first] {
      process.standardOutput = FileHandle.nullDevice
      process.standardError = FileHandle.nullDevice
      try process.run()
    }
    func marks() -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: small.store + "/runs")) ?? [])
        .filter { name in ["collecting", ".board", ".room"].allSatisfy { !name.contains($0) } }
    }
    while marks().count < 2, there.isRunning, first.isRunning {
      try await Task.sleep(for: .milliseconds(20))
    }
    #expect(marks().contains { $0.hasPrefix("elsewhere.") })
    try small.write("", to: "artifacts/go")
    for process in [there, first] { process.waitUntilExit() }
    #expect([there, first].map(\.terminationStatus) == [0, 0])
    let made = small.lines("made")
    #expect(made.count == 10 && Set(made).count == 10)
    // Neither takes the other's attempts for those of a dead program.
    let outcomes = try Diary(path: small.store + "/ledger.sqlite").attempts().map(\.outcome)
    #expect(outcomes.allSatisfy { $0 == .done })
    #expect(marks().isEmpty)
  }
}
