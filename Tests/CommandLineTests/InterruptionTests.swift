import Foundation
import Testing

/// Runs that are ended at a bad moment, and what the next one makes of it.
@Suite struct InterruptionTests {
  private let small: SmallExperiment

  init() throws { small = try SmallExperiment() }

  /// Starts a run in which stages of `kind` never end, and waits until one is at work.
  private func startHanging(in kind: String) throws -> Process {
    try small.write("hang", to: "artifacts/behave-\(kind)")
    let process = small.process(["run", "experiments/small.yaml"])
    process.standardOutput = Pipe()
    process.standardError = Pipe()
    try process.run()
    let deadline = ContinuousClock.now + .seconds(300)
    while !small.lines("calls").contains(where: { $0.hasPrefix("hang ") }) {
      guard ContinuousClock.now < deadline else { throw CocoaError(.fileReadUnknown) }
      usleep(10_000)
    }
    try FileManager.default.removeItem(atPath: small.store + "/behave-\(kind)")
    return process
  }

  /// Processes whose command line names the store.
  private func workers() -> [pid_t] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
    return names.compactMap { pid_t($0) }.filter { process in
      let line = FileManager.default.contents(atPath: "/proc/\(process)/cmdline") ?? Data()
      let words = String(decoding: line, as: UTF8.self)
      return words.contains(small.store) && words.contains("fake-worker")
    }
  }

  @Test(arguments: [(SIGINT, Int32(130)), (SIGTERM, Int32(143)), (SIGHUP, Int32(129))])
  func aSignalStopsWorkersAndLeavesWhatIsDone(signal: Int32, code: Int32) throws {
    let process = try startHanging(in: "features")
    #expect(!workers().isEmpty)
    kill(process.processIdentifier, signal)
    process.waitUntilExit()
    #expect(process.terminationReason == .exit)
    #expect(process.terminationStatus == code)
    #expect(workers().isEmpty)
    let before = try small.finished()
    #expect(before > 0)
    let again = try small.run("run", "experiments/small.yaml")
    #expect(again.code == 0)
    #expect(again.out.hasPrefix("small: done, \(10 - before) stages\n"), "\(again.out)")
    #expect(try small.finished() == 10)
  }

  @Test func everythingKilledAndStartedAgainGivesTheSameBits() throws {
    let undisturbed = try SmallExperiment()
    _ = try undisturbed.run("run", "experiments/small.yaml")
    let expected = try undisturbed.artifacts()
    #expect(try undisturbed.finished() == 10)

    for kind in ["corpus", "fine-tune", "evaluate"] {
      let process = try startHanging(in: kind)
      let victims = workers()
      kill(process.processIdentifier, SIGKILL)
      for victim in victims { kill(victim, SIGKILL) }
      process.waitUntilExit()
    }
    let last = try small.run("run", "experiments/small.yaml")
    #expect(last.code == 0)
    #expect(try small.artifacts() == expected)
    #expect(try FileManager.default.contentsOfDirectory(atPath: small.store + "/staging").isEmpty)
    let status = try small.run("status", "experiments/small.yaml").out
    #expect(!status.contains("runs for"))
  }

  @Test func withFailFastNothingIsBegunAfterAFailure() throws {
    try small.write("fail", to: "artifacts/behave-fine-tune")
    let ending = try small.run(
      "run", "experiments/small.yaml", "--workers", "1", "--fail-fast")
    #expect(ending.code == 1)
    let words =
      #/small: 1 stage failed, and \d+ were not begun after that; without '--fail-fast' they are\n/#
    #expect(try words.firstMatch(in: ending.out) != nil, "\(ending.out)")
    let before = try small.finished()
    let both = try small.run("run", "experiments/small.yaml", "--keep-going", "--fail-fast")
    #expect(both.code == 64 && both.err.contains("ask for opposite things"))
    let all = try small.run("run", "experiments/small.yaml", "--workers", "1", "--keep-going")
    #expect(all.code == 1)
    #expect(try small.finished() > before)
  }
}
