import Experiment

/// VoxCeleb1 (Nagrani et al. 2017) for identification: `iden_split.txt`.
package enum VoxCeleb1Layout: CorpusLayout {
  package static let name = "voxceleb1"
  package static let summary = "identification: splits of iden_split.txt (1 train, 2 dev, 3 test)"
  package static let tree = """
    VoxCeleb1/
      iden_split.txt              1 id10001/1zcIwhmdeo4/00001.wav
      wav/id10001/1zcIwhmdeo4/00001.wav
      (or dev/wav/… and test/wav/…)
    """

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    let list = try draft.list("iden_split.txt")
    let audio = try VoxCeleb1Audio(draft)
    let splits: [String: Split] = ["1": .train, "2": .dev, "3": .test]
    for (number, line) in list.lines {
      let words = line.words
      guard words.count == 2, let split = splits[words[0]],
        let speaker = VoxCeleb1Audio.speaker(of: words[1])
      else {
        draft.problem(
          list, number, "a line is '1 idSPEAKER/VIDEO/NUMBER.wav' (2 dev, 3 test), not '\(line)'")
        continue
      }
      draft.add(audio.path(words[1]), split, labels: ["speaker": speaker])
    }
  }
}

/// Where VoxCeleb1's recordings lie: all in `wav/`, or in `dev/wav` and `test/wav` as they are unpacked.
struct VoxCeleb1Audio {
  let roots: [String]
  private let folder: LayoutFolder

  init(_ draft: LayoutDraft) throws(LayoutError) {
    folder = draft.folder
    roots = ["wav", "dev/wav", "test/wav"].filter(draft.folder.hasFolder)
    if roots.isEmpty { throw draft.wrongTree("it has neither a folder 'wav' nor 'dev/wav'") }
  }

  /// The recording that lists call `name`; where there is none, where it should be.
  func path(_ name: String) -> String {
    let paths = roots.map { $0 + "/" + name }
    return paths.first(where: folder.hasFile) ?? paths[0]
  }

  /// Who speaks in `id10001/1zcIwhmdeo4/00001.wav`; `nil` for what is no such name.
  static func speaker(of name: String) -> String? {
    let parts = name.split(separator: "/", omittingEmptySubsequences: false)
    guard parts.count == 3, parts[0].hasPrefix("id"), parts[0].dropFirst(2).allSatisfy(\.isNumber),
      !parts[1].isEmpty, parts[1] != "..", parts[2].hasSuffix(".wav")
    else { return nil }
    return String(parts[0])
  }
}
