import Experiment
import Foundation
import Speech
import Torch

/// Features as a `features` stage left them, brought to one scale for a head.
///
/// Unless they are wanted as they are, every dimension of every layer is brought to zero mean and unit
/// variance, measured over the training split: an affine map that the head could learn itself, so it
/// favours no row of a table, but lets one learning rate fit features of all scales.
struct StoredFeatures: FrozenFeatures {
  let entries: [FrameIndex.Entry]
  let layers: Int
  let width: Int
  private let store: Store
  private var scaling: FeatureScaling?

  private enum Store {
    /// Utterances × layers × D.
    case pooled(Tensor)
    case frames(FrameFile)
  }

  init(folder: String, isPooled: Bool, isRaw: Bool) throws {
    entries = try FrameIndex(path: folder + "/index.jsonl").entries
    if isPooled {
      let all = try SafetensorsFile(path: folder + "/pooled.safetensors").tensor(named: "pooled")
      (layers, width) = (all.shape[1], all.shape[2])
      store = .pooled(all)
    } else {
      let file = try FrameFile(folder: folder, entries)
      (layers, width) = (file.shape.layers, file.shape.width)
      store = .frames(file)
    }
    guard !isRaw else { return }
    let training = entries.indices.filter { entries[$0].split == .train }
    guard !training.isEmpty else {
      throw StageError.empty(stage: folder, what: "training recording")
    }
    var sums = ScalingSums()
    for utterance in training { try sums.add(features(utterance)) }
    scaling = try sums.scaling()
  }

  /// Of pooled vectors; frames stay in their file.
  var bytesInMemory: Int {
    if case .pooled(let all) = store { all.count * MemoryLayout<Float>.size } else { 0 }
  }

  func frames(_ utterance: Int) -> Int {
    if case .pooled = store { 1 } else { entries[utterance].frames }
  }

  func hidden(_ batch: [Int]) throws -> HiddenBatch {
    switch store {
    case .pooled(let all):
      let chosen = try all.indexSelect(dimension: 0, indices: Tensor(indices: batch))
      return HiddenBatch(
        features: [try chosen.transposed(0, 1)], isPooled: true, scaling: scaling, longest: 1)
    case .frames(let file):
      return HiddenBatch(
        features: try batch.map { try file[$0] }, isPooled: false, scaling: scaling,
        longest: batch.map { frames($0) }.max() ?? 0)
    }
  }

  /// L×T×D of one utterance, as stored.
  func features(_ utterance: Int) throws -> Tensor {
    switch store {
    case .pooled(let all): try all.select(dimension: 0, index: utterance).unsqueezed(1)
    case .frames(let file): try file[utterance]
    }
  }
}

/// Frames of all utterances in float16, read when they are asked for.
struct FrameFile {
  let shape: FrameShape
  private let entries: [FrameIndex.Entry]
  private let data: Data

  init(folder: String, _ entries: [FrameIndex.Entry]) throws {
    let path = folder + "/frames.bin"
    shape = try FrameShape(folder: folder)
    self.entries = entries
    data = try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    let frames = entries.map { $0.start + $0.frames }.max() ?? 0
    guard frames * shape.bytesOfFrame <= data.count else {
      throw StageError.unusable(stage: path, problem: "it is shorter than its index")
    }
  }

  /// L×T×D of one utterance.
  subscript(utterance: Int) -> Tensor {
    get throws {
      let entry = entries[utterance]
      let range =
        entry.start * shape.bytesOfFrame..<(entry.start + entry.frames) * shape.bytesOfFrame
      return try data.withUnsafeBytes { bytes in
        try Tensor(
          bytes: UnsafeRawBufferPointer(rebasing: bytes[range]),
          shape: [shape.layers, entry.frames, shape.width], dtype: .float16)
      }
    }
  }
}

/// Layers and width of a file of frames.
struct FrameShape: Codable {
  var layers: Int
  var width: Int

  /// More would make positions in files overflow.
  private static let mostLayers = 1 << 10
  private static let mostWidth = 1 << 14

  /// In float16.
  var bytesOfFrame: Int { 2 * layers * width }

  init(layers: Int, width: Int) {
    self.layers = layers
    self.width = width
  }

  init(folder: String) throws {
    let path = folder + "/shape.json"
    guard let data = FileManager.default.contents(atPath: path) else {
      throw StageError.unusable(stage: path, problem: "cannot be read")
    }
    self = try JSONDecoder().decode(FrameShape.self, from: data)
    guard (1...Self.mostLayers).contains(layers), (1...Self.mostWidth).contains(width) else {
      throw StageError.unusable(stage: path, problem: "it says sizes that no encoder has")
    }
  }

  func write(to folder: String) throws {
    let text = try Canonical(encoding: self).text + "\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/shape.json"))
  }
}
