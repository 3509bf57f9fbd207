import Artifacts
import Experiment
import Foundation
import Torch

/// A checkpoint as people have it, opened but not read: its configuration in transformers' keys
/// and its tensors by transformers' names, whatever form it was published in.
package struct Checkpoint {
  /// Where the weights come from.
  package enum Layout: String, Sendable {
    case huggingFace, fairseq, wavlm, decoar2
  }

  /// A tensor and where it comes from.
  package struct Entry: Sendable, Hashable {
    /// By transformers' name; where there is none, the original one.
    package let name: String
    /// As the file has it.
    package let original: String
    /// As PyTorch calls it.
    package let type: String
    package let shape: [Int]

    /// As lists show it: "encoder.layer_norm.weight [768]".
    package var summary: String { "\(name) \(shape)" }
  }

  /// The folder or file, after a hub name was looked up.
  package let path: String
  package let files: CheckpointFiles
  package let layout: Layout
  /// As `config.json` of transformers has it.
  package let json: Canonical
  /// As `preprocessor_config.json` has it; nil where neither it nor an original file says anything.
  package let preprocessor: Canonical?
  /// Texts of the safetensors headers.
  package let metadata: [String: String]
  /// The encoder's tensors, and whatever is no known head.
  package let entries: [Entry]
  /// Heads of pre-training and of tasks: recognised, not loaded.
  package let setAside: [Entry]

  private let stored: [StoredTensor]
  /// What an index and the files it names do not agree in.
  package let problems: [String]

  /// The largest `config.json` that is read.
  private static let configurationLimit = 16 << 20

  /// Opens a Hugging Face folder, an original `.pt` file, or a model of the local Hugging Face
  /// cache by its name.
  ///
  /// - Parameters:
  ///   - given: A path or a hub name such as `facebook/hubert-base-ls960`.
  ///   - cache: Where hub names are looked up.
  /// - Returns: The checkpoint, its files open.
  /// - Throws: `HubCacheError`, `StorageError`, `SafetensorsError`, `TorchArchiveError`,
  ///   `CheckpointError`; nothing of a pickle is ever executed.
  package static func open(_ given: String, cache: HubCache = HubCache()) throws -> Checkpoint {
    let path = try cache.resolve(given)
    let files = try CheckpointFiles(path)
    if files.form != .original {
      return try Checkpoint(files, CheckpointParts(folder: files), folder: path)
    }
    let parts = try CheckpointParts(file: path)
    let folder = (path as NSString).deletingLastPathComponent
    guard let document = parts.document, OriginalLayout(parts) != nil else {
      // A file of transformers on its own: its configuration lies beside it.
      guard FileManager.default.fileExists(atPath: folder + "/config.json") else {
        throw CheckpointError.unreadable(
          path: path,
          problem: "it has transformers' tensors but no config.json beside it; name the folder "
            + "that has both")
      }
      return try Checkpoint(files, parts, folder: folder)
    }
    return try Checkpoint(original: files, parts, document)
  }

  /// The encoder's sizes.
  ///
  /// - Throws: `CheckpointError` naming the key that is not supported.
  package func configuration() throws -> EncoderConfiguration {
    let folder = files.form == .original ? nil : path
    var configuration = try EncoderConfiguration(
      json: json, path: folder.map { $0 + "/config.json" } ?? path)
    if let preprocessor {
      try configuration.read(
        preprocessor: preprocessor, path: folder.map { $0 + "/preprocessor_config.json" } ?? path)
    }
    return configuration
  }

  /// Reads the encoder's weights in float32.
  ///
  /// - Throws: `CheckpointError` listing every missing, unexpected and mis-shaped tensor, and
  ///   what `tensors()` throws.
  package func weights() throws -> EncoderWeights {
    let configuration = try configuration()
    return try EncoderWeights(
      configuration: configuration, tensors: tensors(), path: weightsPath)
  }

  /// Reads the encoder's tensors by transformers' names, in float32; float16 and bfloat16 are
  /// widened exactly.
  ///
  /// - Throws: `CheckpointError` listing tensors of other types, those that are there twice, and
  ///   what an index does not agree with.
  package func tensors() throws -> [String: Tensor] {
    var problems = problems
    var seen: Set<String> = []
    for entry in entries {
      if !seen.insert(entry.name).inserted { problems.append("twice \(entry.summary)") }
      if !["float32", "float16", "bfloat16"].contains(entry.type) {
        problems.append(
          "\(entry.summary) is \(entry.type); read are float32, float16 and bfloat16")
      }
    }
    guard problems.isEmpty else { throw CheckpointError.tensors(path: path, problems: problems) }
    try checkSize()
    var tensors: [String: Tensor] = [:]
    for (entry, tensor) in zip(entries, stored) {
      tensors[entry.name] = try tensor.read().to(.float32)
    }
    return tensors
  }

  private var weightsPath: String {
    files.weights.count == 1 ? files.full(files.weights[0]) : path
  }

  /// Tensors of a pickle may share their bytes: a small file could ask for much memory.
  private func checkSize() throws {
    var held = 0
    for file in files.weights {
      let full = (files.full(file) as NSString).resolvingSymlinksInPath
      let attributes = try FileManager.default.attributesOfItem(atPath: full)
      held += attributes[.size] as? Int ?? 0
    }
    var needed = 0
    for tensor in stored {
      let bytes = tensor.count.multipliedReportingOverflow(by: 2)
      let sum = needed.addingReportingOverflow(bytes.partialValue)
      guard !bytes.overflow, !sum.overflow, sum.partialValue <= held else {
        throw CheckpointError.unreadable(
          path: path, problem: "its tensors are larger than its \(held) bytes; it is damaged")
      }
      needed = sum.partialValue
    }
  }

  private static func json(_ path: String) throws -> Canonical {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw CheckpointError.unreadable(
        path: path,
        problem: "cannot be read; a checkpoint is a folder with config.json and model.safetensors")
    }
    guard data.count <= configurationLimit else {
      throw CheckpointError.unreadable(
        path: path, problem: "is larger than \(configurationLimit) bytes")
    }
    do {
      return try Canonical(json: data)
    } catch {
      throw CheckpointError.unreadable(path: path, problem: "is not JSON")
    }
  }
}

extension Checkpoint {
  /// Files of transformers, with the configuration of their folder.
  private init(_ files: CheckpointFiles, _ parts: CheckpointParts, folder: String) throws {
    let preprocessor = folder + "/preprocessor_config.json"
    self.init(
      files, parts, .huggingFace, json: try Self.json(folder + "/config.json"),
      preprocessor: FileManager.default.fileExists(atPath: preprocessor)
        ? try Self.json(preprocessor) : nil,
      name: PublishedNames.canonical)
  }

  /// A file that says its own sizes.
  private init(
    original files: CheckpointFiles, _ parts: CheckpointParts, _ document: PickleDocument
  ) throws {
    let configuration = OriginalConfiguration(document, path: files.path)
    let shapes = Dictionary(parts.tensors.map { ($0.name, $0.shape) }) { first, _ in first }
    if OriginalLayout(parts) == .filterBanks {
      // Its own names are those that the encoder knows.
      let json = try configuration.decoar2(tensors: parts.tensors.map(\.name)) { shapes[$0] }
      self.init(files, parts, .decoar2, json: json, preprocessor: nil) { $0 }
    } else {
      let json = try configuration.waveform(
        hasMask: parts.tensors.contains { OriginalNames.canonical($0.name) == EncoderTensors.mask })
      let layout = json["model_type"] == .string("wavlm") ? Layout.wavlm : .fairseq
      self.init(files, parts, layout, json: json, preprocessor: try configuration.preprocessor()) {
        OriginalNames.canonical($0) ?? $0
      }
    }
  }

  private init(
    _ files: CheckpointFiles, _ parts: CheckpointParts, _ layout: Layout, json: Canonical,
    preprocessor: Canonical?, name: (String) -> String
  ) {
    path = files.path
    self.files = files
    self.layout = layout
    self.json = json
    self.preprocessor = preprocessor
    metadata = parts.metadata
    problems = parts.problems
    func entry(_ tensor: StoredTensor) -> Entry {
      Entry(
        name: name(tensor.name), original: tensor.name, type: tensor.type, shape: tensor.shape)
    }
    let heads = parts.tensors.filter { Self.isSetAside($0.name, layout) }
    stored = parts.tensors.filter { !Self.isSetAside($0.name, layout) }
    entries = stored.map(entry)
    setAside = heads.map(entry)
  }

  /// Of DeCoAR 2.0, s3prl loads the projection and the encoder and leaves all else.
  private static func isSetAside(_ name: String, _ layout: Layout) -> Bool {
    PublishedNames.isHead(name)
      || layout == .decoar2 && !name.hasPrefix("encoder.") && !name.hasPrefix("post_extract_proj.")
  }
}

/// What kind of encoder a file with fairseq's names has.
enum OriginalLayout {
  case waveforms, filterBanks

  /// - Returns: nil for files with other names.
  init?(_ parts: CheckpointParts) {
    let names = parts.tensors.map(\.name)
    let isOriginal = names.contains {
      $0.hasSuffix("post_extract_proj.weight") || $0.contains("encoder.pos_conv.0.")
    }
    guard isOriginal else { return nil }
    self = names.contains { $0.contains("feature_extractor.") } ? .waveforms : .filterBanks
  }
}
