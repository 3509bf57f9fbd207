import Experiment
import Speech
import Torch

/// Features that are encoded anew for each batch, where their frames would not fit on the disk.
struct EncodedFeatures: FrozenFeatures {
  let entries: [FrameIndex.Entry]
  let layers: Int
  let width: Int
  private let source: FeatureSource
  private let utterances: [Utterance]
  private var scaling: FeatureScaling?

  init(
    _ context: StageContext, _ parameters: EvaluateParameters, _ kind: FeaturesParameters.Source
  ) throws {
    let source = try FeatureSource(context, kind)
    let utterances = try context.corpus().select(parameters.selection)
      .map { $0.cut(to: parameters.recipe.cropSeconds) }.filter { source.frames($0) > 0 }
    guard let first = utterances.first else {
      throw StageError.empty(stage: context.request.label, what: "recording")
    }
    var index = FrameIndex()
    for utterance in utterances {
      index.append(utterance: utterance, frames: source.frames(utterance))
    }
    entries = index.entries
    let shape = try Autograd.disabled { try source.features([first])[0].shape }
    (layers, width) = (shape[0], shape[2])
    (self.source, self.utterances) = (source, utterances)
    if parameters.recipe.isRaw != true { scaling = try scaling(context) }
  }

  /// One pass over the training utterances.
  private func scaling(_ context: StageContext) throws -> FeatureScaling? {
    var sums = ScalingSums()
    let training = entries.indices.filter { entries[$0].split == .train }
    try Autograd.disabled {
      for (number, utterance) in training.enumerated() {
        try sums.add(source.features([utterances[utterance]])[0])
        context.progress(0.05 * Double(number) / Double(training.count), "scale of features")
      }
    }
    return try sums.scaling()
  }

  func frames(_ utterance: Int) -> Int { entries[utterance].frames }

  func hidden(_ batch: [Int]) throws -> HiddenBatch {
    let features = try Autograd.disabled { try source.features(batch.map { utterances[$0] }) }
    return HiddenBatch(
      features: features, isPooled: false, scaling: scaling,
      longest: batch.map { frames($0) }.max() ?? 0)
  }
}

extension Utterance {
  /// The piece that is trained on where long utterances are cut, at a place that the name draws; others,
  /// and those of dev and test, are whole.
  func cut(to seconds: Double?) -> Utterance {
    guard let seconds, split == .train else { return self }
    let crop = TrainingCrop(longest: Int((seconds * 16_000).rounded()))
    var numbers = Draws(seed: 0).numbers("crop \(id)")
    guard let part = crop.samples(of: samples, draw: numbers.unit()), part.count < samples else {
      return self
    }
    var piece = self
    piece.start += part.lowerBound
    piece.offset += part.lowerBound
    piece.samples = part.count
    return piece
  }
}
