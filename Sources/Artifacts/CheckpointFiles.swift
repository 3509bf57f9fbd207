import Experiment
import Foundation

/// The files that a checkpoint's weights and sizes are in: those that the digest covers and that
/// are read.
package struct CheckpointFiles: Sendable, Equatable {
  package enum Form: String, Sendable {
    /// `model.safetensors`.
    case safetensors
    /// `model.safetensors.index.json` and the files it names.
    case shardedSafetensors
    /// `pytorch_model.bin`.
    case pickle
    /// `pytorch_model.bin.index.json` and the files it names.
    case shardedPickle
    /// One file that says its own sizes, as fairseq, s3prl and WavLM's authors published theirs.
    case original
  }

  package let form: Form
  /// The folder, or the file of form `original`.
  package let path: String
  /// Names of the weights' files in the folder, sorted; for `original` the file's name.
  package let weights: [String]
  /// File by tensor, where there is an index.
  package let index: [String: String]

  /// An index file is some hundred bytes a tensor.
  private static let indexLimit = 64 << 20

  /// Finds the files, with the order of preference of transformers.
  ///
  /// - Parameter path: A Hugging Face folder, or one file.
  /// - Throws: `StorageError` for a folder without weights and an index that cannot be used.
  package init(_ path: String) throws(StorageError) {
    self.path = path
    var isFolder: ObjCBool = false
    guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) else {
      throw .other(path: path, action: "read", problem: "there is no such folder or file")
    }
    guard isFolder.boolValue else {
      form = .original
      weights = [(path as NSString).lastPathComponent]
      index = [:]
      return
    }
    func has(_ name: String) -> Bool {
      FileManager.default.fileExists(atPath: path + "/" + name)
    }
    for (name, form) in [("model.safetensors", Form.safetensors), ("pytorch_model.bin", .pickle)] {
      if has(name) {
        (self.form, weights, index) = (form, [name], [:])
        return
      }
      guard has(name + ".index.json") else { continue }
      let index = try Self.index(path + "/" + name + ".index.json")
      self.form = form == .safetensors ? .shardedSafetensors : .shardedPickle
      self.index = index
      weights = Set(index.values).sorted()
      return
    }
    throw .other(
      path: path, action: "used as a checkpoint",
      problem: "it has neither model.safetensors nor pytorch_model.bin, nor an index of parts")
  }

  /// The files whose bytes make the checkpoint what it is, as they are hashed. What a
  /// `preprocessor_config.json` says of waveforms changes what the encoder computes.
  package var names: [String] {
    guard form != .original else { return weights }
    let preprocessor = "preprocessor_config.json"
    let hasPreprocessor = FileManager.default.fileExists(atPath: path + "/" + preprocessor)
    let configuration = ["config.json"] + (hasPreprocessor ? [preprocessor] : [])
    switch form {
    case .original, .safetensors, .pickle: return configuration + weights
    case .shardedSafetensors: return configuration + ["model.safetensors.index.json"] + weights
    case .shardedPickle: return configuration + ["pytorch_model.bin.index.json"] + weights
    }
  }

  /// The full path of one of the files.
  package func full(_ name: String) -> String { form == .original ? path : path + "/" + name }

  private static func index(_ path: String) throws(StorageError) -> [String: String] {
    func problem(_ text: String) -> StorageError {
      .other(path: path, action: "used", problem: text)
    }
    let attributes = try? FileManager.default.attributesOfItem(
      atPath: (path as NSString).resolvingSymlinksInPath)
    guard (attributes?[.size] as? Int ?? 0) <= indexLimit else {
      throw problem("it is larger than \(indexLimit) bytes")
    }
    guard let data = FileManager.default.contents(atPath: path),
      let json = try? Canonical(json: data), case .map(let members)? = json["weight_map"]
    else { throw problem("it is no JSON with a \"weight_map\"") }
    var index: [String: String] = [:]
    for (tensor, file) in members {
      guard case .string(let name) = file, !name.isEmpty, !name.contains("/"), name != "..",
        name != "."
      else { throw problem("'\(tensor)' is in \(file.text), which is no file of the same folder") }
      index[tensor] = name
    }
    return index
  }
}
