/// Where the recordings of a corpus come from.
package enum CorpusSource: Sendable, Hashable {
  /// All files of a folder whose paths match a pattern.
  case folder(CorpusFolder)
  /// Those that a file of JSON lines names (`CorpusManifest`), by its path below the site's
  /// recordings folder.
  case manifest(String)
}

/// A folder of recordings, what their paths tell, and which unit is held out whole.
package struct CorpusFolder: Sendable, Hashable {
  /// Relative to the site's recordings folder.
  package var root: String
  /// Regular expression over the whole path below `root`; named groups become labels
  /// (an empty group becomes `none`). Paths that do not match are not part of the corpus.
  package var pattern: String
  package var transcripts: TranscriptSource?
  package var split: SplitRule

  package init(
    root: String, pattern: String, transcripts: TranscriptSource?, split: SplitRule
  ) {
    self.root = root
    self.pattern = pattern
    self.transcripts = transcripts
    self.split = split
  }
}

/// What people should know of a corpus: how to get it, how large it is, who speaks.
package struct CorpusNotes: Sendable, Hashable {
  /// How to get the recordings and the manifest, in words.
  package var obtain: String?
  /// Hours of the published corpus, by split, as far as they are known.
  package var hours: [Split: Double]
  /// Utterances of the published corpus, by split, as far as they are known.
  package var utterances: [Split: Int]
  /// The label that says who speaks.
  package var speaker: String?
  /// The labels that every line of a manifest has.
  package var labels: [String]

  package init(
    obtain: String? = nil, hours: [Split: Double] = [:], utterances: [Split: Int] = [:],
    speaker: String? = nil, labels: [String] = []
  ) {
    self.obtain = obtain
    self.hours = hours
    self.utterances = utterances
    self.speaker = speaker
    self.labels = labels
  }

  /// Whether a plan can be made without the recordings of a folder.
  package var tellSize: Bool { !hours.isEmpty || !utterances.isEmpty }
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
  /// Shares of the values, in [0, 1], of those that are not named.
  package var test: Double
  package var dev: Double
  /// Values that test whatever is drawn. An optional one, so that rules without it keep their keys.
  package var testValues: [String]?
  /// Values that are dev's whatever is drawn.
  package var devValues: [String]?

  package init(
    by: String, test: Double, dev: Double, testValues: [String]? = nil, devValues: [String]? = nil
  ) {
    self.by = by
    self.test = test
    self.dev = dev
    self.testValues = testValues
    self.devValues = devValues
  }

  /// Whether anything can be tested.
  var holdsOutTest: Bool { test > 0 || testValues != nil }

  /// Whether anything can be chosen before the test.
  var holdsOutDev: Bool { dev > 0 || devValues != nil }

  /// The split of one value: where it is not named, a fair draw from its own name, so adding
  /// recordings moves no others.
  package func split(corpus: String, group: String) -> Split {
    if let testValues, testValues.contains(group) { return .test }
    if let devValues, devValues.contains(group) { return .dev }
    let digest = Digest256.hex(of: Array("\(corpus)\u{0}\(group)".utf8))
    let draw = Double(UInt64(digest.prefix(16), radix: 16) ?? 0) / 18_446_744_073_709_551_616
    return draw < test ? .test : draw < test + dev ? .dev : .train
  }
}

/// A part of a corpus.
package enum Split: String, Sendable, Hashable, Codable, CaseIterable {
  case train, dev, test
}
