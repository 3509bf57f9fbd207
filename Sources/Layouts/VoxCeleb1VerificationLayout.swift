import Experiment

/// VoxCeleb1 for verification: the trials of `veri_test.txt`, and to train on everybody who is in none.
package enum VoxCeleb1VerificationLayout: CorpusLayout {
  package static let name = "voxceleb1-verification"
  package static let summary = "verification: trials of veri_test.txt; all other speakers train"
  package static let tree = """
    VoxCeleb1/
      veri_test.txt               1 id10270/5r0dWxy17C8/00001.wav id10270/8jEAjG6SegY/00008.wav
      wav/id10001/1zcIwhmdeo4/00001.wav
      (or dev/wav/… and test/wav/…)
    """

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    let list = try draft.list("veri_test.txt")
    let audio = try VoxCeleb1Audio(draft)
    let (names, trials) = trials(list, &draft)
    let speakers = Set(names.compactMap(VoxCeleb1Audio.speaker))
    for name in names.sorted() {
      let its = trials[name]?.map {
        SpeakerTrial(
          other: draft.folder.recording(String(audio.path($0.other).dropLast(4))), isSame: $0.isSame
        )
      }
      draft.add(
        audio.path(name), .test, ManifestEntry(trials: its),
        labels: ["speaker": VoxCeleb1Audio.speaker(of: name) ?? ""])
    }
    for root in audio.roots {
      for speaker in draft.folder.folders(in: root) where speaker.hasPrefix("id") {
        for video in draft.folder.folders(in: "\(root)/\(speaker)") {
          let files = draft.folder.files(in: "\(root)/\(speaker)/\(video)", suffix: ".wav")
          if speakers.contains(speaker) {
            let unheard = files.filter { !names.contains("\(speaker)/\(video)/\($0)") }
            draft.leaveOut("recordings of tested speakers that no trial has", unheard.count)
            continue
          }
          for file in files {
            draft.add("\(root)/\(speaker)/\(video)/\(file)", .train, labels: ["speaker": speaker])
          }
        }
      }
    }
  }

  /// The recordings of trials, and the trials by the first.
  private static func trials(
    _ list: LayoutText, _ draft: inout LayoutDraft
  ) -> (names: Set<String>, trials: [String: [SpeakerTrial]]) {
    var names: Set<String> = []
    var trials: [String: [SpeakerTrial]] = [:]
    var seen: [[String]: (word: String, line: Int)] = [:]
    for (number, line) in list.lines {
      let words = line.words
      guard words.count == 3, ["0", "1"].contains(words[0]),
        words.dropFirst().allSatisfy({ VoxCeleb1Audio.speaker(of: $0) != nil })
      else {
        draft.problem(
          list, number,
          "a line is '1 idA/VIDEO/NUMBER.wav idB/VIDEO/NUMBER.wav' (or 0), not '\(line)'")
        continue
      }
      let pair = Array(words.dropFirst())
      names.formUnion(pair)
      if let other = seen[pair] {
        if other.word == words[0] {
          draft.leaveOut("repeated trials")
        } else {
          draft.problem(list, number, "line \(other.line) says the opposite of these two")
        }
        continue
      }
      seen[pair] = (words[0], number)
      guard pair[0] != pair[1] else {
        draft.problem(list, number, "both sides of the trial are one recording")
        continue
      }
      trials[pair[0], default: []].append(
        SpeakerTrial(other: pair[1], isSame: words[0] == "1"))
    }
    return (names, trials)
  }
}
