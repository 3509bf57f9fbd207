import Experiment
import Foundation
import Torch

/// A Hugging Face folder with one encoder: `config.json` and `model.safetensors`.
package enum CheckpointFolder {
  /// Reads an encoder as transformers saved it, under either name of weight norm.
  ///
  /// - Throws: `CheckpointError` for a folder, configuration or tensors that are not HuBERT's;
  ///   `SafetensorsError` for a file that is not whole.
  package static func read(_ folder: String) throws -> EncoderWeights {
    let configurationPath = folder + "/config.json"
    guard let data = FileManager.default.contents(atPath: configurationPath) else {
      throw CheckpointError.unreadable(
        path: configurationPath,
        problem: "cannot be read; a checkpoint is a folder with config.json and model.safetensors")
    }
    let json: Canonical
    do {
      json = try Canonical(json: data)
    } catch {
      throw CheckpointError.unreadable(path: configurationPath, problem: "is not JSON")
    }
    let configuration = try EncoderConfiguration(json: json, path: configurationPath)
    let weightsPath = folder + "/model.safetensors"
    let file = try SafetensorsFile(path: weightsPath)
    var tensors: [String: Tensor] = [:]
    for name in file.names {
      tensors[canonicalName(name)] = try file.tensor(named: name).to(.float32)
    }
    return try EncoderWeights(configuration: configuration, tensors: tensors, path: weightsPath)
  }

  /// Writes what `HubertModel.from_pretrained` loads with no missing and no unexpected key.
  package static func write(
    _ weights: EncoderWeights, to folder: String, metadata: [String: String] = [:]
  ) throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    let json = Data((weights.configuration.json.text + "\n").utf8)
    try json.write(to: URL(fileURLWithPath: folder + "/config.json"))
    try Safetensors.write(
      tensors: weights.ordered.map { ($0.name, try $0.tensor.detached()) },
      metadata: metadata.merging(["format": "pt"]) { own, _ in own },
      to: folder + "/model.safetensors")
  }

  /// The name of today's transformers for the names of older ones.
  private static func canonicalName(_ name: String) -> String {
    let bare = name.hasPrefix("hubert.") ? String(name.dropFirst("hubert.".count)) : name
    switch bare {
    case "encoder.pos_conv_embed.conv.weight_g": return EncoderTensors.position + ".original0"
    case "encoder.pos_conv_embed.conv.weight_v": return EncoderTensors.position + ".original1"
    default: return bare
    }
  }
}
