import Experiment

/// Speech Commands v0.01 (Warden 2018) in the twelve classes of SUPERB. What lies in the test list of the
/// large archive is left out; the test is the archive made for it. s3prl draws a second of background noise
/// whenever it wants silence; here each second is a line, every tenth of a file for development.
package enum SpeechCommandsLayout: CorpusLayout {
  package static let name = "speech-commands"
  package static let summary =
    "v0.01: ten words, _unknown_, _silence_ (seconds of _background_noise_); untrimmed"
  package static let tree = """
    speech-commands/
      speech_commands_v0.01/
        validation_list.txt         bed/0a7c2a8d_nohash_0.wav
        testing_list.txt
        yes/0a7c2a8d_nohash_0.wav
        _background_noise_/pink_noise.wav
      speech_commands_test_set_v0.01/
        yes/  …  _unknown_/  _silence_/
    """

  private static let train = "speech_commands_v0.01"
  private static let test = "speech_commands_test_set_v0.01"
  private static let words: Set = [
    "yes", "no", "up", "down", "left", "right", "on", "off", "stop", "go",
  ]
  /// From the first sample: nothing is trimmed.
  private static let whole = ManifestEntry(segment: Segment(start: 0))

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    for folder in [train, test] where !draft.folder.hasFolder(folder) {
      throw draft.wrongTree("there is no folder \(folder)")
    }
    let dev = try names(in: "\(train)/validation_list.txt", &draft)
    let tested = try names(in: "\(train)/testing_list.txt", &draft)
    for word in draft.folder.folders(in: train) where word != "_background_noise_" {
      let label = words.contains(word) ? word : "_unknown_"
      for file in draft.folder.files(in: "\(train)/\(word)", suffix: ".wav") {
        let name = "\(word)/\(file)"
        if tested.contains(name) {
          draft.leaveOut("recordings of testing_list.txt")
        } else {
          add("\(train)/\(name)", dev.contains(name) ? .dev : .train, label, &draft)
        }
      }
    }
    try addNoise(&draft)
    for label in draft.folder.folders(in: test) {
      guard words.contains(label) || ["_unknown_", "_silence_"].contains(label) else {
        throw draft.wrongTree("'\(test)/\(label)' is none of the twelve classes", at: test)
      }
      for file in draft.folder.files(in: "\(test)/\(label)", suffix: ".wav") {
        add("\(test)/\(label)/\(file)", .test, label, &draft)
      }
    }
  }

  private static func add(
    _ path: String, _ split: Split, _ label: String, _ draft: inout LayoutDraft
  ) {
    draft.add(path, split, whole, labels: ["keyword": label])
  }

  /// A list's names; those that are not there are missing.
  private static func names(
    in file: String, _ draft: inout LayoutDraft
  ) throws(LayoutError) -> Set<String> {
    let list = try draft.list(file)
    var names: Set<String> = []
    for (number, line) in list.lines {
      let name = line.words.joined(separator: " ")
      guard name.split(separator: "/").count == 2, name.hasSuffix(".wav") else {
        draft.problem(list, number, "a line is 'WORD/NAME.wav', not '\(line)'")
        continue
      }
      draft.want("\(train)/\(name)")
      names.insert(name)
    }
    return names
  }

  private static func addNoise(_ draft: inout LayoutDraft) throws(LayoutError) {
    let folder = train + "/_background_noise_"
    let files = draft.folder.files(in: folder, suffix: ".wav")
    if files.isEmpty { throw draft.wrongTree("'\(folder)' holds no .wav file") }
    for file in files {
      let seconds = try WaveHeader.seconds(of: draft.folder.full("\(folder)/\(file)"))
      for second in 0..<Int(seconds) {
        draft.add(
          "\(folder)/\(file)", second % 10 == 9 ? .dev : .train,
          ManifestEntry(segment: Segment(start: Double(second), end: Double(second + 1))),
          labels: ["keyword": "_silence_"])
      }
    }
  }
}
