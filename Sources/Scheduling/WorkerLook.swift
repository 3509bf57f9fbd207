import Experiment
import Foundation
import Subprocess
import SystemPackage

/// A worker that answers one question about checkpoints and recordings.
package enum WorkerLook {
  /// Asks. Progress, and why there is no answer, go to standard error.
  ///
  /// - Parameters:
  ///   - request: The question.
  ///   - program: Path of `alphasweep-worker`.
  /// - Returns: The answer; `nil` when the worker said why there is none.
  /// - Throws: `SubprocessError` when the worker cannot be started, `DecodingError` for an answer that
  ///   is none.
  package static func ask(_ request: LookRequest, program: String) async throws -> LookAnswer? {
    let question = String(decoding: try JSONEncoder().encode(request), as: UTF8.self)
    let result = try await Subprocess.run(
      .path(FilePath(program)), arguments: ["look"], input: .string(question),
      output: .data(limit: 1 << 28), error: .currentStandardError)
    guard result.terminationStatus.isSuccess else { return nil }
    return try JSONDecoder().decode(LookAnswer.self, from: result.standardOutput)
  }
}
