/// What a corpus is: where its recordings come from below the site's recordings folder, and what is
/// known of them. One file each in `experiments/corpora/`.
package struct CorpusDefinition: Sendable, Hashable {
  package var name: String
  package var description: String
  package var licence: String
  /// BCP 47 tag, or `mul` where there are several.
  package var language: String
  /// Debian packages that hold the recordings; an error about missing ones names them.
  package var packages: [String]
  package var source: CorpusSource
  /// espeak-ng voice that turns transcripts into phonemes.
  package var phonemeVoice: String?
  /// Utterances outside these bounds are dropped and listed (seconds, after trimming).
  package var minimumSeconds: Double
  package var maximumSeconds: Double
  /// Whether silences are taken out everywhere, as s3prl's verification does; no part of the key where
  /// they are not.
  package var withoutSilence = false
  /// What decides no bit of the corpus, and so enters no key.
  package var notes = CorpusNotes()

  package init(
    name: String, description: String, licence: String, language: String, packages: [String],
    source: CorpusSource, phonemeVoice: String?, minimumSeconds: Double, maximumSeconds: Double,
    notes: CorpusNotes = CorpusNotes()
  ) {
    self.name = name
    self.description = description
    self.licence = licence
    self.language = language
    self.packages = packages
    self.source = source
    self.phonemeVoice = phonemeVoice
    self.minimumSeconds = minimumSeconds
    self.maximumSeconds = maximumSeconds
    self.notes = notes
  }

  /// A corpus of all files of a folder that match a pattern.
  package init(
    name: String, description: String, licence: String, language: String, packages: [String],
    root: String, pattern: String, transcripts: TranscriptSource?, phonemeVoice: String?,
    split: SplitRule, minimumSeconds: Double, maximumSeconds: Double
  ) {
    self.init(
      name: name, description: description, licence: licence, language: language,
      packages: packages,
      source: .folder(
        CorpusFolder(root: root, pattern: pattern, transcripts: transcripts, split: split)),
      phonemeVoice: phonemeVoice, minimumSeconds: minimumSeconds, maximumSeconds: maximumSeconds)
  }

  /// The folder whose files it is, unless a manifest names them.
  package var folder: CorpusFolder? {
    get { if case .folder(let folder) = source { folder } else { nil } }
    set { if let newValue { source = .folder(newValue) } }
  }

  /// The manifest that names its recordings, below the site's recordings folder.
  package var manifest: String? {
    if case .manifest(let path) = source { path } else { nil }
  }

  /// The labels that its utterances may have, as far as the definition tells.
  package var labels: [String] {
    let found =
      folder.map { (try? PathPattern($0.pattern, corpus: name))?.groups ?? [] } ?? notes.labels
    return found + (notes.speaker.map { found.contains($0) ? [] : [$0] } ?? [])
  }
}

/// One flat mapping for both forms: what is absent leaves no trace, so the keys of folders know
/// nothing of manifests. `notes` is left out.
extension CorpusDefinition: Codable {
  private enum CodingKeys: String, CodingKey {
    case name, description, licence, language, packages, root, pattern, transcripts, phonemeVoice
    case split, minimumSeconds, maximumSeconds, manifest, withoutSilence
  }

  package init(from decoder: any Decoder) throws {
    let fields = try decoder.container(keyedBy: CodingKeys.self)
    let source: CorpusSource
    if let manifest = try fields.decodeIfPresent(String.self, forKey: .manifest) {
      source = .manifest(manifest)
    } else {
      source = .folder(
        CorpusFolder(
          root: try fields.decode(String.self, forKey: .root),
          pattern: try fields.decode(String.self, forKey: .pattern),
          transcripts: try fields.decodeIfPresent(TranscriptSource.self, forKey: .transcripts),
          split: try fields.decode(SplitRule.self, forKey: .split)))
    }
    self.init(
      name: try fields.decode(String.self, forKey: .name),
      description: try fields.decode(String.self, forKey: .description),
      licence: try fields.decode(String.self, forKey: .licence),
      language: try fields.decode(String.self, forKey: .language),
      packages: try fields.decode([String].self, forKey: .packages), source: source,
      phonemeVoice: try fields.decodeIfPresent(String.self, forKey: .phonemeVoice),
      minimumSeconds: try fields.decode(Double.self, forKey: .minimumSeconds),
      maximumSeconds: try fields.decode(Double.self, forKey: .maximumSeconds))
    withoutSilence = try fields.decodeIfPresent(Bool.self, forKey: .withoutSilence) ?? false
  }

  package func encode(to encoder: any Encoder) throws {
    var fields = encoder.container(keyedBy: CodingKeys.self)
    try fields.encode(name, forKey: .name)
    try fields.encode(description, forKey: .description)
    try fields.encode(licence, forKey: .licence)
    try fields.encode(language, forKey: .language)
    try fields.encode(packages, forKey: .packages)
    switch source {
    case .folder(let folder):
      try fields.encode(folder.root, forKey: .root)
      try fields.encode(folder.pattern, forKey: .pattern)
      try fields.encodeIfPresent(folder.transcripts, forKey: .transcripts)
      try fields.encode(folder.split, forKey: .split)
    case .manifest(let path): try fields.encode(path, forKey: .manifest)
    }
    try fields.encodeIfPresent(phonemeVoice, forKey: .phonemeVoice)
    try fields.encode(minimumSeconds, forKey: .minimumSeconds)
    try fields.encode(maximumSeconds, forKey: .maximumSeconds)
    if withoutSilence { try fields.encode(true, forKey: .withoutSilence) }
  }
}
