import Foundation
import Subprocess

/// What a measurement is held against.
struct Comparand {
  var name: String
  /// `nil` where the peer could not be run.
  var milliseconds: Double?
  var peakMegabytes: Double?
  /// In percent, where something was scored.
  var metric: Double?
  /// Milliseconds of a second run that had nothing to do.
  var again: Double?
  /// How many answers there are, and how many of them are others than ours.
  var answers: (all: Int, differing: Int)?

  static func limit(_ name: String, _ milliseconds: Double) -> Self {
    Self(name: name, milliseconds: milliseconds)
  }
}

/// Another program's way to the same result, run as a script that prints one JSON object.
struct Peer {
  let python: String
  let folder: String

  /// Runs a script with so many threads.
  ///
  /// - Returns: What it measured; without milliseconds where Python or a package is missing.
  /// - Throws: What Subprocess throws when Python itself cannot be started.
  func measure(_ script: String, _ arguments: [String], threads: Int) async throws -> Comparand {
    var environment = ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"].reduce(
      into: [Environment.Key: String?]()
    ) { $0[.init(stringLiteral: $1)] = "\(threads)" }
    // Peers get their own defaults: passive waiting is ours.
    environment.updateValue(nil, forKey: "OMP_WAIT_POLICY")
    let result = try await Subprocess.run(
      python.contains("/") ? .path(.init(python)) : .name(python),
      arguments: Arguments(["\(folder)/\(script)"] + arguments),
      environment: .inherit.updating(environment), output: .string(limit: 1 << 16))
    guard result.terminationStatus.isSuccess,
      let answer = try? JSONDecoder().decode(
        Measured.self, from: Data(result.standardOutput.utf8))
    else { return Comparand(name: script, milliseconds: nil) }
    return Comparand(
      name: answer.peer, milliseconds: answer.milliseconds, peakMegabytes: answer.peakMegabytes,
      metric: answer.metric, again: answer.again,
      answers: answer.answers.flatMap { all in answer.differing.map { (all, $0) } })
  }
}

/// What one program measured, as both sides of a comparison say it: one JSON object.
struct Measured: Codable {
  var milliseconds: Double
  var peer: String
  var peakMegabytes: Double?
  /// In percent, where something was scored.
  var metric: Double?
  /// Milliseconds of a second run that had nothing to do.
  var again: Double?
  /// Of a peer: its answers, and those that are others than ours.
  var answers: Int?
  var differing: Int?
}

/// The program under measurement, as a user starts it.
struct Program {
  let path: String

  /// What `alphasweep status --json` says of an experiment.
  private struct Progress: Decodable {
    struct Count: Decodable { var toDo: Int }
    var counts: [String: Count]
  }

  /// The program `name` in the folder of this one.
  init(besides own: String, name: String) {
    path = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// What a run of the program says that it measured.
  ///
  /// - Throws: What Subprocess throws when it cannot be started; `ProgramFailed`.
  func measured(_ arguments: [String]) async throws -> Measured {
    let result = try await Subprocess.run(
      .path(.init(path)), arguments: Arguments(arguments), output: .string(limit: 1 << 16))
    guard result.terminationStatus.isSuccess else { throw ProgramFailed(arguments: arguments) }
    return try JSONDecoder().decode(Measured.self, from: Data(result.standardOutput.utf8))
  }

  /// Median milliseconds from start to end.
  ///
  /// - Throws: What Subprocess throws when it cannot be started; `ProgramFailed`.
  func milliseconds(_ arguments: [String], times: Int) async throws -> Double {
    var taken: [Double] = []
    for _ in 0..<times {
      let start = ContinuousClock.now
      let result = try await Subprocess.run(
        .path(.init(path)), arguments: Arguments(arguments), output: .discarded)
      taken.append((ContinuousClock.now - start) / .milliseconds(1))
      guard result.terminationStatus.isSuccess else { throw ProgramFailed(arguments: arguments) }
    }
    return taken.sorted()[times / 2]
  }

  /// Whether nothing of the experiment is left to do.
  func isDone(_ spec: String) async throws -> Bool {
    let result = try await Subprocess.run(
      .path(.init(path)), arguments: ["status", spec, "--json"], output: .string(limit: 1 << 24))
    guard result.terminationStatus.isSuccess,
      let progress = try? JSONDecoder().decode(
        Progress.self, from: Data(result.standardOutput.utf8))
    else { return false }
    return progress.counts.values.allSatisfy { $0.toDo == 0 }
  }
}

struct ProgramFailed: Error, CustomStringConvertible {
  let arguments: [String]

  var description: String {
    "alphasweep \(arguments.joined(separator: " ")) failed; run it to see why"
  }
}
