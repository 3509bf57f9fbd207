import Experiment

/// TED-LIUM 3 (Hernandez et al. 2018), its `legacy` parts: segments of talks from .stm files. Those that
/// are not to be scored, and those that say `<unk>`, are left out, and `--hours` takes the first of the
/// training part in the order of files and lines.
package enum TedLium3Layout: CorpusLayout {
  package static let name = "ted-lium-3"
  package static let summary =
    "legacy: segments of the .stm files, without <unk>; --hours 10 of train"
  package static let options: Set<LayoutOption> = [.hours]
  package static let tree = """
    TEDLIUM_release-3/
      legacy/train/sph/AaronHuey_2010X.sph
      legacy/train/stm/AaronHuey_2010X.stm
      legacy/dev/  legacy/test/
    """

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    if let hours = options.hours, !(hours > 0 && hours.isFinite) {
      throw draft.option("'--hours' must be above 0")
    }
    for split in Split.allCases {
      let folder = "legacy/\(split.rawValue)"
      let files = draft.folder.files(in: folder + "/stm", suffix: ".stm")
      if files.isEmpty { throw draft.wrongTree("'\(folder)/stm' holds no .stm file") }
      var room = split == .train ? options.hours.map { $0 * 3600 } : nil
      for file in files {
        read(try draft.list("\(folder)/stm/\(file)"), folder, split, &room, &draft)
        if let room, room <= 0 { break }
      }
    }
  }

  /// Lines are `TALK CHANNEL SPEAKER START END <LABELS> TEXT`; comments begin with `;;`.
  private static func read(
    _ list: LayoutText, _ folder: String, _ split: Split, _ room: inout Double?,
    _ draft: inout LayoutDraft
  ) {
    for (number, line) in list.lines where !line.hasPrefix(";;") {
      var words = line.words
      guard words.count >= 6, let start = Double(words[3]), let end = Double(words[4]), start >= 0,
        end > start, end.isFinite
      else {
        draft.problem(
          list, number, "a line is 'TALK 1 SPEAKER START END <LABELS> TEXT', not '\(line)'")
        continue
      }
      let (talk, speaker) = (words[0], words[2])
      words.removeFirst(words[5].hasPrefix("<") && words[5] != "<unk>" ? 6 : 5)
      guard words != ["ignore_time_segment_in_scoring"] else {
        draft.leaveOut("segments that are not scored")
        continue
      }
      guard !words.contains("<unk>") else {
        draft.leaveOut("segments with <unk>")
        continue
      }
      let text = text(words)
      guard !text.isEmpty else {
        draft.leaveOut("segments without words")
        continue
      }
      if let left = room {
        room = left - (end - start)
        // The one that would exceed the hours ends the part.
        if left < end - start { return }
      }
      draft.add(
        "\(folder)/sph/\(talk).sph", split,
        ManifestEntry(segment: Segment(start: start, end: end), text: text),
        labels: ["speaker": speaker])
    }
  }

  /// Words without marks of noise (`{BREATH}`), and `it 's` as it is written elsewhere.
  private static func text(_ words: [String]) -> String {
    words.filter { !($0.hasPrefix("{") && $0.hasSuffix("}")) }.joined(separator: " ")
      .replacing(" '", with: "'")
  }
}
