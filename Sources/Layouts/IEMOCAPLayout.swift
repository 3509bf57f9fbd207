import Experiment

/// IEMOCAP (Busso et al. 2008) as SUPERB has it: four emotions, one session to test on, and of the others
/// a fifth for development. s3prl draws that fifth by torch's generator; here a hash of each
/// utterance's name decides, so that no other utterance has a say in it.
package enum IEMOCAPLayout: CorpusLayout {
  package static let name = "iemocap"
  package static let summary =
    "neu, hap (with exc), sad, ang; session --fold tests, a fifth of the rest (by hash) is dev"
  package static let options: Set<LayoutOption> = [.fold]
  package static let tree = """
    IEMOCAP_full_release/
      Session1/ … Session5/
        dialog/EmoEvaluation/Ses01F_impro01.txt
        sentences/wav/Ses01F_impro01/Ses01F_impro01_F000.wav
    """

  private static let emotions = [
    "neu": "neu", "hap": "hap", "exc": "hap", "sad": "sad", "ang": "ang",
  ]
  private static let fifth = SplitRule(by: "utterance", test: 0, dev: 0.2)

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    guard let fold = options.fold else {
      throw draft.option("name the session to test on: '--fold 1' (to 5)")
    }
    guard (1...5).contains(fold) else {
      throw draft.option("there are sessions 1 to 5, and no '--fold \(fold)'")
    }
    for session in 1...5 {
      let root = "Session\(session)"
      let folder = root + "/dialog/EmoEvaluation"
      let lists = draft.folder.files(in: folder, suffix: ".txt")
      if lists.isEmpty { throw draft.wrongTree("'\(folder)' holds no .txt file") }
      for file in lists {
        let list = try draft.list(folder + "/" + file)
        read(list, dialog: String(file.dropLast(4)), session, session == fold, &draft)
      }
    }
  }

  /// Lines of utterances begin with `[`: times, name, emotion, three ratings, between tabs.
  private static func read(
    _ list: LayoutText, dialog: String, _ session: Int, _ isTest: Bool, _ draft: inout LayoutDraft
  ) {
    for (number, line) in list.lines where line.hasPrefix("[") {
      let fields = line.split(separator: "\t").map(String.init)
      guard fields.count >= 3, let gender = fields[1].split(separator: "_").last?.first,
        "FM".contains(gender), fields[1].hasPrefix(dialog + "_")
      else {
        draft.problem(
          list, number, "a line is '[TIMES]', '\(dialog)_F000', EMOTION and ratings between tabs")
        continue
      }
      guard let emotion = emotions[fields[2]] else {
        draft.leaveOut("utterances of other emotions")
        continue
      }
      draft.add(
        "Session\(session)/sentences/wav/\(dialog)/\(fields[1]).wav",
        isTest ? .test : fifth.split(corpus: name, group: fields[1]),
        labels: [
          "emotion": emotion, "session": "Session\(session)",
          "speaker": "Ses0\(session)\(gender)",
        ])
    }
  }
}
