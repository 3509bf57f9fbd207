import Foundation
import Testing

/// What no experiment needs any more, and what is never deleted.
@Suite struct GarbageCommandTests {
  private let small: SmallExperiment
  private let spec = "experiments/small.yaml"

  init() throws { small = try SmallExperiment() }

  /// Two α: the features and evaluation of the first are garbage.
  private func makeGarbage() throws {
    _ = try small.run("run", spec)
    try small.write(SmallExperiment.spec(alpha: "0.5"), to: spec)
    _ = try small.run("run", spec)
    #expect(try small.finished() == 12)
  }

  @Test func nothingIsDeletedUnlessAsked() throws {
    try makeGarbage()
    // What is no spec has no say, and is no broken spec.
    try small.write("templates: words\n", to: "experiments/templates/words.yaml")
    let dry = try small.run("gc")
    #expect(dry.code == 0)
    let lines = dry.out.split(separator: "\n").map(String.init)
    #expect(lines.count == 3, "\(dry.out)")
    #expect(lines.dropLast().allSatisfy { $0.contains("α 0.25") }, "\(dry.out)")
    #expect(
      lines.last?.hasPrefix("2 artifacts, ") == true
        && lines.last?.contains(" could be deleted ('--delete' does it); ") == true, "\(dry.out)")
    #expect(try small.finished() == 12)
    let done = try small.run("gc", "--delete")
    #expect(done.code == 0)
    #expect(done.out.contains("deleted 2 artifacts, "), "\(done.out)")
    #expect(try small.finished() == 10)
    #expect(!FileManager.default.fileExists(atPath: small.store + "/removed"))
    let calls = small.lines("calls").count
    #expect(try small.run("run", spec).out.hasPrefix("small: all 3 results were there\n"))
    #expect(small.lines("calls").count == calls)
    let again = try small.run("gc", "--json")
    #expect(again.out.contains(#""artifacts":[]"#), "\(again.out)")
  }

  @Test func anotherSpecKeepsWhatItNeeds() throws {
    try makeGarbage()
    try small.write(SmallExperiment.spec(alpha: "0.25"), to: "kept/old.yaml")
    for folder in ["tasks", "corpora", "sites", "models"] {
      try FileManager.default.copyItem(
        atPath: "\(small.path)/experiments/\(folder)", toPath: "\(small.path)/kept/\(folder)")
    }
    let kept = try small.run("gc", "--keep", "kept/old.yaml")
    #expect(kept.code == 0)
    #expect(kept.out.hasPrefix("nothing to delete; "), "\(kept.out)\(kept.err)")
  }

  @Test func aBudgetSparesWhatIsWorthMostAndNeverTakesWhatIsNeeded() throws {
    try makeGarbage()
    let roomy = try small.run("gc", "--budget", "1GB", "--delete")
    #expect(roomy.code == 0)
    #expect(roomy.out.hasPrefix("nothing to delete; "), "\(roomy.out)")
    #expect(try small.finished() == 12)
    let tight = try small.run("gc", "--budget", "0.0001 kB", "--delete")
    #expect(tight.code == 1)
    #expect(tight.out.contains("deleted 2 artifacts, "), "\(tight.out)")
    #expect(tight.out.hasSuffix("what is needed takes more than the budget of 0 bytes\n"))
    #expect(try small.finished() == 10)
    let wrong = try small.run("gc", "--budget", "much")
    #expect(wrong.code == 64)
  }

  @Test func whatARunningExperimentReadsStays() throws {
    _ = try small.run("run", spec)
    try small.write(SmallExperiment.spec(alpha: "0.25, 0.5"), to: spec)
    try small.write("hang", to: "artifacts/behave-evaluate")
    let run = small.process(["run", spec])
    (run.standardOutput, run.standardError) = (Pipe(), Pipe())
    try run.run()
    let deadline = ContinuousClock.now + .seconds(300)
    while !small.lines("calls").contains(where: { $0.hasPrefix("hang ") }) {
      guard ContinuousClock.now < deadline else { throw CocoaError(.fileReadUnknown) }
      usleep(10_000)
    }
    // No spec needs the rows of these α any more, but the run that goes on does.
    try small.write(SmallExperiment.spec(alpha: "0.75"), to: spec)
    let before = try small.finished()
    let said = try small.run("gc", "--delete")
    #expect(said.code == 0)
    #expect(said.out.hasPrefix("nothing to delete; "), "\(said.out)")
    #expect(try small.finished() == before)
    kill(run.processIdentifier, SIGKILL)
    run.waitUntilExit()
    // Its workers end by themselves; the fake one is told.
    for process in small.workers() { kill(process, SIGKILL) }
    let after = try small.run("gc", "--delete")
    #expect(after.out.contains("deleted 3 artifacts, "), "\(after.out)")
  }

  @Test func whatAKilledRemovalLeftIsDeletedByTheNext() throws {
    try makeGarbage()
    try small.write("half", to: "artifacts/removed/features-abc/half.txt")
    try small.write("bad", to: "artifacts/broken/features-abc.1/result.txt")
    try small.write("half", to: "artifacts/staging/\(String(repeating: "a", count: 64)).1/x")
    let kept = try small.run("gc", "--delete")
    #expect(kept.code == 0)
    #expect(!FileManager.default.fileExists(atPath: small.store + "/removed"))
    #expect(FileManager.default.fileExists(atPath: small.store + "/broken/features-abc.1"))
    let broken = try small.run("gc", "--delete", "--broken")
    #expect(broken.out.hasPrefix("set aside: artifacts/broken/features-abc.1, 3 bytes\n"))
    #expect(!FileManager.default.fileExists(atPath: small.store + "/broken/features-abc.1"))
    #expect(
      try FileManager.default.contentsOfDirectory(atPath: small.store + "/staging").isEmpty)
  }

  /// The state of a training that is not needed, of one that is done, and of one that is to go on.
  @Test func whatTrainingsSavedGoesUnlessOneWillGoOnFromIt() throws {
    _ = try small.run("run", spec)
    let training = try #require(
      FileManager.default.subpathsOfDirectory(atPath: small.store + "/fine-tune").first {
        $0.hasSuffix("/artifact.json")
      }?.split(separator: "/").dropLast().last.map(String.init))
    let other = String(repeating: "ab", count: 32)
    for key in [training, other] {
      try small.write("1234", to: "artifacts/state/\(key)/at.safetensors")
    }
    // Its artifact is gone, so that the spec will have it trained again.
    let folder = small.store + "/fine-tune/\(training.prefix(2))/\(training)"
    try FileManager.default.moveItem(atPath: folder, toPath: small.path + "/kept")
    let dry = try small.run("gc")
    #expect(
      dry.out.hasPrefix(
        "saved state of a training that is over or not needed: stage abababababab, 4 bytes\n"
          + "0 artifacts, 4 bytes could be deleted"), "\(dry.out)")
    #expect(try small.run("gc", "--delete", "--budget", "1GB").code == 0)
    func isThere(_ key: String) -> Bool {
      FileManager.default.fileExists(atPath: "\(small.store)/state/\(key)")
    }
    #expect(isThere(training) && !isThere(other))
    try FileManager.default.moveItem(atPath: small.path + "/kept", toPath: folder)
    #expect(try small.run("gc", "--delete").code == 0)
    #expect(!isThere(training))
    #expect(try small.finished() == 10)
  }

  @Test func theStateThatARunningTrainingGoesOnFromStays() throws {
    try small.write("hang", to: "artifacts/behave-fine-tune")
    let run = small.process(["run", spec])
    (run.standardOutput, run.standardError) = (Pipe(), Pipe())
    try run.run()
    while run.isRunning, !small.lines("calls").contains(where: { $0.hasPrefix("hang ") }) {
      usleep(10_000)
    }
    let key = try #require(small.lines("calls").first { $0.hasPrefix("hang ") }?.dropFirst(5))
    try small.write("1234", to: "artifacts/state/\(key)/at.safetensors")
    // No spec has it any more.
    try small.write(
      SmallExperiment.spec().replacing("seeds: [1]", with: "seeds: [2]"), to: spec)
    #expect(try small.run("gc", "--delete").code == 0)
    #expect(FileManager.default.fileExists(atPath: "\(small.store)/state/\(key)"))
    run.interrupt()
    run.waitUntilExit()
    #expect(try small.run("gc", "--delete").code == 0)
    #expect(!FileManager.default.fileExists(atPath: "\(small.store)/state/\(key)"))
  }

  @Test func aSpecThatCannotBePlannedKeepsItsLastRun() throws {
    _ = try small.run("run", spec)
    try small.write(
      SmallExperiment.spec(alpha: "0.5").replacingOccurrences(of: "small", with: "other"),
      to: "experiments/other.yaml")
    _ = try small.run("run", "experiments/other.yaml")
    #expect(try small.finished() == 12)
    // A checkpoint that is not here any more, for one of the two.
    let text = SmallExperiment.spec().replacingOccurrences(of: "models/tiny", with: "models/gone")
    try small.write(text, to: spec)
    let said = try small.run("gc")
    #expect(said.code == 0)
    #expect(
      said.out.hasPrefix(
        "note: experiments/small.yaml cannot be planned here, so that what it had in its\n"),
      "\(said.out)")
    #expect(said.out.contains("nothing to delete; "), "\(said.out)")
  }

  /// The ledger is lost, and then the recordings, so that the spec cannot be planned here any more.
  @Test func whatAnExperimentNeedsIsKnownWithoutTheLedger() throws {
    _ = try small.run("run", spec)
    let files = FileManager.default
    func loseLedger() throws {
      for name in try files.contentsOfDirectory(atPath: small.store)
      where name.hasPrefix("ledger.sqlite") {
        try files.removeItem(atPath: "\(small.store)/\(name)")
      }
    }
    try loseLedger()
    #expect(try small.run("status").out.contains("small  "))
    try files.moveItem(atPath: small.path + "/recordings", toPath: small.path + "/elsewhere")
    try loseLedger()
    let said = try small.run("gc", "--delete")
    #expect(said.code == 0, "\(said.err)")
    #expect(said.out.contains("\nnothing to delete; "), "\(said.out)")
    #expect(try small.finished() == 10)
    // The list is lost too: attempts still tell that the experiment was run here.
    try files.removeItem(atPath: small.store + "/plans")
    try loseLedger()
    for attempts in [true, false] {
      if !attempts { try files.removeItem(atPath: small.store + "/attempts") }
      try loseLedger()
      let refused = try small.run("gc", "--delete")
      #expect(refused.code == 2)
      #expect(
        refused.err == """
          alphasweep: experiments/small.yaml cannot be planned here, and what 'small' had when it was run \
          is not known any more, so that its artifacts cannot be told from garbage; see to what \
          'alphasweep plan experiments/small.yaml' says is missing, or move the spec out of experiments/ \
          if its artifacts may go

          """)
      #expect(try small.finished() == 10)
    }
    // A run that finds all done keeps the list again.
    try files.moveItem(atPath: small.path + "/elsewhere", toPath: small.path + "/recordings")
    #expect(try small.run("run", spec).out.hasPrefix("small: all 3 results were there\n"))
    try files.moveItem(atPath: small.path + "/recordings", toPath: small.path + "/elsewhere")
    #expect(try small.run("gc", "--delete").out.contains("\nnothing to delete; "))
    #expect(try small.run("status").out.contains("small  "))
    #expect(try small.finished() == 10)
  }

  @Test func aSpecThatWasNeverRunHereKeepsNothing() throws {
    try makeGarbage()
    try small.write(
      SmallExperiment.spec().replacing("small", with: "other")
        .replacing("models/tiny", with: "models/gone"),
      to: "experiments/other.yaml")
    let said = try small.run("gc", "--delete")
    #expect(said.code == 0)
    #expect(said.out.contains("it keeps nothing;\n  it was never run here\n"), "\(said.out)")
    #expect(said.out.contains("deleted 2 artifacts, "), "\(said.out)")
  }

  @Test func withoutSpecsNothingIsGarbage() throws {
    _ = try small.run("run", spec)
    try FileManager.default.removeItem(atPath: small.path + "/" + spec)
    let said = try small.run("gc", "--delete")
    #expect(said.code == 2)
    #expect(
      said.err == """
        alphasweep: there is no spec in experiments/, so that everything would be garbage; start in \
        the folder that holds experiments/, or name what is needed with --keep

        """)
    #expect(try small.finished() == 10)
  }
}
