import Foundation
import Ledger
import Testing

/// Libraries of `Tests/Soak` that programs are started with.
private enum Preloading {
  static let compiler = ["/usr/bin/cc", "/usr/bin/gcc", "/usr/bin/clang"]
    .first(where: FileManager.default.isExecutableFile)

  /// Compiles one into an experiment's folder.
  static func library(_ name: String, in small: SmallExperiment) throws -> String {
    let source = URL(fileURLWithPath: #filePath).appendingPathComponent("../../Soak/\(name).c")
    let (library, process) = ("\(small.path)/\(name).so", Process())
    process.executableURL = URL(fileURLWithPath: try #require(compiler))
    process.arguments = ["-shared", "-fPIC", "-o", library, source.standardized.path, "-ldl"]
    try process.run()
    process.waitUntilExit()
    try #require(process.terminationStatus == 0)
    return library
  }
}

/// Clocks that somebody sets, and file servers that lose their way, played by preloaded libraries.
@Suite(.enabled(if: Preloading.compiler != nil, "a C compiler makes what is preloaded"))
struct PreloadedFaultTests {
  /// Runs the program with further variables.
  private func run(
    _ small: SmallExperiment, _ arguments: [String], _ environment: [String: String]
  ) throws -> Int32 {
    let process = small.process(arguments)
    process.environment?.merge(environment) { $1 }
    (process.standardOutput, process.standardError) = (FileHandle.nullDevice, FileHandle.nullDevice)
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private let spec = "experiments/small.yaml"

  private static func experiment(isReal: Bool) throws -> SmallExperiment {
    try isReal ? .real() : SmallExperiment()
  }

  /// With the fake worker, and with the one that computes.
  @Test(.timeLimit(.minutes(15)), arguments: [false, true])
  func aClockThatJumpsChangesNothing(isReal: Bool) throws {
    let undisturbed = try Self.experiment(isReal: isReal)
    #expect(try undisturbed.run("run", spec).code == 0)
    let count = try undisturbed.finished()
    let small = try Self.experiment(isReal: isReal)
    let jumps = [
      "LD_PRELOAD": try Preloading.library("clock", in: small), "CLOCK_AHEAD": "7200",
      "CLOCK_EVERY": "7",
    ]
    let began = ContinuousClock.now
    #expect(try run(small, ["run", spec], jumps) == 0)
    let passed = (ContinuousClock.now - began) / .seconds(1)
    #expect(try small.artifacts() == undisturbed.artifacts())
    let attempts = try Diary(path: small.store + "/ledger.sqlite").attempts()
    // Nothing is done twice.
    #expect(Set(attempts.map(\.key)).count == attempts.count && attempts.count >= count)
    #expect(attempts.allSatisfy { $0.outcome == .done })
    // Whatever the clock of the wall says meanwhile, they took the time that they took.
    for attempt in attempts { #expect((0...passed).contains(attempt.seconds ?? -1)) }
    let started = Set(attempts.map { ($0.started.timeIntervalSinceNow / 3600).rounded() })
    #expect(started == [-2, 2], "the clock did not jump both ways: \(started)")
    // What is there is there, whatever time it is.
    #expect(try run(small, ["run", spec], jumps) == 0)
    #expect(try Diary(path: small.store + "/ledger.sqlite").attempts().count == attempts.count)
  }

  /// Here it would seem that the files have been as they are for two hours, so that another change of theirs would be
  /// seen by their times. On the disk it is still the moment in which they were written.
  @Test func aMachineWhoseClockIsAheadRemembersNothingOfFilesThatWereJustWritten() throws {
    let small = try SmallExperiment()
    // The first phase of the clock is the one that is taken from.
    let ahead = [
      "LD_PRELOAD": try Preloading.library("clock", in: small), "CLOCK_AHEAD": "-7200",
      "CLOCK_EVERY": "1000000000",
    ]
    #expect(try run(small, ["plan", spec], ahead) == 0)
    let digests = FileManager.default.contents(atPath: small.store + "/recordings.digests")
    #expect(digests.map { String(decoding: $0, as: UTF8.self) } == nil)
  }

  /// Whoever cannot be reached now has not lost anything: no artifact is set aside, and the stage is no failure.
  @Test(.timeLimit(.minutes(10)))
  func aWorkerToWhichTheStoreIsOutOfReachEndsAndItsStageIsTriedAgain() throws {
    let small = try SmallExperiment.real()
    let once = small.path + "/was-stale"
    let stale = [
      "LD_PRELOAD": try Preloading.library("stale", in: small), "STALE_NAME": "artifact.json",
      "STALE_ONCE": once,
    ]
    #expect(try run(small, ["run", spec], stale) == 0)
    #expect(FileManager.default.fileExists(atPath: once))
    let attempts = try Diary(path: small.store + "/ledger.sqlite").attempts()
    let failed = attempts.filter { $0.outcome != .done }
    #expect(failed.map(\.outcome) == [.crashed])
    #expect(failed.first?.reason?.contains("Stale") == true, "\(failed.first?.reason ?? "")")
    let tries = attempts.filter { $0.key == failed.first?.key }
    #expect(tries.map(\.outcome) == [.crashed, .done])
    let broken = small.store + "/broken"
    #expect(((try? FileManager.default.contentsOfDirectory(atPath: broken)) ?? []).isEmpty)
  }
}
