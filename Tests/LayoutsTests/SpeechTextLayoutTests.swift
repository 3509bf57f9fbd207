import Experiment
import Foundation
import Testing

@testable import Layouts

/// Corpora of transcripts: LibriSpeech, Common Voice, TED-LIUM 3, AISHELL-3.
struct SpeechTextLayoutTests {
  // MARK: LibriSpeech

  private func libriSpeech() throws -> LayoutSite {
    let site = try LayoutSite("LibriSpeech")
    try site.write(
      "103-1240-0000 THE CAT\n103-1240-0001 A MAT\n",
      to: "train-clean-100/103/1240/103-1240.trans.txt")
    try site.write("84-121-0000 THE DOG\n", to: "dev-clean/84/121/84-121.trans.txt")
    try site.write("61-70-0000 A CAT\n", to: "test-clean/61/70/61-70.trans.txt")
    try site.write("1-2-0000 THE CAT\n", to: "train-other-500/1/2/1-2.trans.txt")
    try site.write("about", to: "README.TXT")
    try site.touch(
      "train-clean-100/103/1240/103-1240-0000.flac", "train-clean-100/103/1240/103-1240-0001.flac",
      "dev-clean/84/121/84-121-0000.flac", "test-clean/61/70/61-70-0000.flac",
      "train-other-500/1/2/1-2-0000.flac")
    return site
  }

  private let lexicon = LayoutText(
    name: "lexicon.txt", text: "THE DH AH0\nTHE DH IY0\nCAT K AE1 T\nA AH0\nMAT M AE1 T\n")

  @Test func `LibriSpeech's folders are splits, and phones are the lexicon's first`() throws {
    let found = try libriSpeech().manifest(LibriSpeechLayout.self) {
      $0.parts = ["train-clean-100", "dev-clean", "test-clean"]
      $0.lexicons = [lexicon]
      $0.skipsUnknown = true
    }
    #expect(
      found.text == """
        {"recording":"LibriSpeech/dev-clean/84/121/84-121-0000.flac","speaker":"84","split":"dev",\
        "text":"THE DOG"}
        {"phones":["AH0","K","AE1","T"],"recording":"LibriSpeech/test-clean/61/70/61-70-0000.flac",\
        "speaker":"61","split":"test","text":"A CAT"}
        {"phones":["DH","AH0","K","AE1","T"],\
        "recording":"LibriSpeech/train-clean-100/103/1240/103-1240-0000.flac","speaker":"103",\
        "split":"train","text":"THE CAT"}
        {"phones":["AH0","M","AE1","T"],\
        "recording":"LibriSpeech/train-clean-100/103/1240/103-1240-0001.flac","speaker":"103",\
        "split":"train","text":"A MAT"}

        """)
    #expect(found.counts == ["lines without phones: 1"])
    let all = try libriSpeech().manifest(LibriSpeechLayout.self)
    #expect(all.lines.count == 5 && all.lines.allSatisfy { $0.entry.phones == nil })
    #expect(all.count(.train) == 3 && all.count(.dev) == 1 && all.count(.test) == 1)
  }

  @Test func `words without a pronunciation are listed`() throws {
    #expect(
      try libriSpeech().complaint(LibriSpeechLayout.self) { $0.lexicons = [lexicon] } == """
        1 word of the transcripts stand in no lexicon; name another with '--lexicon', or leave such \
        lines without phones by '--skip-unknown':
          DOG
        """)
  }

  @Test func `a folder that is no LibriSpeech is shown beside what was expected`() throws {
    let site = try LayoutSite()
    #expect(
      try site.complaint(LibriSpeechLayout.self) == """
        <corpus>: this is not the layout 'librispeech': it has no folder called train-…, dev-… or test-…
        expected:
          LibriSpeech/
            train-clean-100/
              103/1240/103-1240.trans.txt
              103/1240/103-1240-0000.flac
            dev-clean/
            test-clean/
        found:
          nothing
        """)
    try site.touch("LibriSpeech/train-clean-100/x", "readme", ".hidden")
    let found = try site.complaint(LibriSpeechLayout.self)
    #expect(found.hasSuffix("found:\n  LibriSpeech/\n  readme"))
    let absent = LayoutFolder(site.folder.path + "/nowhere", prefix: "nowhere")
    #expect(throws: LayoutError.self) { try LibriSpeechLayout.prepare(absent) }
    #expect(
      try libriSpeech().complaint(LibriSpeechLayout.self) { $0.parts = ["dev-other"] }
        .contains("it has no part 'dev-other'"))
  }

  @Test func `bad lines are told before recordings that are not there, which are counted`() throws {
    let site = try libriSpeech()
    let path = "dev-clean/84/121/84-121.trans.txt"
    try site.write("84-121-0000 THE DOG\n\n84-121-0001\n84-121 A\n", to: path)
    #expect(
      try site.complaint(LibriSpeechLayout.self) == """
        <corpus>/\(path):3: a line is 'SPEAKER-CHAPTER-NUMBER TEXT', not '84-121-0001'
        <corpus>/\(path):4: a line is 'SPEAKER-CHAPTER-NUMBER TEXT', not '84-121 A'
        """)
    let names = (10..<32).map { "84-121-00\($0)" }
    try site.write(names.map { $0 + " A\n" }.joined(), to: path)
    #expect(
      try site.complaint(LibriSpeechLayout.self) == """
        <corpus>: 22 recordings that the lists name are not there:
        \(names.prefix(20).map { "  dev-clean/84/121/\($0).flac" }.joined(separator: "\n"))
          and 2 more
        """)
  }

  // MARK: Common Voice

  private func commonVoice() throws -> LayoutSite {
    let site = try LayoutSite("cv")
    let head =
      "client_id\tpath\tsentence\tup_votes\tdown_votes\tage\tgender\taccent\tlocale\tsegment\n"
    for split in ["train", "dev", "test"] {
      try site.write(
        head + "\(split)1\t\(split)_1.mp3\t¿Qué  hora es?\t2\t0\t\t\tmexicano\tes\t\n"
          + "\(split)2\t\(split)_2.mp3\tHola\t2\t0\t\t\tandino\tes\t\n"
          + "\(split)3\t\(split)_3.mp3\t\"Dijo \"\"no\"\"\"\t2\t0\t\t\tmexicano\tes\t\n"
          + "\(split)4\t\(split)_4.mp3\t...\t2\t0\t\t\tmexicano\tes\t\n",
        to: "es/\(split).tsv")
      try site.touch("es/clips/\(split)_1.mp3", "es/clips/\(split)_3.mp3")
    }
    return site
  }

  @Test func `Common Voice in Spanish has the clips and texts of SUPERB-SG`() throws {
    let found = try commonVoice().manifest(CommonVoiceLayout.self) { $0.language = "es" }
    let lines = [("dev", "dev"), ("test", "test"), ("train", "train")].flatMap { name, split in
      [("1", "QUÉ HORA ES"), ("3", "DIJO NO")].map { number, text in
        #"{"recording":"cv/es/clips/\#(name)_\#(number).mp3","speaker":"\#(name)\#(number)","#
          + #""split":"\#(split)","text":"\#(text)"}"# + "\n"
      }
    }
    #expect(found.text == lines.joined())
    #expect(
      found.counts == ["clips of other accents: 3", "clips whose text normalises to nothing: 3"])
  }

  @Test func `what is wrong with Common Voice's tables is told`() throws {
    let site = try commonVoice()
    #expect(
      try site.complaint(CommonVoiceLayout.self)
        == "layout 'common-voice': name the language's folder, such as '--language es'")
    try site.write("client_id\tpath\tsentence\nx\tone.mp3\n", to: "es/dev.tsv")
    try site.write(
      "client_id\tpath\tsentence\taccents\nx\t../one.mp3\tsí\tmexicano\nx\n", to: "es/test.tsv")
    #expect(
      try site.complaint(CommonVoiceLayout.self) { $0.language = "es" } == """
        <corpus>/es/dev.tsv:1: the head lacks accent; it has client_id, path, sentence
        <corpus>/es/test.tsv:2: 'path' is a name of clips/ that ends in .mp3
        <corpus>/es/test.tsv:3: the line has 1 fields, and the head 4
        """)
  }

  // MARK: TED-LIUM 3

  private func tedLium() throws -> LayoutSite {
    let site = try LayoutSite("TEDLIUM_release-3")
    try site.write(
      """
      ;; comment
      A_2010 1 A_2010 0 10 <o,f0,female> it 's {BREATH} here
      A_2010 1 inter_segment_gap 10 12 <o,,unknown> ignore_time_segment_in_scoring
      A_2010 1 A_2010 12.5 20.25 <o,f0,female> said <unk> there
      A_2010 1 A_2010 21 22 <o,f0,female> {COUGH}
      A_2010 1 A_2010 30.5 36 <NA> and so

      """, to: "legacy/train/stm/A_2010.stm")
    try site.write("B_2011 1 B_2011 1 21 <NA> later\n", to: "legacy/train/stm/B_2011.stm")
    try site.write("C_2012 1 C_2012 1 2.5 <NA> dev\n", to: "legacy/dev/stm/C_2012.stm")
    try site.write("D_2012 1 D_2012 1 2.5 <NA> test\n", to: "legacy/test/stm/D_2012.stm")
    try site.touch(
      "legacy/train/sph/A_2010.sph", "legacy/train/sph/B_2011.sph", "legacy/dev/sph/C_2012.sph",
      "legacy/test/sph/D_2012.sph")
    return site
  }

  @Test func `TED-LIUM's segments are pieces of talks, up to so many hours`() throws {
    let found = try tedLium().manifest(TedLium3Layout.self) { $0.hours = 16.0 / 3600 }
    #expect(
      found.text == """
        {"end":2.5,"recording":"TEDLIUM_release-3/legacy/dev/sph/C_2012.sph","speaker":"C_2012",\
        "split":"dev","start":1,"text":"dev"}
        {"end":2.5,"recording":"TEDLIUM_release-3/legacy/test/sph/D_2012.sph","speaker":"D_2012",\
        "split":"test","start":1,"text":"test"}
        {"end":10,"recording":"TEDLIUM_release-3/legacy/train/sph/A_2010.sph","speaker":"A_2010",\
        "split":"train","start":0,"text":"it's here"}
        {"end":36,"recording":"TEDLIUM_release-3/legacy/train/sph/A_2010.sph","speaker":"A_2010",\
        "split":"train","start":30.5,"text":"and so"}

        """)
    #expect(
      found.counts == [
        "segments that are not scored: 1", "segments with <unk>: 1", "segments without words: 1",
      ])
    #expect(try tedLium().manifest(TedLium3Layout.self).count(.train) == 3)
  }

  @Test func `a segment that ends before it starts is told with its line`() throws {
    let site = try tedLium()
    try site.write("C_2012 1 C_2012 3 2.5 <NA> dev\n", to: "legacy/dev/stm/C_2012.stm")
    #expect(
      try site.complaint(TedLium3Layout.self) == """
        <corpus>/legacy/dev/stm/C_2012.stm:1: a line is 'TALK 1 SPEAKER START END <LABELS> TEXT', not \
        'C_2012 1 C_2012 3 2.5 <NA> dev'
        """)
  }

  // MARK: AISHELL-3

  @Test func `AISHELL-3's texts are its characters`() throws {
    let site = try LayoutSite("AISHELL-3")
    try site.write(
      "SSB00050001.wav\t广 guang3 州 zhou1\nSSB00050002.wav\t女 nv3\n", to: "train/content.txt")
    try site.write("SSB01390001.wav\t好 hao3\n", to: "test/content.txt")
    try site.touch(
      "train/wav/SSB0005/SSB00050001.wav", "train/wav/SSB0005/SSB00050002.wav",
      "test/wav/SSB0139/SSB01390001.wav")
    let train = """
      {"recording":"AISHELL-3/train/wav/SSB0005/SSB00050001.wav","speaker":"SSB0005",\
      "split":"train","text":"广州"}
      {"recording":"AISHELL-3/train/wav/SSB0005/SSB00050002.wav","speaker":"SSB0005",\
      "split":"train","text":"女"}

      """
    #expect(try site.manifest(Aishell3Layout.self).text == train)
    #expect(
      try site.manifest(Aishell3Layout.self) { $0.hasTest = true }.text == """
        {"recording":"AISHELL-3/test/wav/SSB0139/SSB01390001.wav","speaker":"SSB0139",\
        "split":"test","text":"好"}

        """ + train)
    try site.write("SSB00050001.wav\t广 guang3 州\n", to: "train/content.txt")
    #expect(
      try site.complaint(Aishell3Layout.self) == """
        <corpus>/train/content.txt:1: a line is 'SSBSPEAKERNUMBER.wav' and characters, each with its \
        pinyin, not 'SSB00050001.wav\t广 guang3 州'
        """)
  }
}
