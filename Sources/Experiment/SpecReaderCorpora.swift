extension CorpusDefinition {
  /// Reads `experiments/corpora/<name>.yaml`: a folder with a pattern, or a manifest.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: Its name, for errors; its last part must be the corpus's name.
  /// - Throws: `SpecError` with every problem of the file.
  package init(yaml text: String, file: String) throws(SpecError) {
    let root = try SpecDiagnostics.root(text, file: file)
    let fields = root.fields("the corpus", Self.keys)
    func word(_ key: String) -> String? { fields.required(key) { $0.string() } }
    let name = fields.required("corpus", SpecFile.name)
    let (description, licence, language) = (word("description"), word("licence"), word("language"))
    let packages = fields.optional("packages") { list in list.values { $0.string() } } ?? []
    let pattern = fields.optional("pattern", Self.pattern)
    let source = Self.source(fields, pattern)
    let voice = fields.optional("phonemes") { $0.string() }
    let seconds = fields.required("seconds", Self.seconds)
    let withoutSilence = fields.optional("without-silence") { $0.bool() } ?? false
    let notes = CorpusNotes.read(fields, pattern)
    guard let name, let description, let licence, let language, let source, let seconds else {
      self = try root.diagnostics.checked(nil)
      return
    }
    var definition = CorpusDefinition(
      name: name, description: description, licence: licence, language: language,
      packages: packages, source: source, phonemeVoice: voice,
      minimumSeconds: seconds.lowerBound, maximumSeconds: seconds.upperBound, notes: notes)
    definition.withoutSilence = withoutSilence
    self = try root.diagnostics.checked(definition)
  }

  private static let folderKeys = ["root", "pattern", "transcripts", "split"]
  private static let keys =
    [
      "corpus", "description", "licence", "language", "packages", "manifest", "phonemes",
      "seconds", "without-silence", "obtain", "hours", "utterances", "speaker", "labels",
    ] + folderKeys

  private static func source(
    _ fields: SpecFields, _ pattern: (text: String, groups: [String])?
  ) -> CorpusSource? {
    let place = fields.place
    guard fields.has("manifest") else {
      if !fields.has("packages"), !fields.has("obtain") {
        place.fail(SpecMessage.missing("packages", fields.context))
      }
      if fields.has("phonemes"), !fields.has("transcripts") {
        place.fail("'phonemes' are made from 'transcripts', which are missing")
      }
      if fields.has("labels") {
        place.fail("'labels' are those of a manifest's lines; a folder's are groups of its pattern")
      }
      let root = fields.required("root", folder)
      _ = fields.required("pattern") { $0 }
      let transcripts = fields.optional("transcripts") { TranscriptSource.read($0, pattern) }
      let split = fields.required("split") { SplitRule.read($0, pattern) }
      guard let root, let pattern, let split else { return nil }
      return .folder(
        CorpusFolder(root: root, pattern: pattern.text, transcripts: transcripts, split: split))
    }
    for key in folderKeys where fields.has(key) {
      fields.values[key]?.fail(
        "'\(key)' goes with a folder; the lines of a 'manifest' say it themselves")
    }
    if !fields.has("obtain") { place.fail(SpecMessage.missing("obtain", fields.context)) }
    return fields.optional("manifest", file).map { .manifest($0) }
  }

  /// A folder below the recordings folder, which must not be left.
  static func folder(_ node: SpecNode) -> String? {
    guard let path = node.string() else { return nil }
    guard !path.hasPrefix("/"), !path.hasSuffix("/"),
      !path.split(separator: "/", omittingEmptySubsequences: false).contains("..")
    else {
      node.fail(
        "'\(node.name)' is a folder below the site's recordings folder, such as "
          + "'usr/share/games', not '\(path)'")
      return nil
    }
    return path
  }

  private static func file(_ node: SpecNode) -> String? {
    guard let path = node.string() else { return nil }
    let parts = path.split(separator: "/", omittingEmptySubsequences: false)
    guard !parts.contains(where: { $0.isEmpty || $0 == "." || $0 == ".." }) else {
      node.fail(
        "'manifest' is a file below the site's recordings folder, such as 'timit.jsonl', not "
          + "'\(path)'")
      return nil
    }
    return path
  }

  static func pattern(_ node: SpecNode) -> (text: String, groups: [String])? {
    guard let pattern = node.string() else { return nil }
    guard let compiled = try? PathPattern(pattern, corpus: "") else {
      node.fail("'\(node.name)' is no regular expression: \(pattern)")
      return nil
    }
    return (pattern, compiled.groups)
  }

  private static func seconds(_ node: SpecNode) -> ClosedRange<Double>? {
    let bounds = node.list().map { $0.number(.notNegative, of: "seconds") }
    // An element that is no number has been told already.
    if bounds.contains(nil) { return nil }
    guard bounds.count == 2, let low = bounds[0], let high = bounds[1], low <= high else {
      node.fail("'seconds' must be the shortest and the longest utterance, such as [0.3, 20]")
      return nil
    }
    return low...high
  }

  /// A label of the corpus, which is a named group of its pattern.
  static func label(_ node: SpecNode, _ pattern: (text: String, groups: [String])?) -> String? {
    guard let label = node.string() else { return nil }
    guard let pattern, !pattern.groups.contains(label) else { return label }
    node.fail(SpecMessage.unknown("group of the pattern", label, among: pattern.groups))
    return nil
  }
}

extension TranscriptSource {
  static func read(
    _ node: SpecNode, _ recordings: (text: String, groups: [String])?
  ) -> TranscriptSource? {
    let fields = node.fields("'transcripts'", ["format", "root", "pattern", "key"])
    let format = fields.required("format") {
      $0.word("format of transcripts", among: Format.allCases.map(\.rawValue))
        .flatMap { Format(rawValue: $0) }
    }
    let root = fields.required("root", CorpusDefinition.folder)
    let pattern = fields.required("pattern", CorpusDefinition.pattern)
    let key = fields.required("key") { CorpusDefinition.label($0, recordings) }
    guard let format, let root, let pattern, let key else { return nil }
    return TranscriptSource(format: format, root: root, pattern: pattern.text, key: key)
  }
}

extension SplitRule {
  static func read(_ node: SpecNode, _ pattern: (text: String, groups: [String])?) -> SplitRule? {
    let fields = node.fields("'split'", ["by", "test", "dev"])
    let by = fields.required("by") { CorpusDefinition.label($0, pattern) }
    let test = fields.required("test", Self.heldOut)
    let dev = fields.required("dev", Self.heldOut)
    guard let by, let test, let dev else { return nil }
    if let both = test.values?.first(where: { dev.values?.contains($0) == true }) {
      node.fail("'\(both)' cannot both test and be dev's")
    }
    if test.share + dev.share >= 1 {
      node.fail("'test' and 'dev' take all; leave something to train on")
    }
    return SplitRule(
      by: by, test: test.share, dev: dev.share, testValues: test.values, devValues: dev.values)
  }

  /// A share, or a list of the values that are held out.
  private static func heldOut(_ node: SpecNode) -> (share: Double, values: [String]?)? {
    if case .sequence = node.node { return (0, node.values { $0.string() }) }
    return node.share().map { ($0, nil) }
  }
}

extension CorpusNotes {
  /// What enters no key.
  fileprivate static func read(
    _ fields: SpecFields, _ pattern: (text: String, groups: [String])?
  ) -> CorpusNotes {
    /// A number for some of the splits.
    func bySplit<Value>(_ key: String, _ read: @escaping (SpecNode) -> Value?) -> [Split: Value] {
      fields.optional(key) { place -> [Split: Value] in
        let numbers = place.fields("'\(key)'", Split.allCases.map(\.rawValue))
        return Split.allCases.reduce(into: [:]) { values, split in
          values[split] = numbers.optional(split.rawValue, read)
        }
      } ?? [:]
    }
    return CorpusNotes(
      obtain: fields.optional("obtain") { $0.string() },
      hours: bySplit("hours") { $0.number(.notNegative, of: "hours") },
      utterances: bySplit("utterances") { $0.integer(0...1_000_000_000) },
      speaker: fields.optional("speaker") { CorpusDefinition.label($0, pattern) },
      labels: fields.optional("labels") { list in list.values { $0.string() } } ?? [])
  }
}
