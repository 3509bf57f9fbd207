import Foundation

/// What a measurement is held against.
struct Comparand {
  var name: String
  /// `nil` where the peer could not be run.
  var milliseconds: Double?

  static func limit(_ name: String, _ milliseconds: Double) -> Self {
    Self(name: name, milliseconds: milliseconds)
  }
}

/// Another program's way to the same result, run as a script that prints one JSON object.
struct Peer {
  let python: String
  let folder: String

  private struct Answer: Decodable {
    var milliseconds: Double
    var peer: String
  }

  /// Runs a script with so many threads.
  ///
  /// - Returns: What it measured; without milliseconds where Python or a package is missing.
  /// - Throws: What `Foundation.Process` throws when Python itself cannot be started.
  func measure(_ script: String, _ arguments: [String], threads: Int) throws -> Comparand {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = [python, "\(folder)/\(script)"] + arguments
    var environment = ProcessInfo.processInfo.environment
    for name in ["OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"] {
      environment[name] = "\(threads)"
    }
    // Peers get their own defaults: passive waiting is ours.
    environment["OMP_WAIT_POLICY"] = nil
    process.environment = environment
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0,
      let answer = try? JSONDecoder().decode(Answer.self, from: data)
    else { return Comparand(name: script, milliseconds: nil) }
    return Comparand(name: answer.peer, milliseconds: answer.milliseconds)
  }
}

/// The program under measurement, as a user starts it.
struct Program {
  private let path: String

  /// What `alphasweep status --json` says of an experiment.
  private struct Progress: Decodable {
    struct Count: Decodable { var toDo: Int }
    var counts: [String: Count]
  }

  /// The program `name` in the folder of this one.
  init(besides own: String, name: String) {
    path = URL(fileURLWithPath: own).deletingLastPathComponent().appendingPathComponent(name).path
  }

  /// Median milliseconds from start to end.
  ///
  /// - Throws: What `Foundation.Process` throws when it cannot be started; `ProgramFailed`.
  func milliseconds(_ arguments: [String], times: Int) throws -> Double {
    let taken = try (0..<times).map { _ in
      let start = ContinuousClock.now
      guard try status(arguments) == 0 else { throw ProgramFailed(arguments: arguments) }
      return (ContinuousClock.now - start) / .milliseconds(1)
    }
    return taken.sorted()[times / 2]
  }

  /// Whether nothing of the experiment is left to do.
  func isDone(_ spec: String) throws -> Bool {
    let process = self.process(["status", spec, "--json"])
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let data = output.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    guard process.terminationStatus == 0,
      let progress = try? JSONDecoder().decode(Progress.self, from: data)
    else { return false }
    return progress.counts.values.allSatisfy { $0.toDo == 0 }
  }

  private func status(_ arguments: [String]) throws -> Int32 {
    let process = self.process(arguments)
    process.standardOutput = FileHandle.nullDevice
    try process.run()
    process.waitUntilExit()
    return process.terminationStatus
  }

  private func process(_ arguments: [String]) -> Process {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: path)
    process.arguments = arguments
    process.standardError = FileHandle.nullDevice
    return process
  }
}

struct ProgramFailed: Error, CustomStringConvertible {
  let arguments: [String]

  var description: String {
    "alphasweep \(arguments.joined(separator: " ")) failed; run it to see why"
  }
}
