import Experiment
import Foundation
import Speech
import Torch

/// Takes the features of utterances in any order and writes them in the corpus's order.
protocol FeatureSink {
  /// Takes layers × T × D of the utterance with this number.
  mutating func take(_ features: Tensor, of utterance: Int) throws
  func finish() throws
}

/// Means over time: `pooled`, utterances × layers × D in float32.
struct PooledSink: FeatureSink {
  private var means: [Tensor?]
  private let path: String

  init(count: Int, path: String) {
    means = Array(repeating: nil, count: count)
    self.path = path
  }

  mutating func take(_ features: Tensor, of utterance: Int) throws {
    means[utterance] = try features.mean(dimensions: [1], keep: false)
  }

  func finish() throws {
    try Safetensors.write(
      tensors: [(name: "pooled", tensor: Tensor.stacked(means.compactMap { $0 }, dimension: 0))],
      metadata: [:], to: path)
  }
}

/// All frames, in float16: for each utterance layers × T × D, at the index's start × layers × D.
struct FrameSink: FeatureSink {
  private let index: FrameIndex
  private let folder: String
  private var handle: FileHandle?

  init(index: FrameIndex, folder: String) {
    self.index = index
    self.folder = folder
  }

  mutating func take(_ features: Tensor, of utterance: Int) throws {
    if handle == nil {
      let path = folder + "/frames.bin"
      try FrameShape(layers: features.shape[0], width: features.shape[2]).write(to: folder)
      guard FileManager.default.createFile(atPath: path, contents: nil) else {
        throw StageError.unusable(
          stage: path, problem: "cannot be created: \(String(cString: strerror(errno)))")
      }
      handle = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
    }
    let half = try features.to(.float16).contiguous()
    let layersTimesWidth = features.shape[0] * features.shape[2]
    let offset = index.entries[utterance].start * layersTimesWidth * 2
    try handle?.seek(toOffset: UInt64(offset))
    let bytes = try half.withBytes { Data($0) }
    try handle?.write(contentsOf: bytes)
  }

  func finish() throws { try handle?.close() }
}

/// A seeded sample of frames over all utterances: `layer.<l>`, count × D in float32.
struct SampledSink: FeatureSink {
  private let sample: FrameSample
  private var taken: [Tensor?]
  private let path: String

  init(index: FrameIndex, count: Int, draws: Draws, path: String) {
    sample = FrameSample(lengths: index.entries.map(\.frames), count: count, draws: draws)
    taken = Array(repeating: nil, count: index.entries.count)
    self.path = path
  }

  mutating func take(_ features: Tensor, of utterance: Int) throws {
    taken[utterance] = try sample.frames(of: utterance, in: features)
  }

  func finish() throws {
    let sample = try Tensor.concatenated(taken.compactMap { $0 }, dimension: 1)
    let layers = try (0..<sample.shape[0]).map { layer in
      (name: "layer.\(layer)", tensor: try sample.select(dimension: 0, index: layer).contiguous())
    }
    try Safetensors.write(tensors: layers, metadata: [:], to: path)
  }
}
