import Foundation
import Testing

/// A second experiment on the folder and the machine of one that runs.
@Suite struct JoiningTests {
  private let small: SmallExperiment

  init() throws { small = try SmallExperiment() }

  private func start(_ arguments: String...) throws -> Process {
    let process = small.process(arguments)
    (process.standardOutput, process.standardError) = (Pipe(), FileHandle.nullDevice)
    try process.run()
    return process
  }

  private func end(_ process: Process) throws -> String {
    let pipe = try #require(process.standardOutput as? Pipe)
    let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0, "\(said)")
    return said
  }

  @Test func anExperimentThatJoinsSharesStagesAndNoneIsDoneTwice() throws {
    try small.write(
      SmallExperiment.spec(alpha: "0.5").replacing("experiment: small", with: "experiment: other"),
      to: "experiments/other.yaml")
    // Both need the corpus, which takes until both are there.
    try small.write("until", to: "artifacts/behave-corpus")
    let first = try start("run", "experiments/small.yaml")
    while first.isRunning, small.lines("calls").isEmpty { usleep(10_000) }
    let second = try start("run", "experiments/other.yaml", "--priority", "5")
    let runs = small.store + "/runs"
    while first.isRunning, second.isRunning,
      try FileManager.default.contentsOfDirectory(atPath: runs)
        .count(where: { $0.hasSuffix(".room") }) < 2
    { usleep(10_000) }
    try small.write("", to: "artifacts/go")
    #expect(try end(first).hasPrefix("small: done, 10 stages\n"))
    #expect(try end(second).hasPrefix("other: done, 10 stages\n"))
    // Ten stages of each, of which eight are the same.
    #expect(small.lines("made").count == 12)
    #expect(Set(small.lines("made")).count == 12)
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: runs).allSatisfy {
        !$0.hasSuffix(".room")
      })
  }

  @Test func aPriorityIsAWholeNumber() throws {
    let wrong = try small.run("run", "experiments/small.yaml", "--priority", "high")
    #expect(wrong.code == 64)
    #expect(wrong.err.contains("The value 'high' is invalid for '--priority <n>'"), "\(wrong.err)")
  }
}
