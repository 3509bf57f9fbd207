import Experiment

/// Common Voice (Ardila et al. 2020) as SUPERB-SG has it: of Spanish the clips whose accent is
/// `mexicano`, texts normalised by `CommonVoiceText`, those that normalise to nothing left out.
package enum CommonVoiceLayout: CorpusLayout {
  package static let name = "common-voice"
  package static let summary =
    "train.tsv, dev.tsv, test.tsv of --language; texts as SUPERB-SG's, of es the accent mexicano"
  package static let options: Set<LayoutOption> = [.language]
  package static let tree = """
    cv-corpus-7.0-2021-07-21/
      es/                           or zh-CN/, …: '--language es'
        train.tsv  dev.tsv  test.tsv
        clips/common_voice_es_18306544.mp3
    """

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    guard let language = options.language else {
      throw draft.option("name the language's folder, such as '--language es'")
    }
    guard draft.folder.hasFolder(language) else {
      throw draft.wrongTree("there is no folder \(language)")
    }
    for split in Split.allCases {
      let list = try draft.list("\(language)/\(split.rawValue).tsv")
      // Later versions call the column `accents`.
      let isLater = list.lines.first?.text.split(separator: "\t").contains("accents") ?? false
      let accent = isLater ? "accents" : "accent"
      let columns = ["client_id", "path", "sentence"] + (language == "es" ? [accent] : [])
      for row in draft.rows(list, delimiter: "\t", columns: columns) {
        if language == "es", row.fields[accent] != "mexicano" {
          draft.leaveOut("clips of other accents")
          continue
        }
        let text = CommonVoiceText.normalised(row.fields["sentence"] ?? "", language: language)
        guard !text.isEmpty else {
          draft.leaveOut("clips whose text normalises to nothing")
          continue
        }
        guard let path = row.fields["path"], path.hasSuffix(".mp3"), !path.contains("/") else {
          draft.problem(list, row.line, "'path' is a name of clips/ that ends in .mp3")
          continue
        }
        draft.add(
          "\(language)/clips/\(path)", split, ManifestEntry(text: text),
          labels: ["speaker": row.fields["client_id"] ?? ""])
      }
    }
  }
}
