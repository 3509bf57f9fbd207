import Experiment
import Foundation
import Subprocess
import SystemPackage

extension WorkerProgram {
  /// Starts the worker and asks what it runs on.
  ///
  /// - Parameters:
  ///   - program: Its path.
  ///   - computing: With the device that is asked for.
  /// - Returns: What it said; or, where it does not start, what it said of that.
  package static func check(
    _ program: String, computing: Computing
  ) async -> (check: WorkerCheck?, problem: String) {
    do {
      let device = computing.device == .cpu ? [] : ["--device", computing.device.description]
      let result = try await Subprocess.run(
        .path(FilePath(program)), arguments: Arguments(["--check"] + device), input: .none,
        output: .data(limit: 1 << 20), error: .string(limit: 1 << 16))
      let check = try? JSONDecoder().decode(WorkerCheck.self, from: result.standardOutput)
      let said = result.standardError.split(separator: "\n").last.map(String.init)
      return (check, said ?? "it ended with \(result.terminationStatus) and said nothing")
    } catch {
      return (nil, String(describing: error))
    }
  }
}
