import Experiment
import Foundation
import Speech
import Torch

/// Features as a `features` stage left them, standardised for a head.
///
/// Every dimension of every layer is brought to zero mean and unit variance, measured over the
/// training split: an affine map that the head could learn itself, so it favours no row of a table,
/// but lets one learning rate fit features of all scales.
struct StoredFeatures {
  let entries: [FrameIndex.Entry]
  let layers: Int
  let width: Int
  /// layers × N × D of every utterance, N = 1 where they are pooled.
  private let features: [Tensor]

  init(folder: String, isPooled: Bool) throws {
    entries = try FrameIndex(path: folder + "/index.jsonl").entries
    let raw =
      isPooled
      ? try Self.pooled(folder) : try Self.frames(folder, entries)
    let training = zip(entries, raw).filter { $0.0.split == .train }.map(\.1)
    guard let first = raw.first, !training.isEmpty else {
      throw StageError.empty(stage: folder, what: "training recording")
    }
    layers = first.shape[0]
    width = first.shape[2]
    features = try Self.standardised(raw, by: training)
  }

  /// Features of one utterance: layers × N × D.
  subscript(utterance: Int) -> Tensor { features[utterance] }

  /// Features of a batch, padded with zeros: layers × (B·T) × D, row by row.
  func batch(_ utterances: [Int]) throws -> (features: Tensor, longest: Int) {
    let longest = utterances.map { features[$0].shape[1] }.max() ?? 0
    let rows = try utterances.map { utterance in
      let frames = features[utterance]
      return frames.shape[1] == longest
        ? frames : try frames.extended(dimension: 1, to: longest)
    }
    return (try Tensor.concatenated(rows, dimension: 1), longest)
  }

  private static func pooled(_ folder: String) throws -> [Tensor] {
    let all = try SafetensorsFile(path: folder + "/pooled.safetensors").tensor(named: "pooled")
    return try (0..<all.shape[0]).map {
      try all.select(dimension: 0, index: $0).unsqueezed(1)
    }
  }

  private static func frames(_ folder: String, _ entries: [FrameIndex.Entry]) throws -> [Tensor] {
    let path = folder + "/frames.bin"
    let data = try Data(contentsOf: URL(fileURLWithPath: path), options: .mappedIfSafe)
    let shape = try FrameShape(folder: folder)
    return try entries.map { entry in
      let start = entry.start * shape.layers * shape.width * 2
      let count = entry.frames * shape.layers * shape.width * 2
      guard start + count <= data.count else {
        throw StageError.unusable(stage: path, problem: "it is shorter than its index")
      }
      return try data.withUnsafeBytes { bytes in
        try Tensor(
          bytes: UnsafeRawBufferPointer(rebasing: bytes[start..<(start + count)]),
          shape: [shape.layers, entry.frames, shape.width], dtype: .float16
        ).to(.float32)
      }
    }
  }

  private static func standardised(_ raw: [Tensor], by training: [Tensor]) throws -> [Tensor] {
    let frames = try Tensor.concatenated(training, dimension: 1)
    let mean = try frames.mean(dimensions: [1], keep: true)
    let spread = try frames.variance(dimensions: [1], unbiased: false, keep: true)
      .adding(1e-10).sqrt()
    return try raw.map { try $0.subtracting(mean).divided(by: spread) }
  }
}

/// Layers and width of a file of frames.
struct FrameShape: Codable {
  var layers: Int
  var width: Int

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
  }

  func write(to folder: String) throws {
    let text = try Canonical(encoding: self).text + "\n"
    try Data(text.utf8).write(to: URL(fileURLWithPath: folder + "/shape.json"))
  }
}
