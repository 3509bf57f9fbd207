import Foundation
import Testing

/// What is damaged, or gone, when a run has counted it as done: the same command makes it again.
@Suite struct RepairTests {
  private let small: SmallExperiment
  private let spec = "experiments/small.yaml"

  init() throws { small = try SmallExperiment() }

  private func metrics() throws -> String {
    let path = try #require(
      try small.artifacts().keys.sorted().first { $0.hasSuffix("/metrics.json") })
    return small.store + "/" + path
  }

  private func removeReport() throws {
    try FileManager.default.removeItem(atPath: small.path + "/results")
  }

  /// Whether the report has a number in the place of what would be missing.
  private func report() throws -> String { try small.text("results/small/report.md") }

  @Test func aMeasurementThatIsDamagedWhenTheReportIsWrittenIsMadeAgain() throws {
    #expect(try small.run("run", spec).code == 0)
    let (before, text) = (try small.artifacts(), try report())
    let path = try metrics()
    var data = try #require(FileManager.default.contents(atPath: path))
    data[12] ^= 1
    try data.write(to: URL(fileURLWithPath: path))
    try removeReport()
    try small.write("left", to: "artifacts/claims/\(String(repeating: "a", count: 64)).lock")
    let again = try small.run("run", spec, "--json")
    #expect(again.code == 0, "\(again.err)")
    #expect(again.err.contains("\(path) does not have the bytes that were written;"))
    #expect(again.out.contains(#""complete":true"#), "\(again.out)")
    let key = try #require(path.split(separator: "/").dropLast().last)
    #expect(again.out.contains("\"done\":[\"\(key)\"]"), "\(again.out)")
    #expect(try small.artifacts() == before)
    #expect(try report() == text)
    let claims = try FileManager.default.contentsOfDirectory(atPath: small.store + "/claims")
    #expect(claims.isEmpty)
    #expect(try small.run("run", spec).out.hasPrefix("small: all 3 results were there\n"))
  }

  /// 'gc' takes artifacts away between a run's plan and its mark, from which on it leaves them alone.
  @Test func whatIsTakenAwayBeforeARunHasSaidWhatItNeedsIsMadeAgain() throws {
    #expect(try small.run("run", spec).code == 0)
    let before = try small.artifacts()
    let evaluations = Set(
      before.keys.filter { $0.hasPrefix("evaluate/") }.map {
        $0.split(separator: "/").prefix(3).joined(separator: "/")
      }
    ).sorted()
    #expect(evaluations.count == 3)
    try FileManager.default.removeItem(atPath: "\(small.store)/\(evaluations[0])")
    // As 'gc' does while it takes away.
    let gate = open(small.store + "/runs/collecting", O_RDWR)
    #expect(gate >= 0 && flock(gate, LOCK_EX) == 0)
    let run = small.process(["run", spec])
    (run.standardOutput, run.standardError) = (Pipe(), FileHandle.nullDevice)
    try run.run()
    // A shared lock that waits is a line of its own: "1: -> FLOCK ADVISORY READ <process> …".
    while run.isRunning, !Self.waitsForLock(run.processIdentifier) { usleep(5000) }
    for evaluation in evaluations[1...] {
      try FileManager.default.removeItem(atPath: "\(small.store)/\(evaluation)")
    }
    flock(gate, LOCK_UN)
    close(gate)
    run.waitUntilExit()
    #expect(run.terminationStatus == 0)
    #expect(try small.artifacts() == before)
    #expect(small.lines("made").count == 13)
  }

  private static func waitsForLock(_ process: Int32) -> Bool {
    let locks = (try? String(contentsOfFile: "/proc/locks", encoding: .utf8)) ?? ""
    return locks.split(separator: "\n").contains {
      let words = $0.split(separator: " ")
      return words.contains("->") && words.contains("\(process)")
    }
  }

  @Test func aStageIsExplainedThoughAnotherSpecCannotBePlanned() throws {
    try small.write(
      SmallExperiment.spec().replacing("small", with: "broken")
        .replacing("models/tiny", with: "models/gone"),
      to: "experiments/broken.yaml")
    let why = try small.run("why", "pooled · pre-trained")
    #expect(why.code == 0)
    #expect(why.out.contains("pooled · pre-trained"), "\(why.out)")
    #expect(
      why.err
        == "experiments/broken.yaml cannot be planned here, and is left out ('alphasweep plan "
        + "experiments/broken.yaml' says why)\n")
    #expect(
      try small.run("why", "pooled · pre-trained", "--spec", "experiments/broken.yaml").code == 2)
    #expect(try small.run("why", "nothing like it").code == 2)
  }
}
