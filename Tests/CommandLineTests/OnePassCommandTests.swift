import Foundation
import Testing

/// Heads of several seeds in the hands of one worker.
@Suite struct OnePassCommandTests {
  private static func experiment() throws -> SmallExperiment {
    let small = try SmallExperiment.real()
    let spec = try small.text("experiments/small.yaml")
    try small.write(
      spec.replacing("seeds: [1]", with: "seeds: [1, 2, 3]"), to: "experiments/small.yaml")
    return small
  }

  /// The most stages that the worker began, in the lines of a run, before it ended one.
  private static func mostBegun(_ lines: String) -> Int {
    var (now, most) = (0, 0)
    for line in lines.split(separator: "\n") {
      if line.hasPrefix("worker 1: evaluate") { now += 1 }
      if line.hasPrefix("done in") { now = 0 }
      most = max(most, now)
    }
    return most
  }

  @Test(.timeLimit(.minutes(10)))
  func headsOfAllSeedsAreTrainedTogetherAndGiveTheBytesThatTheyGiveAlone() throws {
    let small = try Self.experiment()
    let run = try small.run("run", "experiments/small.yaml", "--workers", "1")
    #expect(run.code == 0, "\(run.err)")
    // Three seeds read the features of θ₀.
    #expect(Self.mostBegun(run.err) >= 3, "\(run.err)")
    // Carried out once more, each stage alone.
    let again = try small.run(
      "verify", "experiments/small.yaml", "--recompute", "--stage", "evaluate")
    #expect(again.code == 0, "\(again.out)\(again.err)")
  }

  /// Whoever ends a run stops to listen to its workers, which have something to say after every step.
  @Test(.timeLimit(.minutes(10))) func controlCSavesTheHeadsThatAreInTraining() throws {
    let small = try Self.experiment()
    for (file, from, to) in [
      ("corpora/letters.yaml", "dev: 0%", "dev: 20%"),
      (
        "tasks/voices.yaml", "{ steps: 10, batch: 2,", "{ steps: 1_000_000, dev-every: 1, batch: 2,"
      ),
    ] {
      let text = try small.text("experiments/" + file)
      try #require(text.contains(from))
      try small.write(text.replacing(from, with: to), to: "experiments/" + file)
    }
    let process = small.process(["run", "experiments/small.yaml", "--workers", "1"])
    let lines = Pipe()
    process.standardOutput = FileHandle.nullDevice
    process.standardError = lines
    try process.run()
    var text = ""
    while Self.mostBegun(text) < 3 {
      let more = lines.fileHandleForReading.availableData
      try #require(!more.isEmpty, "\(text)")
      text += String(decoding: more, as: UTF8.self)
    }
    // Long enough for the first steps.
    usleep(5_000_000)
    kill(process.processIdentifier, SIGINT)
    process.waitUntilExit()
    #expect(process.terminationStatus == 130)
    let state = small.store + "/state"
    let saved = (try? FileManager.default.subpathsOfDirectory(atPath: state)) ?? []
    #expect(saved.count { $0.hasSuffix("/state.safetensors") } >= 3, "\(saved)")
  }
}
