/// What a planner is given: a spec, the definitions around it, and what lies outside the plan, read
/// by whoever may open files.
package struct PlannerInput: Sendable {
  package var spec: Spec
  package var definitions: Definitions
  /// The recordings of every corpus in use (`Definitions.corpora(usedBy:)`).
  package var recordings: [String: CorpusRecordings]
  /// The site's recordings folder, for workers; no part of a key.
  package var recordingsFolder: String
  /// By the path in the spec (`Definitions.checkpoints(usedBy:)`); those not found are absent.
  package var checkpoints: [String: CheckpointFacts]
  /// Of the trainers of the spec; none are needed where it has none.
  package var commandFiles: CommandFiles

  package init(
    spec: Spec, definitions: Definitions, recordings: [String: CorpusRecordings],
    recordingsFolder: String, checkpoints: [String: CheckpointFacts],
    commandFiles: CommandFiles = CommandFiles()
  ) {
    self.spec = spec
    self.definitions = definitions.including(spec)
    self.recordings = recordings
    self.recordingsFolder = recordingsFolder
    self.checkpoints = checkpoints
    self.commandFiles = commandFiles
  }
}

/// What was found of a corpus.
package struct CorpusRecordings: Sendable, Hashable {
  /// Of the listing: paths and contents of all its files, transcripts included.
  package var digest: String
  package var recordings: [Recording]
  /// Copies that were left out.
  package var duplicates: Int
  /// Whether nothing is there: a plan can be looked at, but not carried out.
  package private(set) var isMissing = false

  package init(digest: String, recordings: [Recording], duplicates: Int) {
    self.digest = digest
    self.recordings = recordings
    self.duplicates = duplicates
  }

  /// What stands for the recordings of a corpus that are not there. Its digest can be nobody's: it is
  /// no SHA-256 in hexadecimal.
  package static func missing(_ corpus: String) -> CorpusRecordings {
    var found = CorpusRecordings(digest: "missing:\(corpus)", recordings: [], duplicates: 0)
    found.isMissing = true
    return found
  }
}

/// What a plan needs to know of a checkpoint.
package struct CheckpointFacts: Sendable, Hashable {
  /// Of the contents of `config.json` and `model.safetensors`.
  package var digest: String
  /// Where it lies, for workers; no part of a key.
  package var path: String
  /// [num_hidden_layers]
  package var layers: Int
  /// [hidden_size]
  package var width: Int
  /// [conv_dim]
  package var convolutionChannels: Int
  /// The file with its pre-training head, where there may be one.
  package var codebook: FileFacts?

  package init(
    digest: String, path: String, layers: Int, width: Int, convolutionChannels: Int,
    codebook: FileFacts? = nil
  ) {
    self.digest = digest
    self.path = path
    self.layers = layers
    self.width = width
    self.convolutionChannels = convolutionChannels
    self.codebook = codebook
  }

  /// What stands for a checkpoint that is not there: sizes of Base (12 layers of width 768, 512
  /// channels), and a digest that can be nobody's.
  package static func missing(_ path: String) -> CheckpointFacts {
    CheckpointFacts(
      digest: "missing:\(path)", path: path, layers: 12, width: 768, convolutionChannels: 512,
      codebook: FileFacts(digest: "missing:\(path)", path: path))
  }
}

/// A file outside the plan.
package struct FileFacts: Sendable, Hashable {
  /// Of its content.
  package var digest: String
  /// Where it lies, for workers; no part of a key.
  package var path: String

  package init(digest: String, path: String) {
    self.digest = digest
    self.path = path
  }
}
