import Experiment

/// TIMIT (Garofolo et al. 1993), LDC93S1, in capitals or not: sentences SX and SI (everybody says SA),
/// aligned by the .PHN files. The core test of 24 speakers tests and 50 others of TEST are for
/// development, as in Kaldi's recipe; with `--complete-test` all 168 test and nobody is left for dev.
package enum TimitLayout: CorpusLayout {
  package static let name = "timit"
  package static let summary =
    "alignment of the .PHN files in --phones 39 (48, 61); core test, or --complete-test; untrimmed"
  package static let options: Set<LayoutOption> = [.phones, .completeTest]
  package static let tree = """
    TIMIT/
      TRAIN/DR1/FCJF0/SI1027.WAV
      TRAIN/DR1/FCJF0/SI1027.PHN
      TEST/DR1/FAKS0/…
    """

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    guard let folding = TimitPhones(count: options.phones ?? 39) else {
      throw draft.option("'--phones' is 39, 48 or 61")
    }
    for part in ["TRAIN", "TEST"] {
      guard let root = draft.folder.entry(part) else {
        throw draft.wrongTree("there is no folder \(part)")
      }
      for region in draft.folder.folders(in: root) where region.lowercased().hasPrefix("dr") {
        for speaker in draft.folder.folders(in: "\(root)/\(region)") {
          let name = speaker.uppercased()
          let split =
            part == "TRAIN"
            ? Split.train : TimitSpeakers.split(of: name, isComplete: options.hasCompleteTest)
          guard let split else {
            draft.leaveOut("speakers of TEST outside the core test and dev")
            continue
          }
          try read("\(root)/\(region)/\(speaker)", name, split, folding, &draft)
        }
      }
    }
  }

  private static func read(
    _ folder: String, _ speaker: String, _ split: Split, _ folding: TimitPhones,
    _ draft: inout LayoutDraft
  ) throws(LayoutError) {
    for file in draft.folder.files(in: folder, suffix: ".wav") {
      let base = String(file.dropLast(4))
      if base.uppercased().hasPrefix("SA") {
        draft.leaveOut("sentences SA")
        continue
      }
      guard let phones = draft.folder.entry(base + ".PHN", in: folder) else {
        throw draft.wrongTree("there is no file \(folder)/\(base).PHN", at: folder)
      }
      let list = try draft.list("\(folder)/\(phones)")
      draft.add(
        "\(folder)/\(file)", split,
        ManifestEntry(
          segment: Segment(start: 0), alignment: alignment(list, folding, &draft)),
        labels: ["speaker": speaker])
    }
  }

  /// Lines are `START END PHONE` in samples at 16 kHz.
  private static func alignment(
    _ list: LayoutText, _ folding: TimitPhones, _ draft: inout LayoutDraft
  ) -> [AlignedPhone] {
    var last = 0
    var aligned: [AlignedPhone] = []
    for (number, line) in list.lines {
      let words = line.words
      guard words.count == 3, let start = Int(words[0]), let end = Int(words[1]), start >= last,
        end > start
      else {
        draft.problem(
          list, number,
          "a line is 'START END PHONE' in samples, from where the last one ended, not "
            + "'\(line)'")
        continue
      }
      last = end
      switch folding.folded(words[2]) {
      case .phone(let phone):
        aligned.append(
          AlignedPhone(start: Double(start) / 16_000, end: Double(end) / 16_000, phone: phone))
      case .nothing: continue
      case .unknown: draft.problem(list, number, "TIMIT has no phone '\(words[2])'")
      }
    }
    return aligned
  }
}
