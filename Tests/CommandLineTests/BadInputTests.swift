import Foundation
import Testing

/// What people get wrong ends in one clear message, an exit code, and nothing half-done.
@Suite struct BadInputTests {
  private let small: SmallExperiment

  init() throws { small = try SmallExperiment() }

  private func expect(
    _ code: Int32, _ message: String, _ arguments: String...,
    at place: SourceLocation = #_sourceLocation
  ) throws {
    let run = try small.run(arguments: arguments)
    #expect(run.code == code, sourceLocation: place)
    #expect(run.err == message, sourceLocation: place)
    #expect(run.out.isEmpty, sourceLocation: place)
  }

  @Test func aMisspeltMethodIsSaidWithItsPlace() throws {
    let spec = SmallExperiment.spec().replacingOccurrences(of: "speech-ft", with: "specch-ft")
    try small.write(spec, to: "experiments/small.yaml")
    try expect(
      2, "experiments/small.yaml:11:3: unknown method 'specch-ft'; did you mean 'speech-ft'?\n",
      "run", "experiments/small.yaml")
    #expect(!FileManager.default.fileExists(atPath: small.store + "/corpus"))
  }

  @Test func missingRecordingsAreSaidWithTheirPackage() throws {
    try FileManager.default.removeItem(atPath: small.path + "/recordings")
    try expect(
      2,
      "alphasweep: corpus letters: there are no recordings in \(small.path)/recordings/letters; they "
        + "come with Debian's letters-data ('make recordings' fetches them), or set 'recordings:' in the site file to where they are\n",
      "plan", "experiments/small.yaml")
  }

  @Test func aMissingSpecASpecThatIsAFolderAndAMissingSiteAreToldApart() throws {
    try expect(
      2, "alphasweep: none.yaml: the spec cannot be read: No such file or directory\n",
      "plan", "none.yaml")
    try expect(
      2, "alphasweep: experiments: the spec cannot be read: it is a folder, or its disk fails\n",
      "plan", "experiments")
    try expect(
      2,
      "alphasweep: none.yaml: the site cannot be read: No such file or directory; write one "
        + "(experiments/sites/local.yaml shows how), or name another with --site\n",
      "plan", "experiments/small.yaml", "--site", "none.yaml")
  }

  @Test func aCheckpointThatIsNoneIsSaid() throws {
    try small.write("{}", to: "experiments/models/tiny/config.json")
    try expect(
      2,
      "alphasweep: experiments/models/tiny: this is no checkpoint to start from: config.json cannot "
        + "be read, or lacks the model's sizes; 'alphasweep inspect experiments/models/tiny' tells "
        + "more\n",
      "plan", "experiments/small.yaml")
  }

  @Test func aMissingWorkerIsSaidBeforeAnythingRuns() throws {
    let process = small.process(["run", "experiments/small.yaml"])
    process.environment?["ALPHASWEEP_WORKER"] = "/nowhere/worker"
    let err = Pipe()
    process.standardError = err
    process.standardOutput = Pipe()
    try process.run()
    process.waitUntilExit()
    #expect(process.terminationStatus == 1)
    #expect(
      String(decoding: err.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        == "alphasweep: the program 'alphasweep-worker' is not there (looked for /nowhere/worker); "
        + "build it with 'make build', or set ALPHASWEEP_WORKER to where it is\n")
  }

  @Test func aWrongCommandExitsWith64() throws {
    #expect(try small.run("plan").code == 64)
    #expect(try small.run("run", "experiments/small.yaml", "--workers", "0").code == 64)
    #expect(try small.run("plan", "experiments/small.yaml", "--dot", "--json").code == 64)
    #expect(try small.run("sweep").code == 64)
  }

  @Test(.enabled(if: SmallDisk.isPossible, "a file system can be mounted by root only"))
  func aReadOnlyResultsFolderIsSaidBeforeAnythingRuns() throws {
    let disk = try #require(SmallDisk(at: small.path + "/results", bytes: 65_536))
    try #require(disk.makeReadOnly())
    try expect(
      1,
      "alphasweep: \(small.path)/results/small: the file system is read-only; name a folder that can "
        + "be written\n",
      "run", "experiments/small.yaml")
    #expect(small.lines("calls").isEmpty)
  }

  @Test(.enabled(if: SmallDisk.isPossible, "a file system can be mounted by root only"))
  func aFullDiskEndsTheRunWithOneMessage() throws {
    let disk = try #require(SmallDisk(at: small.store, bytes: 131_072))
    try disk.fill()
    let run = try small.run("run", "experiments/small.yaml")
    #expect(run.code == 1)
    #expect(run.err.hasPrefix("alphasweep: \(small.store)/"), "\(run.err)")
    #expect(
      run.err.contains(": the disk is full; "), "\(run.err)")
    #expect(run.err.hasSuffix(" and give the same command again\n"), "\(run.err)")
    #expect(small.lines("calls").isEmpty)
  }
}

/// A small file system in memory, mounted in the way of a folder.
final class SmallDisk {
  private let path: String

  static let isPossible: Bool =
    SmallDisk(at: NSTemporaryDirectory() + UUID().uuidString, bytes: 65_536) != nil

  init?(at path: String, bytes: Int) {
    self.path = path
    try? FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    guard mount("tmpfs", path, "tmpfs", 0, "size=\(bytes)") == 0 else { return nil }
  }

  func makeReadOnly() -> Bool {
    mount("tmpfs", path, "tmpfs", UInt(MS_REMOUNT | MS_RDONLY), nil) == 0
  }

  func fill() throws {
    let handle = open(path + "/filler", O_WRONLY | O_CREAT, 0o600)
    defer { close(handle) }
    let block = [UInt8](repeating: 1, count: 4096)
    while block.withUnsafeBytes({ write(handle, $0.baseAddress, $0.count) }) > 0 {}
  }

  deinit {
    umount(path)
    try? FileManager.default.removeItem(atPath: path)
  }
}
