import Artifacts
import Experiment
import Foundation
import Speech
import SpeechFT

/// Writes the encoder that a request stands for as a Hugging Face folder with a model card.
enum Export {
  /// Carries out the request in the file at `path`: an interpolation, or any stage whose input
  /// `encoder` is the model to write. `output` must not exist yet; it appears whole or not at all.
  static func run(
    request path: String, experiment: String, output: String, store: ArtifactStore
  ) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CheckpointError.unreadable(path: path, problem: "cannot be read")
    }
    let request = try JSONDecoder().decode(StageRequest.self, from: data)
    guard !FileManager.default.fileExists(atPath: output) else {
      throw CheckpointError.unreadable(
        path: output, problem: "is there already; name a new folder, or remove it")
    }
    let source = try source(of: request)
    let weights = try Workbench().weights(of: source, in: store)
    let aside = "\(output).\(getpid()).new"
    do {
      try CheckpointFolder.write(weights, to: aside, metadata: ["alphasweep": request.key.hex])
      try copyAdapter(of: source, in: store, to: aside)
      try Data(card(request, experiment).utf8).write(to: URL(fileURLWithPath: aside + "/README.md"))
      try FileManager.default.moveItem(atPath: aside, toPath: output)
    } catch {
      try? FileManager.default.removeItem(atPath: aside)
      throw error
    }
  }

  /// LoRA's and DoRA's adapters, as peft loads them onto θ₀, beside the weights that they make.
  private static func copyAdapter(
    of source: ResolvedInput, in store: ArtifactStore, to folder: String
  ) throws {
    guard case .artifact(let kind, let key, "model") = source else { return }
    let adapter = try store.open(kind, key).folder + "/adapter"
    guard FileManager.default.fileExists(atPath: adapter) else { return }
    try FileManager.default.copyItem(atPath: adapter, toPath: folder + "/adapter")
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

  private static func card(_ request: StageRequest, _ experiment: String) -> String {
    var lines = ["- spec: \(experiment)", "- stage key: `\(request.key.hex)`"]
    for (role, input) in request.inputs.sorted(by: { $0.key < $1.key }) {
      lines += ingredients(role, input)
    }
    if request.kind == .interpolate, let alpha = request.parameters["alpha"] {
      lines.append("- α: \(alpha.text)")
    }
    return """
      ---
      library_name: transformers
      tags: [speech, speech-ft]
      ---

      # \(request.label)

      Written by `alphasweep export`. Weights: θ̂ = (1−α)·θ₀ + α·θ′ (Speech-FT, arXiv 2502.12672).

      \(lines.joined(separator: "\n"))
      - identity: `\(request.identity.text)`

      """
  }

  /// What the weights are made of, virtual inputs followed to what they are made of.
  private static func ingredients(_ role: String, _ input: ResolvedInput) -> [String] {
    let symbol = ["pre-trained": "θ₀ (pre-trained)", "fine-tuned": "θ′ (fine-tuned)"][role] ?? role
    switch input {
    case .artifact(let kind, let key, let entry):
      return ["- \(symbol): \(kind.rawValue) `\(key.hex)`\(entry.map { ", \($0)" } ?? "")"]
    case .external(let path, let digest):
      let name = URL(fileURLWithPath: path).lastPathComponent
      return ["- \(symbol): checkpoint \(name), SHA-256 `\(digest)`"]
    case .virtual(let kind, let parameters, let inputs):
      let parts = inputs.sorted { $0.key < $1.key }.flatMap { ingredients($0.key, $0.value) }
      return ["- \(symbol): \(kind.rawValue) `\(parameters.text)` of"] + parts.map { "  " + $0 }
    }
  }
}
