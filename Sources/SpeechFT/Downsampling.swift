import Experiment
import Foundation
import Speech
import Torch

/// The `downsample` stage: the frozen downsampling module over a corpus, once for every encoder that
/// shares it (all of an α grid, and every method that freezes it).
package struct Downsampling {
  private let context: StageContext
  private let parameters: DownsampleParameters

  package init(_ context: StageContext) throws {
    self.context = context
    parameters = try context.parameters()
  }

  /// Writes `downsampled.safetensors` (`frames`: all utterances' frames × C, float32) and
  /// `index.jsonl`. Utterances go through one by one: GroupNorm must not see padding.
  package func write(to folder: String) throws {
    try TorchRuntime.setThreads(parameters.threads)
    let heard = try EncodedCorpus(context, parameters.selection)
    let (encoder, utterances) = (heard.encoder, heard.utterances)
    var index = FrameIndex()
    for utterance in utterances {
      index.append(
        utterance: utterance, frames: encoder.configuration.frames(samples: utterance.samples))
    }
    try Autograd.disabled {
      var stream: SafetensorsStream?
      for (number, utterance) in utterances.enumerated() {
        let frames = try heard.downsampled(utterance).squeezed(0)
        // The width is known with the first frames; memory holds one utterance's at a time.
        let file =
          try stream
          ?? SafetensorsStream(
            path: folder + "/downsampled.safetensors", dtype: .float32,
            shapes: [("frames", [index.frames, frames.shape[1]])])
        stream = file
        try file.append(rows: frames.contiguous())
        if number % 20 == 0 {
          context.progress(
            Double(number) / Double(utterances.count), "\(number)/\(utterances.count) recordings")
        }
      }
      try stream?.finish()
    }
    try index.write(to: folder + "/index.jsonl")
  }
}

/// Where each utterance's frames lie in a file of concatenated frames.
struct FrameIndex {
  struct Entry: Codable {
    var id: String
    var split: Split
    /// First frame in the file.
    var start: Int
    var frames: Int
  }
  private(set) var entries: [Entry] = []
  /// Forty years of audio: beyond, positions in files would overflow.
  private static let most = 1 << 36

  init() {}

  init(path: String) throws {
    guard let data = FileManager.default.contents(atPath: path) else {
      throw StageError.unusable(stage: path, problem: "cannot be read")
    }
    let decoder = JSONDecoder()
    entries = try data.split(separator: UInt8(ascii: "\n")).map {
      let entry = try decoder.decode(Entry.self, from: Data($0))
      guard (0...Self.most).contains(entry.start), (0...Self.most).contains(entry.frames) else {
        throw StageError.unusable(stage: path, problem: "it names frames that cannot be")
      }
      return entry
    }
  }

  /// Of all utterances.
  var frames: Int { entries.last.map { $0.start + $0.frames } ?? 0 }

  mutating func append(utterance: Utterance, frames: Int) {
    let entry = Entry(
      id: utterance.id, split: utterance.split, start: self.frames, frames: frames)
    entries.append(entry)
  }

  func write(to path: String) throws {
    var text = ""
    for entry in entries { text += try Canonical(encoding: entry).text + "\n" }
    try Data(text.utf8).write(to: URL(fileURLWithPath: path))
  }
}

/// The stored output of a downsampling module, by utterance, read when it is asked for.
struct DownsampledFrames {
  private let file: SafetensorsFile
  private let entries: [String: FrameIndex.Entry]

  init(folder: String) throws {
    file = try SafetensorsFile(path: folder + "/downsampled.safetensors")
    entries = Dictionary(
      try FrameIndex(path: folder + "/index.jsonl").entries.map { ($0.id, $0) },
      uniquingKeysWith: { first, _ in first })
  }

  /// T×C of one utterance.
  func callAsFunction(_ utterance: Utterance) throws -> Tensor {
    guard let entry = entries[utterance.id] else {
      throw StageError.unusable(
        stage: "downsampled frames", problem: "they lack \(utterance.id)")
    }
    return try file.rows(
      entry.start..<(entry.start + entry.frames), ofTensorNamed: "frames")
  }
}
