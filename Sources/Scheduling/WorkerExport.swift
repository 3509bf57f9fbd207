import Artifacts
import Experiment
import Foundation
import Subprocess
import SystemPackage

/// A worker that writes one encoder as a checkpoint.
package enum WorkerExport {
  /// Writes the encoder that `request` stands for. What the worker says goes to standard error.
  ///
  /// - Parameters:
  ///   - request: An interpolation, or a stage that reads the encoder.
  ///   - experiment: The spec's name, for the model card.
  ///   - output: The folder to write; it must not be there yet.
  ///   - program: Path of `alphasweep-worker`.
  ///   - store: Where the artifacts are.
  /// - Returns: Whether it was written; if not, the worker said why.
  /// - Throws: `StorageError` when the request cannot be handed over, `SubprocessError` when the worker
  ///   cannot be started.
  package static func write(
    _ request: StageRequest, of experiment: String, to output: String, program: String,
    store: ArtifactStore
  ) async throws -> Bool {
    let file = "\(store.root)/requests/export-\(getpid()).json"
    try AtomicFile.write(text: Canonical(encoding: request).text, to: file)
    defer { unlink(file) }
    let result = try await Subprocess.run(
      .path(FilePath(program)),
      arguments: [
        "export", "--request", file, "--experiment", experiment, "--output", output,
        "--artifacts", store.root,
      ],
      input: .none, output: .currentStandardError, error: .currentStandardError)
    return result.terminationStatus.isSuccess
  }
}
