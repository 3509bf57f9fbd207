extension CorpusManifest.Line {
  /// What the line's utterance is called within its corpus.
  package var name: String {
    Recording(path: recording, digest: "", labels: [:], split: split, entry: entry).name
  }

  /// The line as it stands in a manifest: JSON with keys in the order of their names.
  package var text: String {
    var members: [String: Canonical] = [
      "recording": .string(recording), "split": .string(split.rawValue),
    ]
    func words(_ values: [String]) -> Canonical { .list(values.map(Canonical.string)) }
    func span(_ start: Double, _ end: Double, _ word: String) -> Canonical {
      .list([Canonical(number: start), Canonical(number: end), .string(word)])
    }
    members["start"] = entry.segment.start.map(Canonical.init(number:))
    members["end"] = entry.segment.end.map(Canonical.init(number:))
    members["id"] = entry.id.map(Canonical.string)
    members["text"] = entry.text.map(Canonical.string)
    members["phones"] = entry.phones.map(words)
    members["alignment"] = entry.alignment.map {
      .list($0.map { span($0.start, $0.end, $0.phone) })
    }
    members["trials"] = entry.trials.map {
      .list($0.map { words([$0.other, $0.isSame ? "same" : "different"]) })
    }
    members["matches"] = entry.matches.map(words)
    members["turns"] = entry.turns.map { .list($0.map { span($0.start, $0.end, $0.speaker) }) }
    members["speaker"] = labels["speaker"].map(Canonical.string)
    let others = labels.filter { $0.key != "speaker" }
    if !others.isEmpty { members["labels"] = .map(others.mapValues(Canonical.string)) }
    return Canonical.map(members).text
  }
}
