import Experiment
import Speech
import Torch

/// The utterances of a corpus that an encoder goes through one by one: GroupNorm must not see padding.
struct EncodedCorpus {
  let encoder: SpeechEncoder
  /// Those that are long enough for a frame.
  let utterances: [Utterance]
  private let corpus: Corpus

  /// Of the stage's inputs `corpus` and `encoder`.
  ///
  /// - Throws: `StageError.empty` where no utterance is left, and what opening the inputs throws.
  init(_ context: StageContext, _ selection: Selection) throws {
    let corpus = try context.corpus()
    let encoder = SpeechEncoder(try context.weights("encoder"))
    utterances = corpus.select(selection).filter {
      encoder.configuration.frames(samples: $0.samples) > 0
    }
    (self.corpus, self.encoder) = (corpus, encoder)
    guard !utterances.isEmpty else {
      throw StageError.empty(stage: context.request.label, what: "recording")
    }
  }

  /// 1×T×C: what the downsampling module makes of an utterance.
  func downsampled(_ utterance: Utterance) throws -> Tensor {
    let samples = encoder.configuration.prepared(try corpus.samples(of: utterance))
    return try encoder.downsample(Tensor(samples, shape: [1, samples.count]))
  }
}
