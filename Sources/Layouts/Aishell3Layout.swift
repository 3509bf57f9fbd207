import Experiment

/// AISHELL-3 (Shi et al. 2020), https://www.openslr.org/93. Its texts alternate characters and
/// syllables in pinyin; the characters are the text.
package enum Aishell3Layout: CorpusLayout {
  package static let name = "aishell-3"
  package static let summary = "its train part as train; with --with-test its test part as test"
  package static let options: Set<LayoutOption> = [.withTest]
  package static let tree = """
    AISHELL-3/
      train/content.txt             SSB00050001.wav<tab>广 guang3 州 zhou1 …
      train/wav/SSB0005/SSB00050001.wav
      test/content.txt
      test/wav/SSB0139/SSB01390001.wav
    """

  package static func read(
    into draft: inout LayoutDraft, _ options: LayoutOptions
  ) throws(LayoutError) {
    for split in options.hasTest ? [Split.train, .test] : [.train] {
      let list = try draft.list("\(split.rawValue)/content.txt")
      for (number, line) in list.lines {
        var words = line.words
        let file = words.removeFirst()
        guard file.hasPrefix("SSB"), file.hasSuffix(".wav"), file.count > 11, !words.isEmpty,
          words.count % 2 == 0
        else {
          draft.problem(
            list, number,
            "a line is 'SSBSPEAKERNUMBER.wav' and characters, each with its pinyin, not "
              + "'\(line)'")
          continue
        }
        let speaker = String(file.prefix(7))
        let text = stride(from: 0, to: words.count, by: 2).map { words[$0] }.joined()
        draft.add(
          "\(split.rawValue)/wav/\(speaker)/\(file)", split, ManifestEntry(text: text),
          labels: ["speaker": speaker])
      }
    }
  }
}
