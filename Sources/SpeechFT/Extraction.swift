import Experiment
import Foundation
import Speech
import Torch

/// The `features` stage: a frozen encoder (or log-mel energies) over a corpus, once for every head,
/// seed and comparison that reads it.
package struct Extraction {
  private let context: StageContext
  private let parameters: FeaturesParameters

  package init(_ context: StageContext) throws {
    self.context = context
    parameters = try context.parameters()
  }

  /// Writes what `parameters.output` asks for, and `index.jsonl`.
  package func write(to folder: String) throws {
    try TorchRuntime.setThreads(parameters.threads)
    try Autograd.disabled {
      let source = try FeatureSource(context, parameters.source)
      let utterances = try context.corpus().select(parameters.selection)
        .map { $0.cut(to: parameters.cropSeconds) }.filter { source.frames($0) > 0 }
      guard !utterances.isEmpty else {
        throw StageError.empty(stage: context.request.label, what: "recording")
      }
      var index = FrameIndex()
      for utterance in utterances {
        index.append(utterance: utterance, frames: source.frames(utterance))
      }
      try index.write(to: folder + "/index.jsonl")
      var sink = try sink(utterances, index, folder)
      let batches = Self.batches(utterances, source)
      for (number, batch) in batches.enumerated() {
        let states = try source.features(batch.map { utterances[$0] })
        for (row, utterance) in batch.enumerated() { try sink.take(states[row], of: utterance) }
        if number % 8 == 0 {
          context.progress(
            Double(number) / Double(batches.count), "batch \(number)/\(batches.count)")
        }
      }
      try sink.finish()
    }
  }

  private func sink(
    _ utterances: [Utterance], _ index: FrameIndex, _ folder: String
  ) throws -> any FeatureSink {
    switch parameters.output {
    case .pooled:
      PooledSink(count: utterances.count, path: folder + "/pooled.safetensors")
    case .frames:
      FrameSink(index: index, folder: folder)
    case .sampled(let count):
      try SampledSink(
        index: index, count: count, draws: context.draws, path: folder + "/sampled.safetensors")
    }
  }

  /// Neighbours in length, so that little is padded; the partition depends on the corpus alone.
  private static func batches(_ utterances: [Utterance], _ source: FeatureSource) -> [[Int]] {
    let order = utterances.indices.sorted {
      (source.frames(utterances[$0]), $0) < (source.frames(utterances[$1]), $1)
    }
    var batches: [[Int]] = []
    var batch: [Int] = []
    for utterance in order {
      let frames = source.frames(utterances[utterance])
      if !batch.isEmpty, (batch.count + 1) * frames > Self.batchFrames {
        batches.append(batch)
        batch = []
      }
      batch.append(utterance)
    }
    if !batch.isEmpty { batches.append(batch) }
    return batches
  }

  /// 16 s of frames a batch: activations stay in the cache of one core at the small sizes, and in a
  /// gigabyte at Base size.
  private static let batchFrames = 800
}

/// The hidden states of an encoder, or log-mel frames in their place.
struct FeatureSource {
  private let corpus: Corpus
  private let encoder: (encoder: SpeechEncoder, input: EncoderInput)?
  private let logMel: (features: LogMel, isNormalised: Bool)?
  /// Log-mel frames take the encoder's grid: a window of 400 samples every 320.
  private let grid = (windowSamples: 400, strideSamples: 320)

  init(_ context: StageContext, _ source: FeaturesParameters.Source) throws {
    corpus = try context.corpus()
    switch source {
    case .encoder:
      let weights = try context.weights("encoder")
      encoder = (
        SpeechEncoder(weights), try EncoderInput(context, configuration: weights.configuration)
      )
      logMel = nil
    case .logMel, .normalisedLogMel:
      encoder = nil
      logMel = (try LogMel(), source == .normalisedLogMel)
    }
  }

  func frames(_ utterance: Utterance) -> Int {
    if let encoder { return encoder.input.frames(utterance) }
    guard utterance.samples >= grid.windowSamples else { return 0 }
    return (utterance.samples - grid.windowSamples) / grid.strideSamples + 1
  }

  /// Layers × T × D of each utterance of a batch.
  func features(_ utterances: [Utterance]) throws -> [Tensor] {
    guard let encoder else { return try utterances.map(logMelFrames) }
    let input = try encoder.input.batch(utterances, encoder: encoder.encoder)
    let states = try encoder.encoder.encode(
      encoder.encoder.project(input.frames), padding: input.padding)
    let layers = try Tensor.stacked(states, dimension: 1)  // B×(L+1)×T×D
    return try utterances.enumerated().map { row, utterance in
      try layers.select(dimension: 0, index: row)
        .narrow(dimension: 1, start: 0, count: frames(utterance))
    }
  }

  private func logMelFrames(_ utterance: Utterance) throws -> Tensor {
    guard let logMel else {
      throw StageError.unusable(stage: "features", problem: "there is no source")
    }
    let samples = try corpus.samples(of: utterance)
    let every10ms = try logMel.features(Tensor(samples, shape: [samples.count]))
    let rows = (0..<frames(utterance)).map { Int64(2 * $0) }
    var frames = try every10ms.indexSelect(dimension: 0, indices: Tensor(rows, shape: [rows.count]))
    if logMel.isNormalised {
      let mean = try frames.mean(dimensions: [0], keep: true)
      let spread = try frames.variance(dimensions: [0], unbiased: false, keep: true)
        .adding(1e-10).sqrt()
      frames = try frames.subtracting(mean).divided(by: spread)
    }
    return try frames.unsqueezed(0)
  }
}
