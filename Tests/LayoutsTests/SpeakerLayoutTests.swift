import Experiment
import Foundation
import Testing

@testable import Layouts

/// Corpora of speakers, of queries and of aligned phones: VoxCeleb1, Libri2Mix, QUESST 2014, TIMIT.
struct SpeakerLayoutTests {
  // MARK: VoxCeleb1

  @Test func `VoxCeleb1's list splits its recordings, wherever they were unpacked`() throws {
    for roots in [["wav", "wav"], ["dev/wav", "test/wav"]] {
      let site = try LayoutSite("VoxCeleb1")
      try site.write(
        "1 id10001/a/00001.wav\n2 id10001/b/00002.wav\r\n3 id10270/c/00003.wav\n",
        to: "iden_split.txt")
      try site.touch(
        roots[0] + "/id10001/a/00001.wav", roots[0] + "/id10001/b/00002.wav",
        roots[1] + "/id10270/c/00003.wav")
      #expect(
        try site.manifest(VoxCeleb1Layout.self, labels: ["speaker"]).text == """
          {"recording":"VoxCeleb1/\(roots[0])/id10001/a/00001.wav","speaker":"id10001","split":"train"}
          {"recording":"VoxCeleb1/\(roots[0])/id10001/b/00002.wav","speaker":"id10001","split":"dev"}
          {"recording":"VoxCeleb1/\(roots[1])/id10270/c/00003.wav","speaker":"id10270","split":"test"}

          """)
      try site.write("4 id10001/a/00001.wav\n1 id10001/a.wav\n", to: "iden_split.txt")
      #expect(
        try site.complaint(VoxCeleb1Layout.self) == """
          <corpus>/iden_split.txt:1: a line is '1 idSPEAKER/VIDEO/NUMBER.wav' (2 dev, 3 test), not \
          '4 id10001/a/00001.wav'
          <corpus>/iden_split.txt:2: a line is '1 idSPEAKER/VIDEO/NUMBER.wav' (2 dev, 3 test), not \
          '1 id10001/a.wav'
          """)
    }
  }

  @Test func `VoxCeleb1's trials are of recordings whose speakers train nothing`() throws {
    let site = try LayoutSite("VoxCeleb1")
    try site.write(
      """
      1 id10270/c/1.wav id10270/d/1.wav
      0 id10270/c/1.wav id10271/e/1.wav
      1 id10270/c/1.wav id10270/d/1.wav
      0 id10271/e/1.wav id10270/c/1.wav

      """, to: "veri_test.txt")
    try site.touch(
      "wav/id10001/a/1.wav", "wav/id10001/a/2.wav", "wav/id10270/c/1.wav", "wav/id10270/c/2.wav",
      "wav/id10270/d/1.wav", "wav/id10271/e/1.wav")
    let found = try site.manifest(VoxCeleb1VerificationLayout.self, labels: ["speaker"])
    #expect(
      found.text == """
        {"recording":"VoxCeleb1/wav/id10001/a/1.wav","speaker":"id10001","split":"train"}
        {"recording":"VoxCeleb1/wav/id10001/a/2.wav","speaker":"id10001","split":"train"}
        {"recording":"VoxCeleb1/wav/id10270/c/1.wav","speaker":"id10270","split":"test",\
        "trials":[["VoxCeleb1/wav/id10270/d/1","same"],["VoxCeleb1/wav/id10271/e/1","different"]]}
        {"recording":"VoxCeleb1/wav/id10270/d/1.wav","speaker":"id10270","split":"test"}
        {"recording":"VoxCeleb1/wav/id10271/e/1.wav","speaker":"id10271","split":"test",\
        "trials":[["VoxCeleb1/wav/id10270/c/1","different"]]}

        """)
    #expect(
      found.counts == [
        "repeated trials: 1", "recordings of tested speakers that no trial has: 1",
      ])
    try site.write(
      """
      1 id10270/c/1.wav id10270/d/1.wav
      0 id10270/c/1.wav id10270/d/1.wav
      1 id10270/c/1.wav id10270/c/1.wav
      2 id10270/c/1.wav id10270/d/1.wav

      """, to: "veri_test.txt")
    #expect(
      try site.complaint(VoxCeleb1VerificationLayout.self) == """
        <corpus>/veri_test.txt:2: line 1 says the opposite of these two
        <corpus>/veri_test.txt:3: both sides of the trial are one recording
        <corpus>/veri_test.txt:4: a line is '1 idA/VIDEO/NUMBER.wav idB/VIDEO/NUMBER.wav' (or 0), not \
        '2 id10270/c/1.wav id10270/d/1.wav'
        """)
  }

  // MARK: Libri2Mix

  @Test func `Libri2Mix's turns are the segments of Kaldi's lists`() throws {
    let site = try LayoutSite("Libri2Mix")
    let lists = site.recordings + "/lists"
    let parts = ["train": "train-100", "dev": "dev", "test": "test"]
    for (part, folder) in parts {
      let name = "\(part)1-1-1_\(part)2-1-1"
      let mixture = "wav16k/max/\(folder)/mix_both/\(name).wav"
      try site.touch(mixture)
      try site.write("\(name) /elsewhere/Libri2Mix/\(mixture)\n", to: "../lists/\(part)/wav.scp")
      try site.write(
        "\(name)_1 \(name) 0.5 14.085\n\(name)_2 \(name) 0.25 3\n\(name)_3 \(name) 20 21\n",
        to: "../lists/\(part)/segments")
      try site.write(
        "\(name)_1 \(part)1\n\(name)_2 \(part)2\n\(name)_3 \(part)1\n",
        to: "../lists/\(part)/utt2spk")
    }
    func line(_ part: String, _ folder: String) -> String {
      """
      {"recording":"Libri2Mix/wav16k/max/\(folder)/mix_both/\(part)1-1-1_\(part)2-1-1.wav",\
      "split":"\(part)","start":0,"turns":[[0.25,3,"\(part)2"],[0.5,14.085,"\(part)1"],\
      [20,21,"\(part)1"]]}

      """
    }
    #expect(
      try site.manifest(Libri2MixLayout.self) { $0.lists = lists }.text
        == line("dev", "dev") + line("test", "test") + line("train", "train-100"))
    #expect(
      try site.complaint(Libri2MixLayout.self).hasPrefix(
        "layout 'libri2mix': name the folder of Kaldi's lists: '--lists FOLDER'\nLibri2Mix/\n"))
    try site.write("a b c\n", to: "../lists/dev/utt2spk")
    try site.write("s1 m1 3 2\ns2 m1 0 1\n", to: "../lists/dev/segments")
    try site.write("m2 /x/wav16k/y.wav\nm2\n", to: "../lists/dev/wav.scp")
    let complaint = try site.complaint(Libri2MixLayout.self) { $0.lists = lists }
    #expect(
      complaint.replacing(lists, with: "<lists>") == """
        <lists>/dev/utt2spk:1: a line is 'SEGMENT SPEAKER', not 'a b c'
        <lists>/dev/segments:1: a line is 'SEGMENT NAME START END' (seconds), not 's1 m1 3 2'
        <lists>/dev/segments:2: utt2spk does not say who speaks in 's2'
        <lists>/dev/wav.scp:1: no line of segments is of 'm2'
        <lists>/dev/wav.scp:2: a line is 'NAME …/wav16k/…/NAME.wav', not 'm2'
        """)
  }

  // MARK: QUESST 2014

  @Test func `QUESST's queries occur in documents of their language`() throws {
    let site = try LayoutSite("quesst14Database")
    func name(_ number: Int) -> String { "quesst14_0000\(number)" }
    try site.write(
      (1...3).map { "quesst14Database/Audio/\(name($0)).wav nnenglish\n" }.joined()
        + "quesst14Database/Audio/\(name(4)).wav czech\n", to: "scoring/language_key_utterances.lst"
    )
    for part in ["dev", "eval"] {
      try site.write(
        (1...2).map { "quesst14Database/\(part)_queries/quesst14_\(part)_000\($0).wav nnenglish\n" }
          .joined(), to: "scoring/language_key_\(part).lst")
      try site.write(
        """
        SPKR-INFO \(name(1)) 1 <NA> <NA> <NA> unknown speaker <NA>
        LEXEME \(name(3)) 1 0.00 10.00 quesst14_\(part)_0001 lex speaker 0.5
        LEXEME \(name(1)) 1 0.00 10.00 quesst14_\(part)_0001 lex speaker 0.5
        LEXEME \(name(4)) 1 0.00 10.00 quesst14_\(part)_0001 lex speaker 0.5

        """, to: "scoring/groundtruth_quesst14_\(part)/quesst14_\(part).rttm")
      try site.touch(
        "\(part)_queries/quesst14_\(part)_0001.wav", "\(part)_queries/quesst14_\(part)_0002.wav")
    }
    try site.touch("Audio/\(name(1)).wav", "Audio/\(name(2)).wav", "Audio/\(name(3)).wav")
    let documents = (1...3).map {
      #"{"id":"\#(name($0))","recording":"quesst14Database/Audio/\#(name($0)).wav","split":"test","start":0}"#
        + "\n"
    }.joined()
    func queries(_ part: String, _ split: String) -> String {
      """
      {"id":"quesst14_\(part)_0001","matches":["\(name(1))","\(name(3))"],\
      "recording":"quesst14Database/\(part)_queries/quesst14_\(part)_0001.wav","split":"\(split)","start":0}
      {"id":"quesst14_\(part)_0002","matches":[],\
      "recording":"quesst14Database/\(part)_queries/quesst14_\(part)_0002.wav","split":"\(split)","start":0}

      """
    }
    let found = try site.manifest(Quesst2014Layout.self)
    #expect(found.text == documents + queries("dev", "dev") + queries("eval", "test"))
    #expect(found.counts == ["recordings of other languages: 1"])
    let one = try site.manifest(Quesst2014Layout.self) { $0.queries = "dev" }
    #expect(one.text == documents + queries("dev", "dev"))
    #expect(
      try site.complaint(Quesst2014Layout.self) { $0.queries = "test" }
        == "layout 'quesst2014': '--queries' is dev or eval, not 'test'")
    #expect(
      try site.complaint(Quesst2014Layout.self) { $0.language = "all" } == """
        <corpus>: 1 recording that the lists name is not there:
          Audio/quesst14_00004.wav
        """)
    try site.write("Audio\n", to: "scoring/language_key_eval.lst")
    #expect(
      try site.complaint(Quesst2014Layout.self)
        == "<corpus>/scoring/language_key_eval.lst:1: a line is 'quesst14Database/…/NAME.wav LANGUAGE', "
        + "not 'Audio'")
  }

  // MARK: TIMIT

  private let labels = "0 1600 h#\n1600 2000 q\n2000 2400 ix\n2400 3200 zh\n3200 4000 ax-h\n"

  /// Two speakers of each kind, in capitals or not.
  private func timit(inCapitals: Bool) throws -> LayoutSite {
    let site = try LayoutSite("TIMIT")
    for speaker in ["TRAIN/DR1/FCJF0", "TEST/DR4/MLLL0", "TEST/DR1/FAKS0", "TEST/DR1/MRRR0"] {
      for sentence in ["SA1", "SI1027", "SX37"] {
        for (ending, text) in [(".WAV", ""), (".PHN", labels)] {
          let path = "\(speaker)/\(sentence)\(ending)"
          try site.write(text, to: inCapitals ? path : path.lowercased())
        }
      }
    }
    return site
  }

  @Test(arguments: [true, false])
  func `TIMIT is aligned in 39 phones, and the core test tests`(inCapitals: Bool) throws {
    let found = try timit(inCapitals: inCapitals).manifest(TimitLayout.self)
    func line(_ path: String, _ speaker: String, _ split: String) -> String {
      """
      {"alignment":[[0,0.1,"sil"],[0.125,0.15,"ih"],[0.15,0.2,"sh"],[0.2,0.25,"ah"]],\
      "recording":"TIMIT/\(inCapitals ? path : path.lowercased())","speaker":"\(speaker)",\
      "split":"\(split)","start":0}

      """
    }
    #expect(
      found.text == line("TEST/DR1/FAKS0/SI1027.WAV", "FAKS0", "dev")
        + line("TEST/DR1/FAKS0/SX37.WAV", "FAKS0", "dev")
        + line("TEST/DR4/MLLL0/SI1027.WAV", "MLLL0", "test")
        + line("TEST/DR4/MLLL0/SX37.WAV", "MLLL0", "test")
        + line("TRAIN/DR1/FCJF0/SI1027.WAV", "FCJF0", "train")
        + line("TRAIN/DR1/FCJF0/SX37.WAV", "FCJF0", "train"))
    #expect(
      found.counts == [
        "sentences SA: 3", "speakers of TEST outside the core test and dev: 1",
      ])
  }

  @Test func `TIMIT folds to 48 phones or none, and all of TEST may test`() throws {
    let site = try timit(inCapitals: true)
    func phones(_ count: Int) throws -> [String]? {
      try site.manifest(TimitLayout.self) { $0.phones = count }.lines[0].entry.alignment?.map(
        \.phone)
    }
    #expect(try phones(61) == ["h#", "q", "ix", "zh", "ax-h"])
    #expect(try phones(48) == ["sil", "ix", "zh", "ax"])
    let complete = try site.manifest(TimitLayout.self) { $0.hasCompleteTest = true }
    #expect(complete.count(.test) == 6 && complete.count(.dev) == 0 && complete.count(.train) == 2)
    #expect(
      try site.complaint(TimitLayout.self) { $0.phones = 40 }
        == "layout 'timit': '--phones' is 39, 48 or 61")
  }

  @Test func `TIMIT's inventories have the sizes that name them, and its speakers theirs`() throws {
    let all = """
      aa ae ah ao aw ax ax-h axr ay b bcl ch d dcl dh dx eh el em en eng epi er ey f g gcl h# hh hv ih ix \
      iy jh k kcl l m n ng nx ow oy p pau pcl q r s sh t tcl th uh uw ux v w y z zh
      """.split(separator: " ").map(String.init)
    for count in [61, 48, 39] {
      let folding = try #require(TimitPhones(count: count))
      let found = Set(all.map(folding.folded).filter { $0 != .nothing })
      #expect(found.count == count && !found.contains(.unknown))
    }
    #expect(TimitPhones(count: 39)?.folded("xx") == .unknown)
    let letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ".map(String.init)
    var counts: [Split: Int] = [:]
    for sex in ["F", "M"] {
      for first in letters {
        for second in letters {
          for third in letters {
            for number in 0...9 {
              let name = sex + first + second + third + "\(number)"
              if let split = TimitSpeakers.split(of: name, isComplete: false) {
                counts[split, default: 0] += 1
              }
            }
          }
        }
      }
    }
    #expect(counts == [.test: 24, .dev: 50])
  }

  @Test func `phones of TIMIT that overlap or are none are told with their lines`() throws {
    let site = try timit(inCapitals: true)
    try site.write("0 10 h#\n5 20 aa\n20 30 xx\n", to: "TRAIN/DR1/FCJF0/SX37.PHN")
    #expect(
      try site.complaint(TimitLayout.self) == """
        <corpus>/TRAIN/DR1/FCJF0/SX37.PHN:2: a line is 'START END PHONE' in samples, from where the last \
        one ended, not '5 20 aa'
        <corpus>/TRAIN/DR1/FCJF0/SX37.PHN:3: TIMIT has no phone 'xx'
        """)
  }

  @Test func `every layout is known by its name and shows its tree`() {
    #expect(CorpusLayouts.all.map { $0.name } == CorpusLayouts.all.map { $0.name }.sorted())
    for layout in CorpusLayouts.all {
      #expect(CorpusLayouts.named(layout.name) == layout)
      #expect(layout.tree.contains("/") && !layout.summary.isEmpty)
    }
    #expect(CorpusLayouts.named("timit-2") == nil)
    let used = CorpusLayouts.all.reduce(into: Set<LayoutOption>()) { $0.formUnion($1.options) }
    #expect(used == Set(LayoutOption.allCases))
  }
}
