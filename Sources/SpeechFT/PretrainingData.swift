import Experiment
import Foundation
import Speech
import Torch

/// The training recordings of all corpora of a pre-training, and the batches made of them.
struct PretrainingData {
  /// Utterances of at least one span's length, corpus by corpus.
  let utterances: [Utterance]
  private let sources: [(corpus: Corpus, range: Range<Int>)]
  private let parameters: PretrainParameters
  private let configuration: EncoderConfiguration
  private let logMelFeatures: LogMel
  private let mfccFeatures: MFCC

  /// Opens every input called `corpus.<name>`; only train splits are read.
  init(_ context: StageContext, _ parameters: PretrainParameters) throws {
    self.parameters = parameters
    configuration = EncoderConfiguration(parameters.architecture)
    logMelFeatures = try LogMel()
    mfccFeatures = try MFCC()
    let shortest = configuration.windowSamples + 9 * configuration.strideSamples
    var utterances: [Utterance] = []
    var sources: [(corpus: Corpus, range: Range<Int>)] = []
    for role in context.request.inputs.keys.sorted() where role.hasPrefix("corpus.") {
      let corpus = try context.corpus(role)
      let chosen = corpus.select(Selection(splits: [.train])).filter { $0.samples >= shortest }
      sources.append((corpus, utterances.count..<(utterances.count + chosen.count)))
      utterances += chosen
    }
    guard !utterances.isEmpty else {
      throw StageError.empty(stage: context.request.label, what: "training recording")
    }
    self.utterances = utterances
    self.sources = sources
  }

  /// N samples as an encoder wants them.
  func waveform(_ utterance: Int, for encoder: EncoderConfiguration) throws -> Tensor {
    let samples = encoder.prepared(try samples(utterance))
    return try Tensor(samples, shape: [samples.count])
  }

  private func samples(_ utterance: Int) throws -> [Float] {
    guard let source = sources.first(where: { $0.range.contains(utterance) }) else { return [] }
    return try source.corpus.samples(of: utterances[utterance])
  }

  /// Frames × 39 at 50 Hz, aligned with the encoder's frames.
  func mfcc(_ utterance: Int) throws -> Tensor {
    let samples = try samples(utterance)
    let every10ms = try mfccFeatures(Tensor(samples, shape: [samples.count]))
    return try everySecond(every10ms, frames: configuration.frames(samples: samples.count))
  }

  /// Log-mel frames of a batch in standard units: B×T×80.
  func logMel(of batch: CroppedBatch) throws -> Tensor {
    try Autograd.disabled {
      let count = batch.waveforms.shape[0]
      let rows = try (0..<count).map { row in
        let waveform = try batch.waveforms.select(dimension: 0, index: row)
        let frames = configuration.frames(samples: waveform.count)
        // The waveform has unit variance, so one mean and scale fit all utterances.
        return try everySecond(logMelFeatures(waveform), frames: frames)
          .subtracting(Self.logMelMean).divided(by: Self.logMelScale)
      }
      return try Tensor.stacked(rows, dimension: 0)
    }
  }

  /// Mean and spread of log-mel energies of speech of unit variance, rounded: only the scale of a
  /// warm-up loss depends on them.
  private static let logMelMean = 0.0
  private static let logMelScale = 4.0

  private func everySecond(_ frames: Tensor, frames count: Int) throws -> Tensor {
    let indices = (0..<count).map { Int64(2 * $0) }
    return try frames.indexSelect(dimension: 0, indices: Tensor(indices, shape: [count]))
  }

  /// Batches bucketed by cropped length.
  func batches(_ draws: Draws, purpose: String) -> LengthBuckets {
    let longest = Int(parameters.cropSeconds * 16_000)
    return LengthBuckets(
      lengths: utterances.map { min($0.samples, longest) },
      limit: .size(Int(parameters.batchSeconds * 16_000)), draws: draws, purpose: purpose)
  }

  /// Crops every utterance of a batch to the length of the shortest, at whole frames.
  func crop(_ batch: [Int], _ numbers: SplitMix64) throws -> CroppedBatch {
    var numbers = numbers
    let stride = configuration.strideSamples
    let limit = Int(parameters.cropSeconds * 16_000)
    let shortest = batch.map { min(utterances[$0].samples, limit) }.min() ?? 0
    let length =
      configuration.windowSamples
      + (configuration.frames(samples: shortest) - 1) * stride
    var rows: [Float] = []
    rows.reserveCapacity(batch.count * length)
    var starts: [Int] = []
    for index in batch {
      let samples = configuration.prepared(try samples(index))
      let start = numbers.below((samples.count - length) / stride + 1)
      rows += samples[(start * stride)..<(start * stride + length)]
      starts.append(start)
    }
    return CroppedBatch(
      utterances: batch, names: batch.map { utterances[$0].id }, startFrames: starts,
      waveforms: try Tensor(rows, shape: [batch.count, length]))
  }

  /// What was trained on: hours by corpus, and the size of the model.
  func writeFacts(to path: String, parameters count: Int) throws {
    var hours: [String: Canonical] = [:]
    for (corpus, range) in sources {
      let samples = utterances[range].reduce(0) { $0 + $1.samples }
      hours[corpus.name] = Canonical(number: Double(samples) / 16_000 / 3600)
    }
    let total = utterances.reduce(0) { $0 + $1.samples }
    let facts = Canonical.map([
      "hours": Canonical(number: Double(total) / 16_000 / 3600),
      "hoursByCorpus": .map(hours),
      "utterances": .integer(utterances.count),
      "parameters": .integer(count),
    ])
    try Data((facts.text + "\n").utf8).write(to: URL(fileURLWithPath: path))
  }
}

/// Equally long pieces of B utterances.
struct CroppedBatch {
  /// Numbers of the utterances in `PretrainingData.utterances`.
  let utterances: [Int]
  let names: [String]
  /// Frame of each utterance at which its piece starts.
  let startFrames: [Int]
  /// B×N.
  let waveforms: Tensor

  /// The units of all frames, row by row: B·T.
  func targets(_ sequences: [[Int32]], frames: Int) -> [Int32] {
    var targets: [Int32] = []
    for (utterance, start) in zip(utterances, startFrames) {
      targets += sequences[utterance][start..<(start + frames)]
    }
    return targets
  }
}
