import Artifacts
import Experiment

/// Something outside a plan that is not there: a plan can be made without it, and nothing else.
struct MissingInput {
  enum Kind: String {
    case corpus, checkpoint
  }
  let kind: Kind
  let name: String
  /// What is not there.
  let problem: String
  /// How to get it.
  let remedy: String
  /// What the plan takes in its place.
  let assumption: String
  /// Of a corpus, as far as they are known.
  let utterances: [Split: Int]

  /// A corpus whose recordings or manifest are not there; `nil` where nothing tells how large a folder
  /// of recordings would be.
  init?(_ error: ListingError, of definition: CorpusDefinition) {
    guard definition.manifest != nil || definition.notes.tellSize else { return nil }
    kind = .corpus
    name = definition.name
    problem = error.problem
    remedy = error.remedy
    let extent = CorpusExtent(definition, .missing(definition.name))
    utterances = definition.notes.utterances
    assumption = Self.words(extent, definition.notes)
  }

  /// A checkpoint that neither lies here nor in the cache of the hub.
  init(_ error: HubCacheError, of path: String) {
    kind = .checkpoint
    name = path
    utterances = [:]
    assumption = Self.base
    switch error {
    case .absent(let name, let root):
      problem = HubCacheError.problem(root: root)
      remedy = "hf download \(name) (or, with older tools, huggingface-cli download \(name))"
    case .noSuchPath:
      problem = "there is no such folder or file"
      remedy = SpecMessage.checkpointRemedy(nil)
    }
  }

  /// A checkpoint that is no name of the hub.
  init(checkpoint path: String, in folder: String, obtain: String?) {
    kind = .checkpoint
    name = path
    problem = "there is no such folder or file in \(folder)"
    remedy = SpecMessage.checkpointRemedy(obtain)
    assumption = Self.base
    utterances = [:]
  }

  private static let base =
    "Base sizes are assumed: 12 layers of width 768, 512 convolution channels"

  private static func words(_ extent: CorpusExtent, _ notes: CorpusNotes) -> String {
    let unknown = Split.allCases.filter { extent.seconds[$0] == nil }.map(\.rawValue)
    if unknown.count == Split.allCases.count {
      return "how large it is, is not known here: estimates leave it out"
    }
    let hours = extent.seconds.values.reduce(0, +) / 3600
    let source =
      notes.hours.isEmpty
      ? "taking \(Canonical(number: PlanMeasures.secondsOfRecording).text) s an utterance"
      : "as published"
    var text = "planned with \(Words.hours(hours)) of speech, \(source)"
    if !unknown.isEmpty {
      text += "; how large \(unknown.joined(separator: " and ")) would be, is not known here"
    }
    return text
  }

  var json: Canonical {
    .map([
      "kind": .string(kind.rawValue), "name": .string(name), "problem": .string(problem),
      "obtain": .string(remedy), "assumed": .string(assumption),
    ])
  }
}
