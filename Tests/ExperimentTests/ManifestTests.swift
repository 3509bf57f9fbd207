import Foundation
import Testing

@testable import Experiment

/// Corpora whose recordings a manifest names.
struct ManifestTests {
  static let corpus = """
    corpus: talks
    description: Talks
    licence: none
    language: en
    manifest: talks.jsonl
    obtain: https://example.org/talks, below talks/
    hours: { train: 2, test: 0.5 }
    utterances: { train: 900 }
    speaker: speaker
    labels: [topic]
    phonemes: en-us
    seconds: [0.3, 35]
    """

  private static let plain = """
    corpus: talks
    description: Talks
    licence: none
    language: en
    manifest: talks.jsonl
    obtain: somewhere
    seconds: [0.3, 35]
    """

  private func manifest(_ lines: String..., of corpus: String = plain) throws -> CorpusManifest {
    try CorpusManifest(
      Array((lines.joined(separator: "\n") + "\n").utf8), file: "talks.jsonl",
      corpus: CorpusDefinition(yaml: corpus, file: "talks.yaml"))
  }

  @Test func `a line says a recording, its bounds and what is said of it`() throws {
    let lines = try manifest(
      #"{"recording": "t/a.flac", "split": "dev"}"#, "",
      #"""
      {"split": "train", "recording": "t/a.flac", "start": 1.25, "end": 4.5, "id": "a-1", "text": "so",
      """#
        + #" "phones": ["s", "oʊ"], "speaker": "eve", "labels": {"topic": "birds"}, "end": 4.5}"#,
      #"{"recording": "t/b.flac", "start": 3, "text": "", "id": null, "split": "test"}"#
    ).lines
    #expect(lines.map(\.number) == [1, 3, 4])
    #expect(lines[0].entry == ManifestEntry() && lines[0].labels == [:] && lines[0].split == .dev)
    #expect(
      lines[1]
        == .init(
          number: 3, recording: "t/a.flac",
          entry: ManifestEntry(
            segment: Segment(start: 1.25, end: 4.5), id: "a-1", text: "so", phones: ["s", "oʊ"]),
          labels: ["topic": "birds", "speaker": "eve"], split: .train))
    #expect(lines[2].entry == ManifestEntry(segment: Segment(start: 3), text: ""))
  }

  @Test func `every bad line is told with its number`() throws {
    let found = try problems {
      try manifest(
        #"{"recording": "a.wav", "split": "train", "speaker": "eve"}"#,
        #"{"recording": "a.wav", "split": "train""#,
        #"["a.wav", "train"]"#,
        #"{"recordng": "a.wav", "split": "tset", "speaker": "eve"}"#,
        #"{"recording": "../a.wav", "split": "train", "speaker": "eve"}"#,
        #"{"recording": "/a.wav", "split": "train", "speaker": "eve"}"#,
        #"{"recording": "b.wav", "split": "train", "start": "1", "end": -2, "speaker": "eve"}"#,
        #"{"recording": "c.wav", "split": "train", "start": 3, "end": 3, "speaker": "eve"}"#,
        #"{"recording": "d.wav", "split": "train", "phones": ["a", ""], "speaker": ""}"#,
        #"{"recording": "e.wav", "split": "train", "phones": "a b", "labels": {"age": 3}}"#,
        #"{"recording": "f.wav", "split": 1}"#,
        #"{"recording": "g.wav", "split": "dev"}"#,
        #"{"recording": "h.wav", "split": "dev", "speaker": "eve", "labels": {"speaker": "ann"}}"#,
        of: Self.plain.replacing("seconds:", with: "speaker: speaker\nseconds:"))
    }
    let example = #"{"recording": "talks/one.flac", "split": "train"}"#
    #expect(
      found == [
        "talks.jsonl:2:1: this is not JSON; a line is an object such as \(example)",
        "talks.jsonl:3:1: the line must be a JSON object, such as \(example)",
        "talks.jsonl:4:1: the line lacks 'recording'",
        "talks.jsonl:4:1: unknown key 'recordng'; did you mean 'recording'?",
        "talks.jsonl:4:1: unknown split 'tset'; did you mean 'test'?",
        "talks.jsonl:5:1: 'recording' must be a path below the site's recordings folder, not "
          + "'../a.wav'",
        "talks.jsonl:6:1: 'recording' must be a path below the site's recordings folder, not "
          + "'/a.wav'",
        "talks.jsonl:7:1: 'end' must be after 'start': -2 is not after 0",
        #"talks.jsonl:7:1: 'start' must be a number of seconds, not "1""#,
        "talks.jsonl:8:1: 'end' must be after 'start': 3 is not after 3",
        "talks.jsonl:9:1: 'phones' holds an empty phone",
        "talks.jsonl:9:1: 'speaker' is empty; leave it out",
        #"talks.jsonl:10:1: 'labels' must be an object whose values are words, not {"age":3}"#,
        #"talks.jsonl:10:1: 'phones' must be a list of words, not "a b""#,
        "talks.jsonl:11:1: 'split' must be a word, not 1",
        "talks.jsonl:12:1: the line lacks the label 'speaker', which the corpus's file says that "
          + "all have",
        "talks.jsonl:13:1: 'speaker' is 'eve', and the label of that name 'ann'",
      ])
  }

  @Test(arguments: [
    (#""a""#, #"must be a list of [start, end, phone], in seconds, not "a""#),
    (#"[[0, 1]]"#, "must be a list of [start, end, phone], in seconds, not [[0,1]]"),
    (
      #"[[0, 1, "a", 2]]"#, #"must be a list of [start, end, phone], in seconds, not [[0,1,"a",2]]"#
    ),
  ])
  func `an alignment that is none is told`(alignment: String, problem: String) throws {
    let found = try problems {
      try manifest(#"{"recording": "a.wav", "split": "train", "alignment": \#(alignment)}"#)
    }
    #expect(found == ["talks.jsonl:1:1: 'alignment' " + problem])
  }

  @Test(arguments: [
    (#"[[0, 1, "a"], [0.5, 2, "b"]]"#, #"[0.5, 2, "b"]"#), (#"[[1, 1, "a"]]"#, #"[1, 1, "a"]"#),
    (#"[[0, 1, ""]]"#, #"[0, 1, ""]"#), (#"[[-1, 1, "a"]]"#, #"[-1, 1, "a"]"#),
  ])
  func `an alignment that is out of order is told`(alignment: String, culprit: String) throws {
    let found = try problems {
      try manifest(#"{"recording": "a.wav", "split": "train", "alignment": \#(alignment)}"#)
    }
    #expect(
      found == [
        "talks.jsonl:1:1: 'alignment' holds \(culprit): each must name a phone, end after it starts, and "
          + "start where the one before has ended"
      ])
  }

  @Test func `lines that contradict each other are told, and a copy of a line is none`() throws {
    #expect(
      try problems {
        try manifest(
          #"{"recording": "a.wav", "start": 1, "end": 2, "split": "train"}"#,
          #"{"recording": "a.wav", "start": 1, "end": 2, "split": "train"}"#,
          #"{"recording": "a.wav", "start": 1, "end": 2, "split": "test"}"#,
          #"{"recording": "a.flac", "start": 1, "end": 2, "split": "train"}"#,
          #"{"recording": "b.wav", "id": "a-1-2", "split": "train"}"#)
      } == [
        "talks.jsonl:3:1: the line is of the same recording and bounds as line 1 and says something "
          + "else of it; keep one",
        "talks.jsonl:4:1: the utterance would be called 'a-1-2', as that of line 1 is; give each an "
          + "'id' of its own",
        "talks.jsonl:5:1: the utterance would be called 'a-1-2', as that of line 1 is; give each an "
          + "'id' of its own",
      ])
    #expect(
      try problems { try manifest("", " ") } == ["talks.jsonl:1:1: the manifest has no line"])
  }

  @Test func `recordings stand by path and bounds, and copies count once`() throws {
    let found = try manifest(
      #"{"recording": "b.wav", "start": 10, "split": "train"}"#,
      #"{"recording": "b.wav", "start": 2, "end": 3, "split": "train"}"#,
      #"{"recording": "c.wav", "start": 2, "end": 3, "split": "test"}"#,
      #"{"recording": "c.wav", "split": "test"}"#,
      #"{"recording": "a.wav", "split": "test"}"#
    ).recordings(digests: ["a.wav": "A", "b.wav": "B", "c.wav": "B"])
    #expect(
      found.recordings.map(\.title) == [
        "a.wav", "b.wav 2-3 s", "b.wav 10 s to the end", "c.wav",
      ])
    #expect(found.recordings.map(\.name) == ["a", "b-2-3", "b-10", "c"])
    #expect(found.duplicates == 1)
  }

  @Test func `a corpus with a manifest reads, and its notes enter no key`() throws {
    let corpus = try CorpusDefinition(yaml: Self.corpus, file: "talks.yaml")
    #expect(corpus.manifest == "talks.jsonl" && corpus.folder == nil)
    #expect(corpus.labels == ["topic", "speaker"])
    #expect(
      corpus.notes
        == CorpusNotes(
          obtain: "https://example.org/talks, below talks/", hours: [.train: 2, .test: 0.5],
          utterances: [.train: 900], speaker: "speaker", labels: ["topic"]))
    let text = try Canonical(encoding: corpus).text
    #expect(
      text == """
        {"description":"Talks","language":"en","licence":"none","manifest":"talks.jsonl",\
        "maximumSeconds":35,"minimumSeconds":0.3,"name":"talks","packages":[],"phonemeVoice":"en-us"}
        """)
    var read: CorpusDefinition = try Canonical(json: Data(text.utf8)).decoded()
    read.notes = corpus.notes
    #expect(read == corpus)
  }

  @Test func `silences that are taken out enter the key, and lines may have no times then`() throws
  {
    let yaml = Self.plain + "\nwithout-silence: true"
    let corpus = try CorpusDefinition(yaml: yaml, file: "talks.yaml")
    #expect(corpus.withoutSilence)
    let text = try Canonical(encoding: corpus).text
    #expect(text.hasSuffix(#""name":"talks","packages":[],"withoutSilence":true}"#))
    #expect(try Canonical(json: Data(text.utf8)).decoded(as: CorpusDefinition.self).withoutSilence)
    let kept = try CorpusDefinition(
      yaml: Self.plain + "\nwithout-silence: false", file: "talks.yaml")
    #expect(
      try Canonical(encoding: kept).text
        == Canonical(encoding: CorpusDefinition(yaml: Self.plain, file: "talks.yaml")).text)
    let lines = [
      #"{"recording": "a.wav", "split": "train"}"#,
      #"{"recording": "b.wav", "split": "train", "turns": [[0, 1.5, "eve"]]}"#,
      #"{"recording": "c.wav", "split": "train", "alignment": [[0.1, 0.2, "ae"]]}"#,
    ]
    let found = try problems {
      try CorpusManifest(
        Array(lines.joined(separator: "\n").utf8), file: "talks.jsonl", corpus: corpus)
    }
    #expect(
      found == [
        "talks.jsonl:2:1: 'turns' has times, which the corpus's 'without-silence' moves; leave out one of "
          + "the two",
        "talks.jsonl:3:1: 'alignment' has times, which the corpus's 'without-silence' moves; leave out one "
          + "of the two",
      ])
  }

  @Test func `a folder's definition is what it was in every key`() throws {
    let nl = try CorpusDefinition(
      yaml: Repository.text("corpora/fillets-nl.yaml"), file: "corpora/fillets-nl.yaml")
    let text = try Canonical(encoding: nl).text
    #expect(
      text == #"""
        {"description":"Dutch dialogue of Fish Fillets NG","language":"nl","licence":"GPL-2",\#
        "maximumSeconds":20,"minimumSeconds":0.3,"name":"fillets-nl",\#
        "packages":["fillets-ng-data-nl","fillets-ng-data"],\#
        "pattern":"(?!elevator1/nl/zd1-m-cesta\\.ogg|gems/nl/zav-v-sto\\.ogg)(?<level>[^/]+)/nl/(?<id>[^/]+)\\.ogg",\#
        "phonemeVoice":"nl","root":"usr/share/games/fillets-ng/sound",\#
        "split":{"by":"level","dev":0.05,"test":0.15},\#
        "transcripts":{"format":"fillets-lua","key":"id",\#
        "pattern":"(?<level>[^/]+)/dialogs_nl\\.lua","root":"usr/share/games/fillets-ng/script"}}
        """#)
    #expect(try Canonical(json: Data(text.utf8)).decoded() == nl)
    let noted = try CorpusDefinition(
      yaml: Repository.text("corpora/fillets-nl.yaml")
        + "hours: { train: 1 }\nutterances: { train: 9 }\nobtain: anywhere\nspeaker: id\n",
      file: "corpora/fillets-nl.yaml")
    #expect(try Canonical(encoding: noted).text == text)
  }

  @Test(arguments: [
    Slip(
      "manifest: talks.jsonl", "manifest: ../talks.jsonl",
      "talks.yaml:5:11: 'manifest' is a file below the site's recordings folder, such as "
        + "'timit.jsonl', not '../talks.jsonl'"),
    Slip(
      "manifest: talks.jsonl", "manifest: talks.jsonl\nroot: talks",
      "talks.yaml:6:7: 'root' goes with a folder; the lines of a 'manifest' say it themselves"),
    Slip(
      "obtain: https://example.org/talks, below talks/\n", "",
      "talks.yaml:1:1: the corpus lacks 'obtain'; add it, such as 'obtain: "
        + "https://example.org/speech: unpack it below speech/'"),
    Slip(
      "hours: { train: 2", "hours: { trian: 2",
      "talks.yaml:7:10: unknown key 'trian'; did you mean 'train'?"),
    Slip(
      "train: 900", "train: many",
      "talks.yaml:8:22: 'train' must be a whole number, not 'many'"),
  ])
  func `a wrong manifest corpus is said with its place`(slip: Slip) throws {
    let yaml = try slip.applied(to: Self.corpus)
    let found = try problems { try CorpusDefinition(yaml: yaml, file: "talks.yaml") }
    #expect(found == slip.problems)
  }

  @Test func `a folder needs packages or words for how to get it, and a speaker of its pattern`()
    throws
  {
    let without = SmallWorld.corpus.replacing("packages: [words-data]\n", with: "")
    #expect(
      try problems { try CorpusDefinition(yaml: without, file: "words.yaml") } == [
        "words.yaml:1:1: the corpus lacks 'packages'; add it, such as 'packages: [hedgewars-data]'"
      ])
    #expect(
      try CorpusDefinition(yaml: without + "\nobtain: ask\nspeaker: speaker", file: "words.yaml")
        .notes == CorpusNotes(obtain: "ask", speaker: "speaker"))
    #expect(
      try problems {
        try CorpusDefinition(yaml: without + "\nobtain: ask\nspeaker: spkr", file: "words.yaml")
      } == ["words.yaml:12:10: unknown group of the pattern 'spkr'; known: speaker, word"])
  }
}
