import Experiment
import Speech
import Torch

/// Batches for an encoder, from stored downsampled frames where its downsampling module is θ₀'s and
/// from the waveform where it is not.
struct EncoderInput {
  private let corpus: Corpus
  private let stored: DownsampledFrames?
  private let configuration: EncoderConfiguration

  /// `suffix` is of the inputs' roles, where a stage has several corpora.
  init(
    _ context: StageContext, configuration: EncoderConfiguration, suffix: String = ""
  ) throws {
    corpus = try context.corpus("corpus" + suffix)
    let role = "downsampled" + suffix
    stored = context.has(role) ? try DownsampledFrames(folder: context.folder(role)) : nil
    self.configuration = configuration
  }

  func frames(_ utterance: Utterance) -> Int { configuration.frames(samples: utterance.samples) }

  /// Downsampled frames of a batch.
  ///
  /// - Parameters:
  ///   - utterances: Of the corpus.
  ///   - encoder: Whose downsampling module is taken where nothing is stored.
  ///   - checkpoints: As for `SpeechEncoder.downsample`.
  /// - Throws: `AudioError`, `TorchError`.
  /// - Returns: B×T×C padded with zeros, and the mask; each utterance is downsampled alone, so no
  ///   normalisation sees padding.
  func batch(
    _ utterances: [Utterance], encoder: SpeechEncoder, checkpoints: GradientCheckpoints? = nil
  ) throws -> (frames: Tensor, padding: PaddingMask?) {
    let lengths = utterances.map { frames($0) }
    let longest = lengths.max() ?? 0
    let rows = try zip(utterances, lengths).map { utterance, length in
      let frames = try downsampled(utterance, encoder, checkpoints)
      return try length == longest
        ? frames : frames.extended(dimension: 0, to: longest)
    }
    return (try Tensor.stacked(rows, dimension: 0), try PaddingMask(lengths: lengths))
  }

  private func downsampled(
    _ utterance: Utterance, _ encoder: SpeechEncoder, _ checkpoints: GradientCheckpoints?
  ) throws -> Tensor {
    if let stored { return try stored(utterance) }
    let samples = encoder.configuration.prepared(try corpus.samples(of: utterance))
    return try encoder.downsample(
      Tensor(samples, shape: [1, samples.count]), checkpoints: checkpoints
    ).squeezed(0)
  }
}
