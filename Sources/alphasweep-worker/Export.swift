import Artifacts
import Experiment
import Foundation
import Speech
import SpeechFT

/// Writes the encoder that a request stands for as a Hugging Face folder with a model card.
enum Export {
  /// Carries out the request in the file at `path`: an interpolation, or any stage whose input
  /// `encoder` is the model to write. `output` must not exist yet; it appears whole or not at all.
  static func run(request path: String, output: String, store: ArtifactStore) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CheckpointError.unreadable(path: path, problem: "cannot be read")
    }
    let request = try JSONDecoder().decode(StageRequest.self, from: data)
    guard !FileManager.default.fileExists(atPath: output) else {
      throw CheckpointError.unreadable(
        path: output, problem: "is there already; name a new folder, or remove it")
    }
    let weights = try Workbench().weights(of: source(of: request), in: store)
    let aside = "\(output).\(getpid()).new"
    do {
      try CheckpointFolder.write(weights, to: aside, metadata: ["alphasweep": request.key.hex])
      try Data(card(request).utf8).write(to: URL(fileURLWithPath: aside + "/README.md"))
      try FileManager.default.moveItem(atPath: aside, toPath: output)
    } catch {
      try? FileManager.default.removeItem(atPath: aside)
      throw error
    }
  }

  private static func source(of request: StageRequest) throws -> ResolvedInput {
    if request.kind == .interpolate {
      return .virtual(
        kind: .interpolate, parameters: request.parameters, inputs: request.inputs)
    }
    guard let encoder = request.inputs["encoder"] else {
      throw StageError.request(stage: request.label, problem: "it has no encoder to export")
    }
    return encoder
  }

  private static func card(_ request: StageRequest) -> String {
    """
    ---
    library_name: transformers
    tags: [speech, hubert, speech-ft]
    ---

    # \(request.label)

    Written by `alphasweep export`. Weights: θ̂ = (1−α)·θ₀ + α·θ′ (Speech-FT, arXiv 2502.12672).

    - stage key: `\(request.key.hex)`
    - identity: `\(request.identity.text)`

    """
  }
}
