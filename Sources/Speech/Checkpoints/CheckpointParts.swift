import Artifacts
import Torch

/// A tensor of a file that is open, read when asked for.
struct StoredTensor {
  /// As the file has it.
  let name: String
  /// As PyTorch calls it.
  let type: String
  let shape: [Int]
  let read: () throws -> Tensor

  /// Both kinds of file have checked that it does not overflow.
  var count: Int { shape.contains(0) ? 0 : shape.reduce(1, *) }
}

/// The tensors of the files of one checkpoint.
struct CheckpointParts {
  private(set) var tensors: [StoredTensor] = []
  private(set) var metadata: [String: String] = [:]
  /// What an index and the files it names do not agree in.
  private(set) var problems: [String] = []
  /// The pickle of an original checkpoint.
  private(set) var document: PickleDocument?

  /// Opens the files of a Hugging Face folder.
  ///
  /// - Throws: `SafetensorsError`, `TorchArchiveError`, `CheckpointError`.
  init(folder files: CheckpointFiles) throws {
    for file in files.weights {
      let found: [StoredTensor]
      switch files.form {
      case .safetensors, .shardedSafetensors: found = try safetensors(files.full(file))
      case .pickle, .shardedPickle, .original: found = try pickled(files.full(file))
      }
      for tensor in found where !files.index.isEmpty && files.index[tensor.name] != file {
        problems.append(
          "\(tensor.name) \(tensor.shape) is in \(file), and the index says "
            + (files.index[tensor.name] ?? "nothing of it"))
      }
      tensors += found
    }
    let names = Set(tensors.map(\.name))
    problems += files.index.keys.filter { !names.contains($0) }.sorted()
      .map { "missing \($0), which the index says is in \(files.index[$0] ?? "")" }
  }

  /// Opens one file: of transformers, or an original one, whose tensors are one of its members.
  ///
  /// - Throws: `SafetensorsError`, `TorchArchiveError`, `CheckpointError`.
  init(file path: String) throws {
    if path.hasSuffix(".safetensors") {
      tensors = try safetensors(path)
    } else {
      tensors = try pickled(path)
    }
  }

  private mutating func safetensors(_ path: String) throws -> [StoredTensor] {
    let file = try SafetensorsFile(path: path)
    metadata.merge(file.metadata) { first, _ in first }
    return file.entries.map { entry in
      StoredTensor(name: entry.name, type: entry.dtype.rawValue, shape: entry.shape) {
        try file.tensor(named: entry.name)
      }
    }.sorted { $0.name < $1.name }
  }

  /// The tensors of a dictionary, or of its member `model` or, from s3prl, `model_weight`.
  private mutating func pickled(_ path: String) throws -> [StoredTensor] {
    let archive = try TorchArchive(path: path)
    let document = archive.document
    self.document = document
    let state =
      document[document.root, "model_weight"].flatMap { document.entries(of: $0) }
      ?? document[document.root, "model"].flatMap { document.entries(of: $0) }
      ?? document.entries(of: document.root)
    guard let state else {
      throw CheckpointError.unreadable(path: path, problem: "it holds no dictionary of tensors")
    }
    let tensors = state.compactMap { name, value in
      document.tensor(value).map { tensor in
        StoredTensor(name: name, type: tensor.element.name, shape: tensor.shape) {
          try archive.tensor(tensor, named: name)
        }
      }
    }
    guard !tensors.isEmpty else {
      throw CheckpointError.unreadable(
        path: path,
        problem: "it holds no tensors by name; an encoder's are looked for in 'model', in "
          + "'model_weight' and at the top, and the top has "
          + state.prefix(12).map(\.key).joined(separator: ", "))
    }
    return tensors
  }
}
