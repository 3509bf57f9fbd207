import Foundation
import Testing

/// A run on another host that shares the folder: another host's name, and processes of its own numbers.
@Suite(.enabled(if: OtherHost.isThere, "needs root and 'unshare', to play another host"))
struct OtherHostTests {
  private let small: SmallExperiment
  private let spec = "experiments/small.yaml"

  init() throws { small = try SmallExperiment() }

  /// Starts a run over there in which stages of `kind` never end, and waits until one is at work.
  private func startHanging(in kind: String) throws -> Process {
    try small.write("hang", to: "artifacts/behave-\(kind)")
    let process = OtherHost.process(small.process(["run", spec]))
    (process.standardOutput, process.standardError) = (Pipe(), FileHandle.nullDevice)
    try process.run()
    while !small.lines("calls").contains(where: { $0.hasPrefix("hang ") }) {
      guard process.isRunning else { throw CocoaError(.fileReadUnknown) }
      usleep(10_000)
    }
    try FileManager.default.removeItem(atPath: small.store + "/behave-\(kind)")
    return process
  }

  @Test func aRunOnAnotherHostIsEndedFromHere() throws {
    let run = try startHanging(in: "features")
    let names = try FileManager.default.contentsOfDirectory(atPath: small.store + "/runs")
    #expect(names.contains { $0.hasPrefix("elsewhere.") }, "\(names)")
    let cancelled = try small.run("cancel", spec)
    #expect(cancelled.code == 0, "\(cancelled.out)\(cancelled.err)")
    #expect(cancelled.out == "small: ended; what is finished stays\n")
    run.waitUntilExit()
    #expect(run.terminationStatus == 130)
    #expect(small.workers().isEmpty)
    #expect(try small.run("cancel", spec).code == 3)
    let before = try small.finished()
    let again = try small.run("run", spec)
    #expect(again.code == 0)
    #expect(again.out.hasPrefix("small: done, \(10 - before) stages\n"), "\(again.out)")
  }

  @Test func aStageOfARunOnAnotherHostIsGivenUpFromHere() throws {
    let run = try startHanging(in: "fine-tune")
    let known = try small.run("cancel", "fine-tune voices · head only · seed 1")
    #expect(known.code == 0, "\(known.out)\(known.err)")
    #expect(known.out.hasSuffix("]: given up; 'alphasweep run' does it\n"))
    run.waitUntilExit()
    #expect(run.terminationStatus == 1)
    let pipe = try #require(run.standardOutput as? Pipe)
    let said = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    #expect(said.contains("small: 1 stage cancelled; what does not need them is done\n"), "\(said)")
    #expect(try small.run("run", spec).code == 0)
  }

  /// What a run over there reads is no garbage here, and both share the work.
  @Test func bothHostsSeeWhatTheOtherIsAt() throws {
    let run = try startHanging(in: "features")
    try small.write(
      SmallExperiment.spec().replacing("seeds: [1]", with: "seeds: [2]"), to: spec)
    let kept = try Set(small.artifacts().keys)
    #expect(try small.run("gc", "--delete").out.hasPrefix("nothing to delete; "))
    #expect(try kept.isSubset(of: small.artifacts().keys))
    try small.write(SmallExperiment.spec(), to: spec)
    let status = try small.run("status", spec)
    #expect(status.out.contains(", elsewhere): features "), "\(status.out)")
    #expect(try small.run("cancel", "small").code == 0)
    run.waitUntilExit()
  }
}

/// Plays another host with namespaces of the kernel.
enum OtherHost {
  static let isThere: Bool = {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments = ["--uts", "--pid", "--fork", "--mount-proc", "/bin/sh", "-c", "hostname x"]
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    guard (try? process.run()) != nil else { return false }
    process.waitUntilExit()
    return process.terminationStatus == 0
  }()

  /// A process as it would be on another host.
  static func process(_ here: Process) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/unshare")
    process.arguments =
      [
        "--uts", "--pid", "--fork", "--kill-child", "--mount-proc", "/bin/sh", "-c",
        "hostname elsewhere && \"$0\" \"$@\"", here.executableURL?.path ?? "",
      ] + (here.arguments ?? [])
    process.environment = here.environment
    process.currentDirectoryURL = here.currentDirectoryURL
    return process
  }
}
