import Experiment
import Foundation
import Torch

/// Encoders in and out of folders: what stages read and write.
package enum CheckpointFolder {
  /// Reads an encoder's weights from any form of checkpoint (`Checkpoint.open`).
  ///
  /// - Throws: `CheckpointError` for a configuration or tensors that are no encoder's;
  ///   `SafetensorsError` or `TorchArchiveError` for a file that is not whole.
  package static func read(_ path: String) throws -> EncoderWeights {
    try Checkpoint.open(path).weights()
  }

  /// Writes what `HubertModel.from_pretrained` loads with no missing and no unexpected key.
  package static func write(
    _ weights: EncoderWeights, to folder: String, metadata: [String: String] = [:]
  ) throws {
    try FileManager.default.createDirectory(
      atPath: folder, withIntermediateDirectories: true)
    let json = Data((weights.configuration.json.text + "\n").utf8)
    try json.write(to: URL(fileURLWithPath: folder + "/config.json"))
    if weights.configuration.needsPreprocessor,
      let preprocessor = weights.configuration.preprocessorJSON
    {
      try Data((preprocessor.text + "\n").utf8)
        .write(to: URL(fileURLWithPath: folder + "/preprocessor_config.json"))
    }
    try Safetensors.write(
      tensors: weights.ordered.map { ($0.name, try $0.tensor.detached()) },
      metadata: metadata.merging(["format": "pt"]) { own, _ in own },
      to: folder + "/model.safetensors")
  }
}
