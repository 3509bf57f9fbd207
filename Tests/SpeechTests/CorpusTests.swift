import Experiment
import Foundation
import Testing

@testable import Speech

@Suite struct CorpusTests {
  @Test func theManifestSaysWhatWasKeptFromWhereAndWhatWasSaid() throws {
    let site = try CorpusSite()
    _ = try site.build()
    #expect(
      try site.folder.text("out/manifest.jsonl") == #"""
        {"id":"made-up/one/nl/a","labels":{"id":"a","level":"one"},"offset":0,\#
        "path":"one/nl/a.wav","phones":["ɣ","u","t","z","oː"],"samples":19200,\#
        "split":"train","start":6400,"text":"Goed, \"zo\"."}
        {"id":"made-up/two/nl/a","labels":{"id":"a","level":"two"},"offset":19200,\#
        "path":"two/nl/a.wav","phones":["h","ɑ","l","oː"],"samples":12000,\#
        "split":"test","start":0,"text":"hallo"}

        """#)
  }

  @Test func factsCountHoursPhonemesAndLabelsAndSayWhyRecordingsWereDropped() throws {
    let site = try CorpusSite()
    _ = try site.build()
    let facts = try Canonical(json: Data(site.folder.bytes("out/facts.json")))
    #expect(facts["hours"]?["train"]?.number == 1.2 / 3600)
    #expect(facts["utterances"]?.text == #"{"dev":0,"test":1,"train":1}"#)
    #expect(facts["phonemes"]?["oː"]?.number == 2)
    #expect(
      facts["labels"]?["level"]?.text == #"{"utterances":{"one":1,"two":1},"values":2}"#)
    #expect(
      facts["dropped"]?.text == #"""
        [{"path":"one/nl/b.wav","reason":"transcript also in test","split":"train"},\#
        {"path":"one/nl/short.wav","reason":"too short","seconds":0.05,"split":"train"},\#
        {"path":"one/nl/silent.wav","reason":"silent","split":"train"},\#
        {"path":"two/nl/c.wav","reason":"too long","seconds":5,"split":"dev"}]
        """#)
  }

  @Test func audioIsWhatWasRecordedWithoutDither() throws {
    let site = try CorpusSite()
    let corpus = try site.build()
    #expect(corpus.name == "made-up")
    let samples = try corpus.samples(of: corpus.utterances[1])
    #expect(samples == tone(seconds: 0.75).map(PCM16.decode))
    #expect(try site.folder.bytes("out/audio.s16").count == 2 * (19_200 + 12_000))
  }

  @Test func theNumberOfThreadsDecidesNoByte() throws {
    let site = try CorpusSite()
    for threads in [1, 3] { _ = try site.build(threads: threads, into: "out\(threads)") }
    for file in ["manifest.jsonl", "audio.s16", "facts.json"] {
      #expect(try site.folder.bytes("out1/" + file) == site.folder.bytes("out3/" + file))
    }
  }

  @Test func allBadRecordingsAreNamedAtOnce() throws {
    var site = try CorpusSite()
    try site.add("one/nl/bad.wav", Array("not sound".utf8), .train)
    try site.add("one/nl/empty.wav", wave([]), .train)
    try site.add("one/nl/gone.wav", wave(tone(seconds: 1)), .train)
    try FileManager.default.removeItem(atPath: site.folder.path + "/sound/one/nl/gone.wav")
    try site.add("one/nl/other.wav", wave(tone(seconds: 1)), .train)
    try site.folder.write(wave(tone(seconds: 2)), to: "sound/one/nl/other.wav")
    let error = #expect(throws: CorpusError.self) { try site.build() }
    #expect(
      "\(try #require(error))" == """
        corpus made-up: 4 of 10 recordings cannot be used:
          one/nl/bad.wav: cannot be decoded: Format not recognised.
          one/nl/empty.wav: it holds no samples
          one/nl/gone.wav: cannot be read: No such file or directory
          one/nl/other.wav: its content changed since the recordings were listed; run again
        leave them out in the corpus's pattern, or install them anew with: \
        apt-get install --reinstall fish
        """)
  }

  @Test func recordingsThatWouldBearOneNameAreAnError() throws {
    var site = try CorpusSite()
    try site.add("one/nl/a.ogg", wave(tone(seconds: 1)), .train)
    let error = #expect(throws: CorpusError.self) { try site.build() }
    #expect(
      "\(try #require(error))"
        == "corpus made-up: one/nl/a.ogg and one/nl/a.wav would both be called made-up/one/nl/a; "
        + "narrow the corpus's pattern to one of them")
  }

  @Test func oneIdentifierWithTwoTextsIsAnErrorWhereNothingTellsThemApart() throws {
    let site = try CorpusSite()
    var definition = site.definition
    definition.folder?.transcripts?.pattern = #"[^/]+/dialogs_nl\.lua"#
    let files = ["one", "two"].map { "\(site.folder.path)/script/\($0)/dialogs_nl.lua" }
    #expect(
      throws: CorpusError.ambiguousTranscript(recording: "one/nl/a.wav", id: "a", files: files)
    ) { try site.build(definition) }
  }

  @Test func missingTranscriptsNameThePackages() throws {
    let site = try CorpusSite()
    var definition = site.definition
    definition.folder?.transcripts?.pattern = "nothing"
    let error = #expect(throws: CorpusError.self) { try site.build(definition) }
    #expect(
      "\(try #require(error))"
        == "\(site.folder.path)/script: no transcript file matches 'nothing'; "
        + "install them anew with: apt-get install --reinstall fish")
  }

  @Test func aFolderThatCannotBeWrittenToIsNamed() throws {
    let site = try CorpusSite()
    let builder = CorpusBuilder(
      site.definition, recordings: site.recordings, root: site.folder.path)
    #expect(
      throws: CorpusError.notWritten(
        path: "/dev/null/out/audio.s16", reason: "Not a directory")
    ) { try builder.build(into: "/dev/null/out") }
  }

  @Test func aFullDiskIsReported() throws {
    let writer = try FileWriter("/dev/full")
    try writer.append([1, 2, 3])
    #expect(
      throws: CorpusError.notWritten(path: "/dev/full", reason: "No space left on device")
    ) { try writer.close() }
  }

  @Test func anUnknownVoiceStopsTheBuild() throws {
    let site = try CorpusSite()
    var definition = site.definition
    definition.phonemeVoice = "xx-nowhere"
    #expect(throws: CorpusError.phonemes(corpus: "made-up", .unknownVoice("xx-nowhere"))) {
      try site.build(definition)
    }
  }
}
