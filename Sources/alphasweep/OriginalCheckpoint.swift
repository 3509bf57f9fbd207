import Artifacts
import Experiment
import Foundation
import Scheduling

/// A checkpoint that is one file, as fairseq, s3prl and WavLM's authors published theirs. Its sizes are
/// inside a pickle, so a worker reads them, once for each content.
struct OriginalCheckpoint {
  let path: String
  let digest: String
  let store: ArtifactStore

  /// The sizes of its encoder.
  ///
  /// - Throws: `WorkspaceError.checkpoint` for a file that would not load, with the reasons.
  func sizes() async throws -> Inspection.Sizes {
    let inspection = try await inspection()
    guard let sizes = inspection.sizes, inspection.problems.isEmpty else {
      throw WorkspaceError.checkpoint(
        path: Files.shown(path), problem: inspection.problems.joined(separator: "; "))
    }
    return sizes
  }

  private func inspection() async throws -> Inspection {
    let kept = "\(store.root)/checkpoints/\(digest).json"
    if let data = FileManager.default.contents(atPath: kept),
      let inspection = try? JSONDecoder().decode(Inspection.self, from: data)
    {
      return inspection
    }
    let answer = try await WorkerLook.ask(
      .inspect(checkpoint: path), program: WorkerProgram.locate())
    guard case .inspection(let inspection)? = answer else {
      throw WorkspaceError.checkpoint(
        path: Files.shown(path), problem: "the worker could not read it")
    }
    // Without it the next command only takes longer.
    try? AtomicFile.makeFolder(AtomicFile.parent(of: kept))
    try? AtomicFile.write(text: Canonical(encoding: inspection).text, to: kept)
    return inspection
  }
}
