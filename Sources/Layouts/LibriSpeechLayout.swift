import Experiment

/// LibriSpeech (Panayotov et al. 2015), https://www.openslr.org/12: parts by name, and in each chapter a
/// list of transcripts.
package enum LibriSpeechLayout: CorpusLayout {
  package static let name = "librispeech"
  package static let summary =
    "texts from the .trans.txt files, splits by the folders' names, phones from --lexicon"
  package static let options: Set<LayoutOption> = [.parts, .lexicon, .skipUnknown]
  package static let tree = """
    LibriSpeech/
      train-clean-100/
        103/1240/103-1240.trans.txt
        103/1240/103-1240-0000.flac
      dev-clean/
      test-clean/
    """

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    let present = draft.folder.folders().filter { split(of: $0) != nil }
    if present.isEmpty {
      throw draft.wrongTree("it has no folder called train-…, dev-… or test-…")
    }
    if let part = options.parts.first(where: { !present.contains($0) }) {
      throw draft.wrongTree("it has no part '\(part)'")
    }
    var lexicon = PhoneLexicon()
    for list in options.lexicons { lexicon.read(list) }
    for part in options.parts.isEmpty ? present : options.parts {
      guard let split = split(of: part) else { continue }
      for list in try transcripts(of: part, draft) {
        try read(list.text, in: list.folder, split, &draft, &lexicon, options)
      }
    }
    if !options.skipsUnknown, !lexicon.unknown.isEmpty {
      throw .unknownWords(lexicon.unknown.sorted())
    }
  }

  private static func split(of part: String) -> Split? {
    Split.allCases.first { part.hasPrefix($0.rawValue + "-") }
  }

  private static func transcripts(
    of part: String, _ draft: LayoutDraft
  ) throws(LayoutError) -> [(folder: String, text: LayoutText)] {
    var lists: [(folder: String, text: LayoutText)] = []
    for speaker in draft.folder.folders(in: part) {
      for chapter in draft.folder.folders(in: "\(part)/\(speaker)") {
        let folder = "\(part)/\(speaker)/\(chapter)"
        lists.append((folder, try draft.list("\(folder)/\(speaker)-\(chapter).trans.txt")))
      }
    }
    if lists.isEmpty { throw draft.wrongTree("'\(part)' holds no chapters", at: part) }
    return lists
  }

  private static func read(
    _ list: LayoutText, in folder: String, _ split: Split, _ draft: inout LayoutDraft,
    _ lexicon: inout PhoneLexicon, _ options: LayoutOptions
  ) throws(LayoutError) {
    for (number, line) in list.lines {
      let parts = line.split(separator: " ", maxSplits: 1).map(String.init)
      let names = parts[0].split(separator: "-")
      guard parts.count == 2, names.count == 3 else {
        draft.problem(list, number, "a line is 'SPEAKER-CHAPTER-NUMBER TEXT', not '\(line)'")
        continue
      }
      var phones: [String]?
      if !options.lexicons.isEmpty {
        phones = lexicon.phones(of: parts[1])
        if phones == nil { draft.leaveOut("lines without phones") }
      }
      draft.add(
        "\(folder)/\(parts[0]).flac", split, ManifestEntry(text: parts[1], phones: phones),
        labels: ["speaker": String(names[0])])
    }
  }
}
