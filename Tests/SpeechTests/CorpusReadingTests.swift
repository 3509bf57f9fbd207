import Experiment
import Foundation
import Testing

@testable import Speech

@Suite struct CorpusReadingTests {
  @Test func audioShorterThanItsManifestIsAnError() throws {
    let site = try CorpusSite()
    _ = try site.build()
    let path = site.folder.path + "/out"
    try site.folder.write(
      Array(site.folder.bytes("out/audio.s16").dropLast(2)), to: "out/audio.s16")
    #expect(
      throws: CorpusError.shortAudio(path: path + "/audio.s16", bytes: 62_398, wanted: 62_400)
    ) { try Corpus(folder: path) }
  }

  @Test func aDamagedManifestIsAnErrorWithItsLine() throws {
    let site = try CorpusSite()
    _ = try site.build()
    let path = site.folder.path + "/out"
    let lines = try site.folder.text("out/manifest.jsonl").split(separator: "\n")
    try site.folder.write(
      Array("\(lines[0])\n\(lines[1].dropLast(9))\n".utf8), to: "out/manifest.jsonl")
    let error = #expect(throws: CorpusError.self) { try Corpus(folder: path) }
    #expect(
      "\(try #require(error))" == "\(path)/manifest.jsonl:2: it is not as this program writes it; "
        + "delete the artifact's folder and run again")
    try site.folder.write(Array("\(lines[0])\n\(lines[0])\n".utf8), to: "out/manifest.jsonl")
    let twice = #expect(throws: CorpusError.self) { try Corpus(folder: path) }
    #expect("\(try #require(twice))".contains(":2: it names made-up/one/nl/a a second time"))
  }

  @Test func aMissingArtifactIsAnError() {
    #expect(
      throws: CorpusError.notRead(path: "/nowhere/facts.json", reason: "there is no such file")
    ) { try Corpus(folder: "/nowhere") }
  }

  @Test func moreMinutesOnlyAddUtterances() throws {
    var site = try CorpusSite()
    site.recordings = []
    for index in 0..<40 {
      try site.add(
        "one/nl/n\(index).wav", wave(tone(seconds: 1 + 0.01 * Double(index))),
        index % 4 == 0 ? .test : .train)
    }
    let corpus = try site.build()
    func names(_ minutes: Double?) -> [String] {
      let limits = minutes.map { ["train": $0] } ?? [:]
      return corpus.select(Selection(splits: [.train], minutes: limits)).map(\.id)
    }
    let (few, more, all) = (names(0.1), names(0.3), names(nil))
    #expect(few.count == 4 || few.count == 5)
    #expect(few.count < more.count && more.count < all.count)
    #expect(all.count == 30)
    #expect(Array(all.prefix(few.count)) == few)
    #expect(Array(all.prefix(more.count)) == more)
    #expect(all != all.sorted())
    let both = corpus.select(Selection(splits: [.test, .train])).map(\.split)
    #expect(both.prefix(10).allSatisfy { $0 == .test } && both.count == 40)
  }

  @Test func utterancesOfAnotherCorpusAreRefused() throws {
    let site = try CorpusSite()
    let corpus = try site.build()
    var other = corpus.utterances[0]
    other.id = "elsewhere/a"
    #expect(throws: CorpusError.foreignUtterance(id: "elsewhere/a", corpus: "made-up")) {
      try corpus.samples(of: other)
    }
  }

  @Test func waveformsAreNormalisedAsHuggingFacesFeatureExtractorDoes() throws {
    struct Case: Decodable {
      var samples: [Float]
      var normalised: [Float]
    }
    let fixture: Case = try Fixture.json("normalised.json")
    let found = Corpus.normalised(fixture.samples)
    // Theirs sums in float32.
    #expect(zip(found, fixture.normalised).allSatisfy { abs($0 - $1) < 1e-5 })
    #expect(Corpus.normalised([]).isEmpty)
    #expect(Corpus.normalised([0.5, 0.5]) == [0, 0])
  }
}

@Suite struct FilletsDialogsTests {
  @Test func textsFollowTheirIdentifiersInAnyLayout() throws {
    let source = """
      function f() dialogId(name, "x", "y") dialogStr("no id") end
      dialogId("a-1", "font", "He said \\"no\\"") dialogStr("Hij zei \\"nee\\"")
      --- dialogStr("commented")
      dialogId("untold", "font", "x")
      dialogId('b_2',
        "font",
        "x")
      dialogStr(
        "één")
      """
    #expect(
      try FilletsDialogs.entries(source, file: "d.lua") == [
        .init(id: "a-1", text: "Hij zei \"nee\"", line: 2), .init(id: "b_2", text: "één", line: 5),
      ])
  }

  @Test func aStringThatDoesNotEndIsAnErrorWithItsLine() {
    let error = #expect(throws: CorpusError.self) {
      try FilletsDialogs.entries("\ndialogId(\"a", file: "d.lua")
    }
    #expect(
      error.map { "\($0)" } == "d.lua:2: the string that starts here does not end")
  }

  @Test func transcriptsAreEqualButForCasePunctuationAndSpacing() {
    #expect(Transcripts.normalised("  Één, twee... 3! ") == "één twee 3")
    #expect(Transcripts.normalised("?!") == "")
  }
}
