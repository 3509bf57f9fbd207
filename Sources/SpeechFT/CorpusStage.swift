import Artifacts
import Experiment
import Speech

/// The `corpus` stage: recordings from outside into one artifact of 16 kHz audio and a manifest.
package struct CorpusStage {
  private let context: StageContext
  private let definition: CorpusDefinition

  package init(_ context: StageContext) throws {
    self.context = context
    let parameters: CorpusParameters = try context.parameters()
    definition = parameters.definition
  }

  /// Lists the recordings anew, checks that they are those of the plan, and builds the corpus.
  package func write(to folder: String) throws {
    guard case .external(let root, let digest) = try context.input("recordings") else {
      throw StageError.request(
        stage: context.request.label, problem: "'recordings' must come from outside the plan")
    }
    let listing = try RecordingListing(definition, below: root)
    guard listing.digest == digest else {
      throw StageError.unusable(
        stage: context.request.label,
        problem: "the recordings below \(root) changed since the plan was made; run it again")
    }
    let recordings = try listing.recordings(of: definition).recordings
    try CorpusBuilder(definition, recordings: recordings, root: root)
      .build(into: folder) { fraction, detail in context.progress(fraction, detail) }
  }
}
