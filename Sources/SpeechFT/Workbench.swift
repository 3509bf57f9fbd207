import Artifacts
import Experiment
import Speech
import Torch

/// What a worker keeps loaded between neighbouring stages: corpora, weights that many interpolations start
/// from, and the features that heads of several tasks and seeds learn from. Holding it changes no result, only time.
package final class Workbench {
  private var corpora: [String: Corpus] = [:]
  private var weights: [(input: ResolvedInput, weights: EncoderWeights)] = []

  private var features: (folder: String, isPooled: Bool, isRaw: Bool, stored: StoredFeatures)?
  /// Bytes in main memory that are kept for stages to come, which plan without them.
  private static let featuresKept = 256 << 20

  /// θ₀ and θ′ of the cell at hand, and θ₀ of the next: more are seldom used again.
  private static let weightsKept = 3

  package init() {}

  func corpus(folder: String) throws -> Corpus {
    if let corpus = corpora[folder] { return corpus }
    let corpus = try Corpus(folder: folder)
    corpora[folder] = corpus
    return corpus
  }

  /// Features that a stage left, with their scale: stages that read the same come one after the other.
  func features(folder: String, isPooled: Bool, isRaw: Bool) throws -> StoredFeatures {
    if let features,
      (features.folder, features.isPooled, features.isRaw) == (folder, isPooled, isRaw)
    {
      return features.stored
    }
    // Not two at once.
    features = nil
    let stored = try StoredFeatures(folder: folder, isPooled: isPooled, isRaw: isRaw)
    if stored.bytesInMemory <= Self.featuresKept { features = (folder, isPooled, isRaw, stored) }
    return stored
  }

  func folder(of input: ResolvedInput, in store: ArtifactStore) throws -> String {
    switch input {
    case .artifact(let kind, let key, let entry):
      let artifact = try store.open(kind, key)
      guard entry.map(InnerPath.isPlain) ?? true else {
        throw StageError.request(
          stage: kind.rawValue, problem: "'\(entry ?? "")' is no folder inside an artifact")
      }
      return entry.map { artifact.folder + "/" + $0 } ?? artifact.folder
    case .external(let path, _):
      return path
    case .virtual(let kind, _, _):
      throw StageError.unusable(stage: kind.rawValue, problem: "it is virtual and has no folder")
    }
  }

  /// Weights that must not be changed in place: they may be shared with other stages.
  package func weights(of input: ResolvedInput, in store: ArtifactStore) throws -> EncoderWeights {
    if let kept = weights.first(where: { $0.input == input }) { return kept.weights }
    let loaded: EncoderWeights
    switch input {
    case .artifact:
      loaded = try CheckpointFolder.read(folder(of: input, in: store))
    case .external(let path, let digest):
      loaded = try CheckpointFolder.read(path)
      try CheckpointDigest.check(path, is: digest)
    case .virtual(_, let parameters, let inputs):
      return try interpolated(parameters, inputs, in: store)
    }
    weights.append((input, loaded))
    if weights.count > Self.weightsKept { weights.removeFirst() }
    return loaded
  }

  private func interpolated(
    _ parameters: Canonical, _ inputs: [String: ResolvedInput], in store: ArtifactStore
  ) throws -> EncoderWeights {
    let rule: InterpolateParameters = try parameters.decoded()
    let finetuned =
      rule.rule == nil
      ? [inputs["fine-tuned"]].compactMap { $0 }
      : (1...max(1, inputs.count)).map { inputs["fine-tuned.\($0)"] }.prefix { $0 != nil }
        .compactMap { $0 }
    guard let pretrained = inputs["pre-trained"], !finetuned.isEmpty else {
      throw StageError.request(
        stage: "interpolate", problem: "it needs the inputs 'pre-trained' and 'fine-tuned'")
    }
    return try Interpolation(rule).between(
      weights(of: pretrained, in: store), all: finetuned.map { try weights(of: $0, in: store) })
  }
}
