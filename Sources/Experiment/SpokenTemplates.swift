/// Sentences that a synthesiser speaks: `experiments/templates/<name>.yaml`. What comes of them is
/// artificial speech with exact intents and slots.
package struct SpokenTemplates: Sendable, Hashable {
  /// One way to say something, with `{slot}` where a value goes.
  package struct Command: Sendable, Hashable {
    /// Labels of its utterances; a value may be `{slot}` too.
    package var labels: [String: String]
    package var texts: [String]
  }

  /// What is spoken, how and for which split.
  package struct Utterance: Sendable, Hashable {
    package var number: Int
    package var split: Split
    /// Of espeak-ng, with a variant: `en-us+f2`.
    package var voice: String
    /// Words a minute.
    package var rate: Int
    /// Of espeak-ng, 0 to 99.
    package var pitch: Int
    package var words: String
    /// With tags around the values of slots.
    package var tagged: String
    package var labels: [String: String]

    /// Below the corpus's folder.
    package var path: String {
      let number = String(number)
      return
        "\(split.rawValue)/\(String(repeating: "0", count: max(0, 5 - number.count)))\(number).wav"
    }
  }

  package var name: String
  package var description: String
  package var seed: Int
  /// Of each split; nobody is heard in two of them.
  package var voices: [Split: [String]]
  package var counts: [Split: Int]
  package var slots: [String: [String]]
  package var commands: [Command]

  /// The utterances of all splits. Each is drawn by its own number, so that more of them leave the
  /// others as they are; voices take turns.
  package var utterances: [Utterance] {
    Split.allCases.flatMap { split in
      let voices = voices[split] ?? []
      return (0..<(voices.isEmpty ? 0 : counts[split] ?? 0)).map { index in
        utterance(index, split, voice: voices[index % voices.count])
      }
    }
  }

  private func utterance(_ index: Int, _ split: Split, voice: String) -> Utterance {
    /// A number below `count` for a purpose.
    func draw(_ purpose: String, _ count: Int) -> Int {
      let digest = Digest256.hex(
        of: Array("\(name)\u{0}\(seed)\u{0}\(split.rawValue)\u{0}\(index)\u{0}\(purpose)".utf8))
      return Int((UInt64(digest.prefix(15), radix: 16) ?? 0) % UInt64(count))
    }
    let command = commands[draw("command", commands.count)]
    let text = command.texts[draw("text", command.texts.count)]
    var (words, tagged, labels) = (text, text, command.labels)
    for (slot, values) in slots {
      let value = values[draw("slot \(slot)", values.count)]
      words.replace("{\(slot)}", with: value)
      tagged.replace("{\(slot)}", with: "<\(slot)>\(value)</\(slot)>")
      labels = labels.mapValues { $0.replacing("{\(slot)}", with: value) }
    }
    return Utterance(
      number: index + 1, split: split, voice: voice, rate: 130 + draw("rate", 51),
      pitch: 35 + draw("pitch", 31), words: words, tagged: tagged, labels: labels)
  }

  /// The manifest's line of an utterance.
  ///
  /// - Parameters:
  ///   - utterance: One of `utterances`.
  ///   - number: Of the line, from 1.
  ///   - folder: The corpus's, below the recordings folder.
  /// - Returns: The line.
  package func line(_ utterance: Utterance, number: Int, in folder: String) -> CorpusManifest.Line {
    CorpusManifest.Line(
      number: number, recording: folder + "/" + utterance.path,
      entry: ManifestEntry(text: utterance.tagged),
      labels: utterance.labels.merging(["speaker": utterance.voice]) { $1 },
      split: utterance.split)
  }
}

extension SpokenTemplates {
  /// Reads `experiments/templates/<name>.yaml`.
  ///
  /// - Parameters:
  ///   - text: The YAML.
  ///   - file: Its name, for errors.
  /// - Throws: `SpecError` with every problem of the file.
  package init(yaml text: String, file: String) throws(SpecError) {
    let root = try SpecDiagnostics.root(text, file: file)
    let fields = root.fields(
      "the templates",
      ["templates", "description", "seed", "voices", "utterances", "slots", "commands"])
    let name = fields.required("templates", SpecFile.name)
    let description = fields.required("description") { $0.string() }
    let seed = fields.required("seed") { $0.integer(0...1_000_000) }
    let voices = fields.required("voices") { node in
      Self.bySplit(node) { $0.values { $0.string() } }
    }
    let counts = fields.required("utterances") { node in
      Self.bySplit(node) { $0.integer(0...99_999) }
    }
    let slots = fields.required("slots") { node in
      Dictionary(
        node.entries().map { ($0.word, $0.value.values(Self.value)) }, uniquingKeysWith: { $1 })
    }
    let commands = fields.required("commands") { node in
      node.list().compactMap { Self.command($0, slots: slots ?? [:]) }
    }
    Self.nobodyTwice(fields.values["voices"], voices ?? [:])
    guard let name, let description, let seed, let voices, let counts, let slots, let commands
    else {
      self = try root.diagnostics.checked(nil)
      return
    }
    for (split, count) in counts where count > 0 && (voices[split] ?? []).isEmpty {
      root.fail(
        "'utterances' has \(count) for \(split.rawValue), and 'voices' nobody to speak them")
    }
    self = try root.diagnostics.checked(
      SpokenTemplates(
        name: name, description: description, seed: seed, voices: voices, counts: counts,
        slots: slots, commands: commands))
  }

  private static func bySplit<Value>(
    _ node: SpecNode, _ read: (SpecNode) -> Value?
  ) -> [Split: Value] {
    let fields = node.fields("'\(node.name)'", Split.allCases.map(\.rawValue))
    return Split.allCases.reduce(into: [:]) { $0[$1] = fields.optional($1.rawValue, read) }
  }

  /// A value is spoken, and stands between tags.
  private static func value(_ node: SpecNode) -> String? {
    guard let value = node.string() else { return nil }
    guard !value.isEmpty, !value.contains(where: { "<>{}".contains($0) }) else {
      node.fail("a value of slot '\(node.name)' must be words without '<', '>', '{' and '}'")
      return nil
    }
    return value
  }

  private static func command(_ node: SpecNode, slots: [String: [String]]) -> Command? {
    let fields = node.fields("a command", ["labels", "texts"])
    let labels = fields.required("labels") { place in
      Dictionary(
        place.entries().compactMap { entry in
          label(entry.value, slots).map { (entry.word, $0) }
        }, uniquingKeysWith: { $1 })
    }
    if let place = fields.values["labels"], labels?["speaker"] != nil {
      place.fail("'speaker' is the label of the voices; call this one otherwise")
    }
    let texts = fields.required("texts") { list in list.values { label($0, slots) } }
    guard let labels, let texts else { return nil }
    return Command(labels: labels, texts: texts)
  }

  /// A text whose `{…}` are slots.
  private static func label(_ node: SpecNode, _ slots: [String: [String]]) -> String? {
    guard let text = node.string() else { return nil }
    for match in text.matches(of: #/\{([^{}]*)\}/#) where slots[String(match.1)] == nil {
      node.fail(SpecMessage.unknown("slot", String(match.1), among: slots.keys))
    }
    return text
  }

  private static func nobodyTwice(_ place: SpecNode?, _ voices: [Split: [String]]) {
    var heard: [String: Split] = [:]
    for split in Split.allCases {
      for voice in voices[split] ?? [] {
        if let other = heard[voice] {
          place?.fail(
            "voice '\(voice)' speaks for \(other.rawValue) and for \(split.rawValue); a voice must be "
              + "heard in one of them")
        }
        heard[voice] = split
      }
    }
  }
}
