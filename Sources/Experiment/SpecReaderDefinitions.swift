extension TaskDefinition {
  /// Reads `experiments/tasks/<name>.yaml`.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: Its name, for errors.
  /// - Throws: `SpecError` with every problem of the file.
  package init(yaml text: String, file: String) throws(SpecError) {
    let (root, diagnostics) = try SpecDiagnostics.root(text, file: file)
    let fields = root.fields(
      "a task",
      ["task", "title", "corpus", "target", "caveat", "minutes", "head", "evaluate", "fine-tune"])
    let name = fields.required("task", Spec.name)
    let title = fields.required("title") { $0.string() }
    let corpus = fields.required("corpus") { $0.string() }
    let target = fields.required("target") { $0.string() }
    let minutes = fields.optional("minutes", Self.minutes) ?? [:]
    let head = fields.required("head", HeadParameters.read)
    let recipe = fields.required("evaluate", HeadRecipe.read)
    let caveat = fields.optional("caveat") { $0.string() }
    let fineTune = fields.optional("fine-tune", FineTuneDefinition.read)
    try diagnostics.throwIfAny()
    guard let name, let title, let corpus, let target, let head, let recipe else {
      throw SpecError([])
    }
    self.init(
      name: name, title: title, corpus: corpus, target: Target(word: target), caveat: caveat,
      minutes: minutes, head: head, recipe: recipe, fineTune: fineTune)
  }

  static func minutes(_ node: SpecNode) -> [String: Double]? {
    let splits = Split.allCases.map(\.rawValue)
    let fields = node.fields("'minutes'", splits)
    var minutes: [String: Double] = [:]
    for split in splits { minutes[split] = fields.optional(split) { $0.number(0.01...1e6) } }
    return minutes
  }
}

extension TaskDefinition.FineTuneDefinition {
  static func read(_ node: SpecNode) -> TaskDefinition.FineTuneDefinition? {
    let fields = node.fields("'fine-tune'", ["head", "minutes", "recipe"])
    let minutes = fields.optional("minutes", TaskDefinition.minutes) ?? [:]
    guard let head = fields.required("head", HeadParameters.read),
      let recipe = fields.required("recipe", FineTuneRecipe.read)
    else { return nil }
    return Self(head: head, minutes: minutes, recipe: recipe)
  }
}

extension CorpusDefinition {
  /// Reads `experiments/corpora/<name>.yaml`.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: Its name, for errors.
  /// - Throws: `SpecError` with every problem of the file.
  package init(yaml text: String, file: String) throws(SpecError) {
    let (root, diagnostics) = try SpecDiagnostics.root(text, file: file)
    let fields = root.fields(
      "a corpus",
      [
        "corpus", "description", "licence", "language", "packages", "root", "pattern",
        "transcripts", "phonemes", "split", "seconds",
      ])
    func word(_ key: String) -> String? { fields.required(key) { $0.string() } }
    let name = fields.required("corpus", Spec.name)
    let (description, licence, language) = (word("description"), word("licence"), word("language"))
    let packages = fields.required("packages") { $0.list().compactMap { $0.string() } }
    let (root_, pattern) = (word("root"), fields.required("pattern", Self.pattern))
    let transcripts = fields.optional("transcripts", TranscriptSource.read)
    let voice = fields.optional("phonemes") { $0.string() }
    let split = fields.required("split", SplitRule.read)
    let seconds = fields.required("seconds") { place -> [Double]? in
      let bounds = place.list().compactMap { $0.number(.notNegative) }
      guard bounds.count == 2, bounds[0] <= bounds[1] else {
        place.fail("'seconds' must be the shortest and the longest utterance, such as [0.3, 20]")
        return nil
      }
      return bounds
    }
    if voice != nil, transcripts == nil { root.fail("'phonemes' are made of 'transcripts'") }
    try diagnostics.throwIfAny()
    guard let name, let description, let licence, let language, let packages, let root_,
      let pattern, let split, let seconds
    else { throw SpecError([]) }
    self.init(
      name: name, description: description, licence: licence, language: language,
      packages: packages, root: root_, pattern: pattern, transcripts: transcripts,
      phonemeVoice: voice, split: split, minimumSeconds: seconds[0], maximumSeconds: seconds[1])
  }

  static func pattern(_ node: SpecNode) -> String? {
    guard let pattern = node.string() else { return nil }
    guard (try? PathPattern(pattern, corpus: "")) != nil else {
      node.fail("'\(node.name)' is not a regular expression: \(pattern)")
      return nil
    }
    return pattern
  }
}

extension TranscriptSource {
  static func read(_ node: SpecNode) -> TranscriptSource? {
    let fields = node.fields("'transcripts'", ["format", "root", "pattern", "key"])
    let format = fields.required("format") { place -> Format? in
      guard let word = place.string() else { return nil }
      guard let format = Format(rawValue: word) else {
        place.fail(
          SpecMessage.unknown(
            "format of transcripts", word, among: Format.allCases.map(\.rawValue)))
        return nil
      }
      return format
    }
    let root = fields.required("root") { $0.string() }
    let pattern = fields.required("pattern", CorpusDefinition.pattern)
    let key = fields.required("key") { $0.string() }
    guard let format, let root, let pattern, let key else { return nil }
    return TranscriptSource(format: format, root: root, pattern: pattern, key: key)
  }
}

extension SplitRule {
  static func read(_ node: SpecNode) -> SplitRule? {
    let fields = node.fields("'split'", ["by", "test", "dev"])
    let by = fields.required("by") { $0.string() }
    let test = fields.required("test") { $0.share() }
    let dev = fields.required("dev") { $0.share() }
    guard let by, let test, let dev else { return nil }
    if test + dev >= 1 { node.fail("'test' and 'dev' leave nothing to train on") }
    return SplitRule(by: by, test: test, dev: dev)
  }
}

extension SiteDefinition {
  /// Reads `experiments/sites/<name>.yaml`.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: Its name, for errors.
  /// - Throws: `SpecError` with every problem of the file.
  package init(yaml text: String, file: String) throws(SpecError) {
    let (root, diagnostics) = try SpecDiagnostics.root(text, file: file)
    let fields = root.fields("a site", ["site", "recordings", "artifacts", "cores", "memory"])
    let name = fields.required("site", Spec.name)
    let recordings = fields.required("recordings") { $0.string() }
    let artifacts = fields.required("artifacts") { $0.string() }
    func unlessAll<Value>(_ key: String, _ read: @escaping (SpecNode) -> Value?) -> Value? {
      fields.required(key) { place in
        if case .scalar(let scalar) = place.node, scalar.string == "all" { return nil }
        return read(place)
      }
    }
    let cores = unlessAll("cores") { $0.integer(1...65_536) }
    let memory = unlessAll("memory") { place -> Double? in
      guard let text = place.string() else { return nil }
      guard text.hasSuffix(" GB"), let value = Double(text.dropLast(3)), value > 0 else {
        place.fail(SpecMessage.type("memory", "an amount such as '8 GB', or 'all'", text))
        return nil
      }
      return value
    }
    try diagnostics.throwIfAny()
    guard let name, let recordings, let artifacts else { throw SpecError([]) }
    self.init(
      name: name, recordings: recordings, artifacts: artifacts, cores: cores,
      memoryGigabytes: memory)
  }
}
