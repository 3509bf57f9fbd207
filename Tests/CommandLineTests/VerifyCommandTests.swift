import Foundation
import Testing

/// Artifacts that are checked, and made again beside themselves.
@Suite struct VerifyCommandTests {
  private let small: SmallExperiment
  private let spec = "experiments/small.yaml"

  init() throws { small = try SmallExperiment() }

  private func files(_ kind: String, _ name: String) throws -> [String] {
    try small.artifacts().keys.filter { $0.hasPrefix(kind + "/") && $0.hasSuffix("/" + name) }
      .sorted().map { small.store + "/" + $0 }
  }

  /// Changes one byte of a file and nothing else.
  private func flip(_ path: String, at offset: Int) throws {
    var data = try #require(FileManager.default.contents(atPath: path))
    data[offset] ^= 1
    let file = try #require(FileHandle(forWritingAtPath: path))
    try file.write(contentsOf: data)
    try file.close()
  }

  @Test func whatIsWholeIsWholeWithASpecAndWithout() throws {
    _ = try small.run("run", spec)
    for arguments in [["verify", spec], ["verify"]] {
      let said = try small.run(arguments: arguments)
      #expect(said.code == 0)
      #expect(said.out.hasPrefix("10 artifacts, "), "\(said.out)")
      #expect(said.out.hasSuffix(" kB: all whole\n"), "\(said.out)")
    }
  }

  @Test func onATerminalItSaysHowFarItIs() throws {
    _ = try small.run("run", spec)
    let plain = small.process(["verify", spec])
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/script")
    process.arguments = ["-qefc", "\(plain.executableURL?.path ?? "") verify \(spec)", "/dev/null"]
    process.environment = plain.environment
    process.currentDirectoryURL = plain.currentDirectoryURL
    let out = Pipe()
    (process.standardOutput, process.standardError) = (out, FileHandle.nullDevice)
    process.standardInput = FileHandle.nullDevice
    try process.run()
    let said = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(process.terminationStatus == 0)
    #expect(said.contains(/\r\x1B\[Khashed \d+%, .* of .* · 0:0/), "\(said)")
    // The line is gone before the answer is written.
    #expect(said.contains("\r\u{1B}[K10 artifacts, "), "\(said)")
    let piped = try small.run("verify", spec)
    #expect(piped.err.isEmpty)
  }

  @Test func aFlippedBitIsNamedAndSetAsideOnlyWhenAsked() throws {
    _ = try small.run("run", spec)
    let before = try small.artifacts()
    let damaged = try #require(try files("features", "result.txt").first)
    try flip(damaged, at: 3)
    let said = try small.run("verify", spec)
    #expect(said.code == 1)
    #expect(said.out.hasPrefix("damaged: features letters · "), "\(said.out)")
    #expect(said.out.contains("]\n  \(damaged) does not have the bytes that were written\n"))
    #expect(said.out.contains(": 1 damaged\n"))
    #expect(FileManager.default.fileExists(atPath: damaged))
    let json = try small.run("verify", "--json")
    #expect(json.code == 1)
    #expect(json.out.contains(#""setAside":false"#) && json.out.contains(#""whole":false"#))
    let repaired = try small.run("verify", spec, "--repair")
    #expect(repaired.code == 1)
    #expect(
      repaired.out.hasSuffix("what was damaged is set aside; 'alphasweep run' makes it again\n"))
    #expect(!FileManager.default.fileExists(atPath: damaged))
    // Results are there, so that nothing needs the features: they are not missing either.
    #expect(try small.run("verify", spec).code == 0)
    for path in try files("evaluate", "result.txt") { try flip(path, at: 0) }
    _ = try small.run("verify", spec, "--repair")
    #expect(try small.run("run", spec).code == 0)
    #expect(try small.artifacts() == before)
    #expect(try small.run("verify", spec).code == 0)
  }

  @Test func whatIsNotDoneIsMissingAndAStrangersFileIsDamage() throws {
    let early = try small.run("verify", spec)
    #expect(early.code == 1)
    #expect(early.out.hasSuffix("0 artifacts, 0 bytes: 10 missing\n"), "\(early.out)")
    #expect(early.out.contains("missing: corpus letters ["))
    _ = try small.run("run", spec)
    let folder = try #require(try files("corpus", "artifact.json").first)
    let strange = folder.replacingOccurrences(of: "artifact.json", with: "strange.bin")
    try Data("x".utf8).write(to: URL(fileURLWithPath: strange))
    let said = try small.run("verify", spec)
    #expect(said.code == 1)
    #expect(said.out.contains("\(strange) was not written by the stage\n"))
  }

  @Test func stagesMadeAgainAreComparedToTheByte() throws {
    _ = try small.run("run", spec)
    let kept = try small.artifacts()
    let same = try small.run("verify", spec, "--recompute")
    #expect(same.code == 0, "\(same.out)\(same.err)")
    #expect(same.out.hasSuffix("made again: 10 stages, 10 the same to the byte\n"), "\(same.out)")
    #expect(same.err.split(separator: "\n").count { $0.hasPrefix("same: ") } == 10)
    #expect(try small.artifacts() == kept)
    #expect(small.lines("calls").count == 10, "the kept artifacts were touched")
    #expect(try FileManager.default.contentsOfDirectory(atPath: small.store + "/scratch").isEmpty)
  }

  private var host: String {
    var name = [CChar](repeating: 0, count: 256)
    gethostname(&name, name.count - 1)
    return String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
  }

  /// Waits for both cores, like a run of higher priority, until the handle is closed.
  private func waitForAllCores() throws -> FileHandle {
    let name = "artifacts/runs/\(host).\(getpid()).room"
    try small.write(#"{"priority":9,"cores":0,"memoryBytes":0,"wantedCores":2}"#, to: name)
    let handle = try #require(FileHandle(forUpdatingAtPath: "\(small.path)/\(name)"))
    try #require(flock(handle.fileDescriptor, LOCK_EX | LOCK_NB) == 0)
    return handle
  }

  /// Begins to make all again, and waits until it waits for room.
  private func startWaiting() async throws -> (process: Process, out: Pipe) {
    let (process, out) = (small.process(["verify", spec, "--recompute"]), Pipe())
    (process.standardOutput, process.standardError) = (out, FileHandle.nullDevice)
    try process.run()
    let own = "\(small.store)/runs/\(host).\(process.processIdentifier).room"
    func waits() -> Bool {
      let said = FileManager.default.contents(atPath: own) ?? Data()
      return String(decoding: said, as: UTF8.self).contains(#""wantedCores":1"#)
    }
    while !waits(), process.isRunning { try await Task.sleep(for: .milliseconds(10)) }
    #expect(process.isRunning, "it did not wait for who goes first")
    return (process, out)
  }

  /// As a run does: who goes first goes first, and what is read stays.
  @Test(.timeLimit(.minutes(10)))
  func whatIsMadeAgainSharesTheMachineAndKeepsWhatItReads() async throws {
    _ = try small.run("run", spec)
    let kept = try small.artifacts()
    let clean = try FileManager.default.contentsOfDirectory(atPath: small.store + "/runs").sorted()
    let first = try waitForAllCores()
    let (again, out) = try await startWaiting()
    try small.write(SmallExperiment.spec().replacing("seeds: [1]", with: "seeds: [2]"), to: spec)
    let collected = try small.run("gc", "--delete")
    #expect(collected.out.hasPrefix("nothing to delete; "), "\(collected.out)\(collected.err)")
    #expect(try small.artifacts() == kept)
    try first.close()
    let said = String(decoding: out.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    again.waitUntilExit()
    #expect(again.terminationStatus == 0)
    #expect(said.hasSuffix("made again: 10 stages, 10 the same to the byte\n"), "\(said)")
    let left = try FileManager.default.contentsOfDirectory(atPath: small.store + "/runs").sorted()
    #expect(left == clean)
  }

  @Test(.timeLimit(.minutes(10))) func whatIsMadeAgainIsEndedByCancel() async throws {
    _ = try small.run("run", spec)
    let first = try waitForAllCores()
    let (again, _) = try await startWaiting()
    let cancelled = try small.run("cancel", spec)
    #expect(cancelled.code == 0, "\(cancelled.out)\(cancelled.err)")
    again.waitUntilExit()
    #expect(again.terminationStatus == 130)
    try first.close()
  }

  /// What is in a scratch place is its owner's as long as that lives, on whatever host.
  @Test func scratchPlacesOfTheLivingStayAndThoseOfTheDeadGo() throws {
    _ = try small.run("run", spec)
    for name in ["99-1", "99-2", "4194305"] {
      try small.write("half", to: "artifacts/scratch/\(name)/1/half")
    }
    for name in ["99-1", "99-2", "99-3"] {
      try small.write("", to: "artifacts/scratch/\(name).lock")
    }
    let scratch = small.store + "/scratch"
    let living = open(scratch + "/99-1.lock", O_RDWR)
    #expect(living >= 0 && flock(living, LOCK_EX) == 0)
    func again() throws -> [String] {
      #expect(try small.run("verify", spec, "--recompute", "--stage", "corpus").code == 0)
      return try FileManager.default.contentsOfDirectory(atPath: scratch).sorted()
    }
    #expect(try again() == ["99-1", "99-1.lock"])
    #expect(FileManager.default.fileExists(atPath: scratch + "/99-1/1/half"))
    close(living)
    #expect(try again().isEmpty)
  }

  @Test func theFirstDifferenceIsNamed() throws {
    _ = try small.run("run", spec)
    // One evaluation that says another number, with a record that agrees.
    let metrics = try #require(try files("evaluate", "metrics.json").first)
    let text = try String(contentsOfFile: metrics, encoding: .utf8)
    let other = text.replacingOccurrences(of: #""value":75"#, with: #""value":76"#)
    try Data(other.utf8).write(to: URL(fileURLWithPath: metrics))
    let record = metrics.replacingOccurrences(of: "metrics.json", with: "artifact.json")
    let (before, after) = (try digest(of: text), try digest(of: other))
    let changed = try String(contentsOfFile: record, encoding: .utf8)
      .replacingOccurrences(of: before, with: after)
    try Data(changed.utf8).write(to: URL(fileURLWithPath: record))
    #expect(try small.run("verify", spec).code == 0)
    let said = try small.run("verify", spec, "--recompute", "--stage", "evaluate")
    #expect(said.code == 1)
    let offset = try #require(text.range(of: #""value":75"#)).upperBound
    let byte = text.utf8.distance(from: text.startIndex, to: offset) - 1
    #expect(
      said.out.contains("differs: metrics.json, byte \(byte) (value: 76 → 75): evaluate voices"),
      "\(said.out)")
    #expect(said.out.hasSuffix("made again: 3 stages, 2 the same to the byte\n"), "\(said.out)")
  }

  private func digest(of text: String) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/sha256sum")
    let (input, output) = (Pipe(), Pipe())
    (process.standardInput, process.standardOutput) = (input, output)
    try process.run()
    try input.fileHandleForWriting.write(contentsOf: Data(text.utf8))
    try input.fileHandleForWriting.close()
    process.waitUntilExit()
    let said = output.fileHandleForReading.readDataToEndOfFile()
    return String(decoding: said.prefix(64), as: UTF8.self)
  }

  @Test func whatMakesNoSenseIsSaid() throws {
    let recompute = try small.run("verify", "--recompute")
    #expect(recompute.code == 64)
    #expect(
      recompute.err.contains("'--recompute' carries out the stages of a spec: name one"))
    _ = try small.run("run", spec)
    let unknown = try small.run("verify", spec, "--recompute", "--stage", "nothing like it")
    #expect(unknown.code == 2)
    #expect(unknown.err.contains("has a key that begins with 'nothing like it'"))
  }
}
