import Foundation
import Testing

/// `alphasweep corpus`, run as people run it.
@Suite struct CorpusCommandTests {
  private let small: SmallExperiment

  init() throws {
    small = try SmallExperiment()
    try small.write("1-2-0000 THE CAT\n", to: "recordings/libri/train-x/1/2/1-2.trans.txt")
    try small.write("3-4-0000 A DOG\n", to: "recordings/libri/test-x/3/4/3-4.trans.txt")
    try small.write("", to: "recordings/libri/train-x/1/2/1-2-0000.flac")
    try small.write("", to: "recordings/libri/test-x/3/4/3-4-0000.flac")
    try small.write("THE DH AH0\nCAT K AE1 T\n", to: "lexicon.txt")
    try small.write(
      """
      corpus: libri
      description: Read
      licence: none
      language: en
      manifest: libri.jsonl
      obtain: nowhere
      speaker: speaker
      seconds: [0.3, 35]
      """, to: "libri.yaml")
  }

  private func prepare(_ more: String...) throws -> (code: Int32, out: String, err: String) {
    try small.run(arguments: ["corpus", "prepare"] + more)
  }

  @Test func aManifestIsWrittenAndChecked() throws {
    let made = try prepare(
      "librispeech", "--from", "recordings/libri", "-o", "recordings/libri.jsonl", "--lexicon",
      "lexicon.txt", "--skip-unknown")
    #expect(made.err == "")
    #expect(
      made.out == """
        recordings/libri.jsonl: 2 lines (1 train, 0 dev, 1 test), 2 recordings
        labels: speaker
        2 lines with text
        1 line with phones
        lines without phones: 1

        """)
    #expect(made.code == 0)
    #expect(
      try small.text("recordings/libri.jsonl") == """
        {"recording":"libri/test-x/3/4/3-4-0000.flac","speaker":"3","split":"test","text":"A DOG"}
        {"phones":["DH","AH0","K","AE1","T"],"recording":"libri/train-x/1/2/1-2-0000.flac",\
        "speaker":"1","split":"train","text":"THE CAT"}

        """)
    let checked = try small.run(
      "corpus", "check", "recordings/libri.jsonl", "--corpus", "libri.yaml", "--recordings",
      "recordings", "--json")
    #expect(
      checked.out == """
        {"labels":["speaker"],"lines":2,"manifest":"recordings/libri.jsonl","notes":{},"recordings":2,\
        "splits":{"dev":0,"test":1,"train":1},"with":{"phones":1,"text":2}}

        """)
    #expect(checked.code == 0 && checked.err == "")
  }

  @Test func nothingIsWrittenOfAFolderThatIsNoSuchCorpus() throws {
    let unknown = try prepare(
      "librispeech", "--from", "recordings/libri", "-o", "l.jsonl", "--lexicon", "lexicon.txt")
    #expect(
      unknown.err == """
        alphasweep: 2 words of the transcripts stand in no lexicon; name another with '--lexicon', or \
        leave such lines without phones by '--skip-unknown':
          A
          DOG

        """)
    #expect(unknown.code == 2)
    try small.write("1-2 THE CAT\n", to: "recordings/libri/train-x/1/2/1-2.trans.txt")
    let bad = try prepare("librispeech", "--from", "recordings/libri", "-o", "l.jsonl")
    #expect(
      bad.err.hasSuffix(
        "/recordings/libri/train-x/1/2/1-2.trans.txt:1: a line is 'SPEAKER-CHAPTER-NUMBER TEXT', not "
          + "'1-2 THE CAT'\n") && bad.err.hasPrefix("/") && bad.code == 2)
    let other = try prepare("timit", "--from", "recordings/libri", "-o", "l.jsonl")
    #expect(
      other.err.contains(
        "this is not the layout 'timit': there is no folder TRAIN\nexpected:\n  TIMIT/\n")
        && other.err.hasSuffix("found:\n  test-x/\n  train-x/\n") && other.code == 2)
    #expect(!FileManager.default.fileExists(atPath: small.path + "/l.jsonl"))
  }

  @Test func argumentsThatCannotBeAreRefused() throws {
    let outside = try prepare(
      "librispeech", "--from", "experiments", "-o", "l.jsonl", "--recordings", "recordings")
    #expect(outside.code == 2)
    #expect(
      outside.err.contains("/experiments does not lie below the recordings folder ")
        && outside.err.contains("or name another folder with '--recordings'"))
    let unknown = try prepare("librespeech", "--from", "recordings/libri", "-o", "l.jsonl")
    #expect(
      unknown.code == 64
        && unknown.err.contains("unknown layout 'librespeech'; did you mean 'librispeech'?"))
    let fold = try prepare("timit", "--fold", "1", "--from", "recordings/libri", "-o", "l.jsonl")
    #expect(fold.code == 64 && fold.err.contains("'--fold' is of iemocap, not of timit"))
  }

  @Test func everyBadLineIsReported() throws {
    try small.write(
      """
      {"recording": "libri/train-x/1/2/1-2-0000.flac", "speaker": "1", "split": "train"}
      {"recording": "libri/a.flac", "split": "tran", "speaker": "1"}
      {"recording": "libri/b.flac", "split": "test"}
      """, to: "bad.jsonl")
    let check = ["corpus", "check", "bad.jsonl", "--corpus", "libri.yaml", "--recordings"]
    let bad = try small.run(arguments: check + ["recordings"])
    #expect(
      bad.err == """
        bad.jsonl:2:1: unknown split 'tran'; did you mean 'train'?
        bad.jsonl:3:1: the line lacks the label 'speaker', which the corpus's file says that all have

        """)
    #expect(bad.code == 2 && bad.out == "")
    try small.write(
      """
      {"recording": "libri/train-x/1/2/1-2-0000.flac", "speaker": "1", "split": "train"}
      {"recording": "libri/a.flac", "start": 1, "end": 2, "split": "test", "speaker": "1"}
      {"recording": "libri/a.flac", "start": 2, "end": 3, "split": "test", "speaker": "1"}
      """, to: "bad.jsonl")
    let absent = try small.run(arguments: check + ["recordings"])
    #expect(
      absent.err.replacing(small.path, with: "<here>") == """
        bad.jsonl:2:1: there is no recording <here>/recordings/libri/a.flac
        bad.jsonl:3:1: there is no recording <here>/recordings/libri/a.flac

        """)
    #expect(absent.code == 2)
  }

  @Test func templatesAreSpokenOnceAndCheckedAsAManifest() throws {
    try small.write(
      """
      templates: house
      description: Made up
      seed: 1
      voices: { train: [en+m1], test: [en+f1] }
      utterances: { train: 2, test: 1 }
      slots: { room: [hall] }
      commands: [{ labels: { place: "{room}" }, texts: ["the {room}"] }]
      """, to: "house.yaml")
    func synthesize() throws -> (code: Int32, out: String, err: String) {
      try small.run(arguments: [
        "corpus", "synthesize", "house.yaml", "--recordings", "recordings",
      ])
    }
    let first = try synthesize()
    #expect(first.err == "")
    #expect(
      first.out == """
        recordings/synthetic/house.jsonl: 3 lines (2 train, 0 dev, 1 test), 3 recordings
        labels: place, speaker
        3 lines with text

        """)
    let sound = small.path + "/recordings/synthetic/house/test/00001.wav"
    let bytes = try Data(contentsOf: URL(fileURLWithPath: sound))
    #expect(bytes.starts(with: Array("RIFF".utf8)) && bytes.count > 5000)
    // What is there is kept; what is gone is spoken again, to the same bytes.
    let other = small.path + "/recordings/synthetic/house/train/00001.wav"
    try Data("kept".utf8).write(to: URL(fileURLWithPath: other))
    try FileManager.default.removeItem(atPath: sound)
    #expect(try synthesize().out == first.out)
    #expect(try Data(contentsOf: URL(fileURLWithPath: sound)) == bytes)
    #expect(try Data(contentsOf: URL(fileURLWithPath: other)) == Data("kept".utf8))
  }
}
