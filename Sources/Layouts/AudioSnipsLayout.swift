import Experiment

/// Audio SNIPS (Lai et al. 2021) as s3prl prepares it: `all.iob.snips.txt` names each utterance of each
/// voice, its words and, word for word, their slots. Voices are split as in SUPERB: eight train, four
/// are for development and four test.
package enum AudioSnipsLayout: CorpusLayout {
  package static let name = "audio-snips"
  package static let summary = "texts with slots as tags; eight voices train, four dev, four test"
  package static let tree = """
    SNIPS/
      all.iob.snips.txt             Ivy-snips-train-0 BOS ADD … EOS<tab>O O … AddToPlaylist
      slots.txt                     O, and one slot a line
      train/Ivy-snips-train-0.wav
      valid/Aditi-snips-valid-0.wav
      test/Brian-snips-test-0.wav
    """

  private static let parts: [String: (split: Split, voices: Set<String>)] = [
    "train": (
      .train, ["Ivy", "Joanna", "Joey", "Justin", "Kendra", "Kimberly", "Matthew", "Salli"]
    ),
    "valid": (.dev, ["Aditi", "Amy", "Geraint", "Nicole"]),
    "test": (.test, ["Brian", "Emma", "Raveena", "Russell"]),
  ]

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    let list = try draft.list("all.iob.snips.txt")
    let slots = Set(try draft.list("slots.txt").lines.map { String($0.text) })
    for (number, line) in list.lines {
      guard let utterance = Utterance(line) else {
        draft.problem(
          list, number,
          "a line is 'VOICE-snips-PART-NUMBER BOS WORDS EOS', a tab, 'O', a slot for each "
            + "word, and the intent")
        continue
      }
      let names = utterance.id.split(separator: "-").map(String.init)
      guard names.count == 4, let part = parts[names[2]] else {
        draft.problem(list, number, "'\(utterance.id)' is not VOICE-snips-PART-NUMBER")
        continue
      }
      if let other = utterance.slots.first(where: { !slots.contains($0) }) {
        draft.problem(list, number, "slots.txt has no slot '\(other)'")
        continue
      }
      guard part.voices.contains(names[0]) else {
        draft.leaveOut("utterances of voices that are not of their part")
        continue
      }
      draft.add(
        "\(names[2])/\(utterance.id).wav", part.split, ManifestEntry(text: utterance.text),
        labels: ["speaker": names[0], "intent": utterance.intent])
    }
  }

  private struct Utterance {
    var id: String
    var words: [String]
    var slots: [String]
    var intent: String

    init?(_ line: Substring) {
      let sides = line.split(separator: "\t", omittingEmptySubsequences: false)
      guard sides.count == 2 else { return nil }
      let (left, right) = (sides[0].words, sides[1].words)
      guard left.count >= 3, left[1] == "BOS", left.last == "EOS", right.count == left.count - 1,
        right[0] == "O", let intent = right.last
      else { return nil }
      (id, self.intent) = (left[0], intent)
      words = Array(left[2..<(left.count - 1)])
      slots = Array(right[1..<(right.count - 1)])
    }

    /// Words with tags around the runs of one slot. As s3prl has it, marks that stand alone are dropped,
    /// `&` is AND, and neighbours of one slot are one value.
    var text: String {
      let kept = zip(words, slots).filter { !"?!.,;-".contains($0.0) }
      var text = ""
      for (index, (word, slot)) in kept.enumerated() {
        let (before, after) = (index - 1, index + 1)
        let isStart = slot != "O" && (index == 0 || kept[before].1 != slot)
        let isEnd = slot != "O" && (after == kept.count || kept[after].1 != slot)
        text += (index == 0 ? "" : " ") + (isStart ? "<\(slot)>" : "")
        text += (word == "&" ? "AND" : word) + (isEnd ? "</\(slot)>" : "")
      }
      return text
    }
  }
}
