import Foundation
import Testing

/// A real Slurm of one node on this machine, started with the first test that wants it and ended with
/// the process.
enum PrivateSlurm {
  private struct Start {
    var folder: String
    var problem: String?
  }

  private static let started: Start = start()

  static var isThere: Bool { started.problem == nil }

  /// Why tests that need it are skipped.
  static var problem: String { started.problem ?? "" }

  static var configuration: String { started.folder + "/slurm.conf" }

  private static func start() -> Start {
    let folder = NSTemporaryDirectory() + "alphasweep-slurm-" + UUID().uuidString
    guard getuid() == 0 else {
      return Start(folder: folder, problem: "a private Slurm needs root, to start elements")
    }
    for program in ["sbatch", "slurmctld", "slurmd", "munged"] {
      let places = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"]
      guard places.contains(where: { access("\($0)/\(program)", X_OK) == 0 }) else {
        return Start(
          folder: folder,
          problem: "'\(program)' is not installed; 'apt-get install slurm-wlm munge' brings it")
      }
    }
    let script = URL(fileURLWithPath: #filePath)
      .appendingPathComponent("../../SchedulingTests/Fixtures/private-slurm.sh").standardized.path
    let process = Process()
    process.executableURL = URL(fileURLWithPath: script)
    process.arguments = ["start", folder, String(getpid())]
    let log = Pipe()
    process.standardError = log
    process.standardOutput = FileHandle.nullDevice
    do { try process.run() } catch { return Start(folder: folder, problem: "\(error)") }
    process.waitUntilExit()
    guard process.terminationStatus == 0 else {
      return Start(folder: folder, problem: "a private Slurm could not be started")
    }
    return Start(folder: folder)
  }

  /// Runs one of Slurm's programs and gives what it writes.
  @discardableResult
  static func run(_ program: String, _ arguments: String...) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/" + program)
    process.arguments = arguments
    process.environment = ProcessInfo.processInfo.environment.merging(
      ["SLURM_CONF": configuration], uniquingKeysWith: { $1 })
    let out = Pipe()
    process.standardOutput = out
    process.standardError = FileHandle.nullDevice
    try process.run()
    let text = out.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return String(decoding: text, as: UTF8.self)
  }

  /// A folder of Slurm's commands that note each call in `<folder>/<command>.calls`.
  ///
  /// - Parameters:
  ///   - folder: Where to make it.
  ///   - sbatch: Shell in the place of the call of `$sbatch "$@"`.
  ///   - squeue: Shell before `squeue` is called.
  /// - Returns: The folder of the commands.
  /// - Throws: `CocoaError` when it cannot be written.
  static func commands(
    in folder: String, sbatch: String = #"exec $sbatch "$@""#, squeue: String = ""
  ) throws -> String {
    let place = folder + "/commands"
    try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    for name in ["sbatch", "squeue", "scancel"] {
      let text = """
        #!/bin/bash
        export SLURM_CONF=\(configuration)
        folder=\(folder)
        sbatch=/usr/bin/sbatch
        echo "$*" >> "$folder/\(name).calls"
        \(name == "squeue" ? squeue : "")
        \(name == "sbatch" ? sbatch : "exec /usr/bin/\(name) \"$@\"")

        """
      try Data(text.utf8).write(to: URL(fileURLWithPath: "\(place)/\(name)"))
      chmod("\(place)/\(name)", 0o755)
    }
    return place
  }

  /// Lines of a file; none where it is not there.
  static func lines(_ path: String) -> [String] {
    ((try? String(contentsOfFile: path, encoding: .utf8)) ?? "")
      .split(separator: "\n").map(String.init)
  }

  /// Waits until something is so; Slurm's own patience is the limit.
  static func until(_ isSo: () throws -> Bool) async throws {
    while try !isSo() { try await Task.sleep(for: .milliseconds(50)) }
  }
}
