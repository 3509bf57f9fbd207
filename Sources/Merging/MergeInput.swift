import Artifacts
import Foundation
import Weights

/// The tensors of one checkpoint as names, types, shapes and bytes, whatever its format.
package protocol MergeInput: Sendable {
  /// The files of the weights, for digests.
  var files: [String] { get }
  /// Offsets are places that `read` understands; a tensor's bytes lie together, in row-major order.
  var entries: [SafetensorsEntry] { get }
  /// The file that has been written to since it was opened, if one was.
  var changed: String? { get }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SafetensorsError)
}

/// Weights in one safetensors file, or in several as an index names them. Offsets count over the data
/// of all files.
struct SafetensorsParts: MergeInput {
  private let parts: [(file: SafetensorsBytes, start: Int)]
  let entries: [SafetensorsEntry]

  init(paths: [String]) throws(SafetensorsError) {
    var parts: [(file: SafetensorsBytes, start: Int)] = []
    var entries: [SafetensorsEntry] = []
    var start = 0
    for path in paths {
      let file = try SafetensorsBytes(path: path)
      parts.append((file, start))
      entries += file.entries.map { $0.moved(by: start) }
      start += file.entries.last?.offsets.upperBound ?? 0
    }
    self.parts = parts
    self.entries = entries
  }

  var files: [String] { parts.map(\.file.path) }

  var changed: String? { parts.first { $0.file.isChanged }?.file.path }

  /// In which file each tensor is.
  var index: [String: String] {
    var index: [String: String] = [:]
    for (file, _) in parts {
      let name = URL(fileURLWithPath: file.path).lastPathComponent
      for entry in file.entries { index[entry.name] = name }
    }
    return index
  }

  func read(
    into buffer: UnsafeMutableRawBufferPointer, at offset: Int
  ) throws(SafetensorsError) {
    guard let part = parts.last(where: { $0.start <= offset }) else { return }
    try part.file.read(into: buffer, at: offset - part.start)
  }
}

/// A checkpoint to merge: its tensors and what lies beside them.
package struct MergeCheckpoint: Sendable {
  /// As the user named it.
  package let path: String
  package let input: any MergeInput
  /// Files that are copied as they are, from θ₀: names and contents.
  package let companions: [(name: String, bytes: [UInt8])]

  private static let companionNames = ["config.json", "preprocessor_config.json"]

  /// Opens a Hugging Face folder, or a safetensors file.
  ///
  /// - Throws: `MergeError.noCheckpoint` or `.input`.
  package init(path: String) throws(MergeError) {
    let files: CheckpointFiles
    do throws(StorageError) {
      files = try CheckpointFiles(path)
    } catch {
      throw .noCheckpoint(error.description)
    }
    let endings = [".bin", ".ckpt", ".pt", ".pth"]
    guard !files.weights.contains(where: { name in endings.contains(where: name.hasSuffix) }) else {
      throw .noCheckpoint(
        "\(path): its weights are not in safetensors files; convert it first with "
          + "'alphasweep convert \(path) -o FOLDER'")
    }
    let parts: SafetensorsParts
    do throws(SafetensorsError) {
      parts = try SafetensorsParts(paths: files.weights.map(files.full))
    } catch {
      throw .input(error)
    }
    guard files.form == .original || files.form == .safetensors || parts.index == files.index else {
      throw .noCheckpoint(
        "\(path): model.safetensors.index.json names other tensors than its files have; fetch it again"
      )
    }
    input = parts
    let isFolder = files.form != .original
    self.path = path
    var companions: [(name: String, bytes: [UInt8])] = []
    if isFolder {
      for name in Self.companionNames {
        if let data = FileManager.default.contents(atPath: "\(path)/\(name)") {
          companions.append((name, Array(data)))
        } else if name == "config.json" {
          throw .noCheckpoint("\(path): its config.json cannot be read")
        }
      }
    }
    self.companions = companions
  }

  /// The last part of the path, for people.
  var name: String { URL(fileURLWithPath: path).lastPathComponent }

  func read(into buffer: UnsafeMutableRawBufferPointer, at offset: Int) throws(MergeError) {
    do throws(SafetensorsError) {
      try input.read(into: buffer, at: offset)
    } catch {
      throw .input(error)
    }
  }
}

/// Names that mean the same tensor.
enum TensorName {
  /// What transformers puts before the encoder's names in models with a head.
  private static let models = ["hubert.", "wav2vec2.", "wavlm."]
  /// torch's two spellings of weight norm, magnitude and direction.
  private static let weightNorm = [
    (".weight_g", ".parametrizations.weight.original0"),
    (".weight_v", ".parametrizations.weight.original1"),
  ]

  /// One name for all spellings: without the model's prefix, weight norm as torch spells it today.
  static func canonical(_ name: String) -> String {
    var name = name
    if let model = models.first(where: name.hasPrefix) { name.removeFirst(model.count) }
    for (old, new) in weightNorm where name.hasSuffix(old) {
      name = name.dropLast(old.count) + new
    }
    return name
  }
}
