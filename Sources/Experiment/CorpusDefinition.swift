/// What a corpus is: where its recordings lie below the site's recordings folder, what their paths
/// tell, and which unit is held out whole. One file each in `experiments/corpora/`.
package struct CorpusDefinition: Sendable, Hashable, Codable {
  package var name: String
  package var description: String
  package var licence: String
  /// BCP 47 tag, or `mul` where there are several.
  package var language: String
  /// Debian packages that hold the recordings; an error about missing ones names them.
  package var packages: [String]
  /// Folder of the recordings, relative to the site's recordings folder.
  package var root: String
  /// Regular expression over the whole path below `root`; named groups become labels
  /// (an empty group becomes `none`). Paths that do not match are not part of the corpus.
  package var pattern: String
  package var transcripts: TranscriptSource?
  /// espeak-ng voice that turns transcripts into phonemes.
  package var phonemeVoice: String?
  package var split: SplitRule
  /// Utterances outside these bounds are dropped and listed (seconds, after trimming).
  package var minimumSeconds: Double
  package var maximumSeconds: Double

  package init(
    name: String, description: String, licence: String, language: String, packages: [String],
    root: String, pattern: String, transcripts: TranscriptSource?, phonemeVoice: String?,
    split: SplitRule, minimumSeconds: Double, maximumSeconds: Double
  ) {
    self.name = name
    self.description = description
    self.licence = licence
    self.language = language
    self.packages = packages
    self.root = root
    self.pattern = pattern
    self.transcripts = transcripts
    self.phonemeVoice = phonemeVoice
    self.split = split
    self.minimumSeconds = minimumSeconds
    self.maximumSeconds = maximumSeconds
  }
}

/// Where transcripts are read from.
package struct TranscriptSource: Sendable, Hashable, Codable {
  package enum Format: String, Sendable, Hashable, Codable, CaseIterable {
    /// Fish Fillets' `dialogs_<language>.lua`: `dialogId("id", "font", "English")`, then `dialogStr("text")`.
    case filletsLua = "fillets-lua"
  }
  package var format: Format
  /// Folder of the transcript files, relative to the site's recordings folder.
  package var root: String
  /// Regular expression over the paths below `root`.
  package var pattern: String
  /// The label whose value is the transcript's identifier.
  package var key: String

  package init(format: Format, root: String, pattern: String, key: String) {
    self.format = format
    self.root = root
    self.pattern = pattern
    self.key = key
  }
}

/// Which recordings are held out: all of one value of `by` go to one split.
package struct SplitRule: Sendable, Hashable, Codable {
  /// The label whose values are split whole (`level`, `phrase`, `syllable`).
  package var by: String
  /// Shares of the values, in [0, 1].
  package var test: Double
  package var dev: Double

  package init(by: String, test: Double, dev: Double) {
    self.by = by
    self.test = test
    self.dev = dev
  }

  /// The split of one value: a fair draw from its own name, so adding recordings moves no others.
  package func split(corpus: String, group: String) -> Split {
    let digest = Digest256.hex(of: Array("\(corpus)\u{0}\(group)".utf8))
    let draw = Double(UInt64(digest.prefix(16), radix: 16) ?? 0) / 18_446_744_073_709_551_616
    return draw < test ? .test : draw < test + dev ? .dev : .train
  }
}

/// A part of a corpus.
package enum Split: String, Sendable, Hashable, Codable, CaseIterable {
  case train, dev, test
}

/// One recording of a corpus as the plan knows it: by path, content and what its path tells.
package struct Recording: Sendable, Hashable, Codable {
  /// Path below the corpus's root.
  package var path: String
  /// SHA-256 of the file.
  package var digest: String
  package var labels: [String: String]
  package var split: Split

  package init(path: String, digest: String, labels: [String: String], split: Split) {
    self.path = path
    self.digest = digest
    self.labels = labels
    self.split = split
  }
}
