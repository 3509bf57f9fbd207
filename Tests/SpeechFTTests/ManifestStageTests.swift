import Artifacts
import Experiment
import Foundation
import Speech
import Testing

@testable import SpeechFT

/// The corpus stage over a manifest: whole recordings and pieces of them.
struct ManifestStageTests {
  private let folder: TemporaryFolder
  private let store: ArtifactStore
  /// Two seconds of a ramp, so that each sample tells where it was.
  private let ramp = (0..<32_000).map { Int16($0) }

  private static let definition = """
    corpus: ramps
    description: Ramps
    licence: none
    language: en
    manifest: ramps.jsonl
    obtain: nowhere
    speaker: speaker
    phonemes: en-us
    seconds: [0.2, 1.5]
    """

  init() throws {
    folder = try TemporaryFolder()
    store = ArtifactStore(root: folder.path + "/artifacts")
    try folder.write(SpokenWorld.wave(ramp), to: "talks/one.wav")
    let silence = [Int16](repeating: 0, count: 8000)
    try folder.write(
      SpokenWorld.wave(silence + [Int16](repeating: 9000, count: 8000) + silence),
      to: "talks/two.wav")
    try folder.write(SpokenWorld.wave(ramp), to: "talks/copy.wav")
  }

  private func lines(_ text: String) throws {
    try folder.write(Array(text.utf8), to: "ramps.jsonl")
  }

  /// The stage, as a plan of now has it.
  private func stage() throws -> Stage {
    let corpus = try CorpusDefinition(yaml: Self.definition, file: "ramps.yaml")
    let listing = try RecordingListing(corpus, below: folder.path)
    return try Stage(
      .corpus, parameters: CorpusParameters(definition: corpus),
      inputs: ["recordings": .external(digest: listing.digest, path: folder.path)],
      label: "corpus ramps")
  }

  private func run(_ stage: Stage) throws -> String {
    var plan = Plan(experiment: "ramps", question: "?")
    try plan.add(stage)
    try StageExecution.run(
      StageContext(
        request: StageRequest(stage, in: plan, attempt: 1), store: store, bench: Workbench(),
        report: { _ in }))
    return try store.open(.corpus, stage.key).folder
  }

  private func text(_ file: String) throws -> String {
    try String(contentsOfFile: file, encoding: .utf8)
  }

  private let manifest = #"""
    {"recording": "talks/one.wav", "start": 1, "end": 1.5, "text": "two", "speaker": "eve", "split": "test"}
    {"recording": "talks/one.wav", "start": 0.25, "end": 0.75, "text": "two", "phones": ["x", "y"], "speaker": "eve", "split": "train"}
    {"recording": "talks/one.wav", "start": 1.75, "id": "last", "speaker": "eve", "split": "dev"}
    {"recording": "talks/one.wav", "start": 0, "end": 0.1, "speaker": "eve", "split": "dev"}
    {"recording": "talks/one.wav", "speaker": "eve", "split": "dev"}
    {"recording": "talks/two.wav", "speaker": "bob", "labels": {"topic": "level"}, "split": "train"}
    {"recording": "talks/two.wav", "start": 0.25, "end": 1.25, "speaker": "bob", "split": "dev"}
    {"recording": "talks/two.wav", "start": 0.9, "end": 1.55, "speaker": "bob", "split": "dev"}
    {"recording": "talks/two.wav", "start": 0, "end": 0.4, "speaker": "bob", "split": "dev"}
    """#

  @Test func `pieces are cut as the manifest says, wholes are trimmed, and its phones stand`()
    throws
  {
    try lines(manifest)
    let artifact = try run(stage())
    #expect(
      try text(artifact + "/manifest.jsonl") == #"""
        {"id":"ramps/talks/one-0.25-0.75","labels":{"speaker":"eve"},"offset":0,\#
        "path":"talks/one.wav","phones":["x","y"],"samples":8000,"split":"train","start":4000,\#
        "text":"two"}
        {"id":"ramps/talks/one-1-1.5","labels":{"speaker":"eve"},"offset":8000,\#
        "path":"talks/one.wav","phones":["t","uː"],"samples":8000,"split":"test","start":16000,\#
        "text":"two"}
        {"id":"ramps/last","labels":{"speaker":"eve"},"offset":16000,"path":"talks/one.wav",\#
        "samples":4000,"split":"dev","start":28000}
        {"id":"ramps/talks/two","labels":{"speaker":"bob","topic":"level"},"offset":20000,\#
        "path":"talks/two.wav","samples":11200,"split":"train","start":6400}
        {"id":"ramps/talks/two-0.25-1.25","labels":{"speaker":"bob"},"offset":31200,\#
        "path":"talks/two.wav","samples":16000,"split":"dev","start":4000}
        {"id":"ramps/talks/two-0.9-1.55","labels":{"speaker":"bob"},"offset":47200,\#
        "path":"talks/two.wav","samples":9600,"split":"dev","start":14400}

        """#)
    let corpus = try Corpus(folder: artifact)
    let found = try corpus.utterances.prefix(3).flatMap { try corpus.samples(of: $0) }
    #expect(
      found == (ramp[4000..<12_000] + ramp[16_000..<24_000] + ramp[28_000...]).map(PCM16.decode))
    let facts = try Canonical(json: Data(text(artifact + "/facts.json").utf8))
    #expect(facts["recordings"]?.number == 9)
    #expect(facts["droppedRelations"] == nil)
    #expect(
      facts["dropped"]?.text == #"""
        [{"path":"talks/one.wav","reason":"too long","seconds":2,"split":"dev"},\#
        {"path":"talks/one.wav 0-0.1 s","reason":"too short","seconds":0.1,"split":"dev"},\#
        {"path":"talks/two.wav 0-0.4 s","reason":"silent","split":"dev"}]
        """#)
  }

  @Test func `trials, matches and turns are carried, without those of what was dropped`() throws {
    try lines(
      #"""
      {"recording": "talks/one.wav", "start": 0, "end": 1, "id": "a", "speaker": "eve", "trials": [["b", "same"], ["brief", "different"], ["talks/two", "different"]], "split": "test"}
      {"recording": "talks/one.wav", "start": 1, "end": 2, "id": "b", "speaker": "eve", "matches": ["a", "brief"], "turns": [[0.5, 1.2, "eve"], [0, 0.25, "ann"]], "split": "test"}
      {"recording": "talks/one.wav", "start": 1.9, "end": 2, "id": "brief", "speaker": "eve", "trials": [["a", "same"]], "split": "test"}
      {"recording": "talks/two.wav", "speaker": "bob", "turns": [[0, 0.45, "bob"], [0, 0.2, "ann"], [0.5, 2, "ann"]], "matches": [], "split": "test"}
      """#)
    let artifact = try run(stage())
    let utterances = try Corpus(folder: artifact).utterances
    #expect(utterances.map(\.id) == ["ramps/a", "ramps/b", "ramps/talks/two"])
    #expect(
      utterances[0].trials == [
        SpeakerTrial(other: "ramps/b", isSame: true),
        SpeakerTrial(other: "ramps/talks/two", isSame: false),
      ])
    #expect(utterances.map(\.matches) == [nil, ["ramps/a"], []])
    #expect(utterances[0].turns == nil)
    #expect(
      utterances[1].turns == [
        SpeakerTurn(start: 0.5, end: 1, speaker: "eve"),
        SpeakerTurn(start: 0, end: 0.25, speaker: "ann"),
      ])
    // What was trimmed off the start is 0.4 s, and 0.7 s are left.
    #expect(utterances[2].start == 6400 && utterances[2].samples == 11_200)
    let turns = try #require(utterances[2].turns)
    #expect(turns.map(\.speaker) == ["bob", "ann"])
    let bounds = turns.flatMap { [$0.start, $0.end] }
    #expect(zip(bounds, [0, 0.05, 0.1, 0.7]).allSatisfy { abs($0 - $1) < 1e-12 })
    let facts = try Canonical(json: Data(text(artifact + "/facts.json").utf8))
    #expect(
      facts["dropped"]?.text
        == #"[{"path":"talks/one.wav 1.9-2 s","reason":"too short","seconds":0.1,"split":"test"}]"#)
    #expect(
      facts["droppedRelations"]?.text == #"""
        [{"id":"ramps/a","of":"trials","other":"ramps/brief"},\#
        {"id":"ramps/b","of":"matches","other":"ramps/brief"}]
        """#)
  }

  @Test func `a piece that ends after its recording is told with its bounds`() throws {
    try lines(
      #"""
      {"recording": "talks/one.wav", "start": 1, "end": 2.2, "speaker": "eve", "split": "train"}
      {"recording": "talks/two.wav", "start": 2, "end": 2.5, "speaker": "eve", "split": "train"}
      """#)
    let error = #expect(throws: CorpusError.self) { try run(stage()) }
    #expect(
      error?.description == """
        corpus ramps: 2 of 2 recordings cannot be used:
          talks/one.wav 1-2.2 s: the recording ends before: it is 2 s long
          talks/two.wav 2-2.5 s: the recording ends before: it is 1.5 s long
        take their lines out of ramps.jsonl, or put the right files there
        """)
  }

  @Test func `the key follows the manifest's bytes and the recordings', and copies count once`()
    throws
  {
    let line = #"{"recording": "talks/one.wav", "end": 1, "speaker": "eve", "split": "train"}"#
    try lines(line)
    let key = try stage().key
    #expect(try stage().key == key)
    try lines(line.replacingOccurrences(of: "eve", with: "ann"))
    #expect(try stage().key != key)
    try lines(line)
    try folder.write(SpokenWorld.wave(ramp.reversed()), to: "talks/one.wav")
    #expect(try stage().key != key)

    try folder.write(SpokenWorld.wave(ramp), to: "talks/one.wav")
    try lines(line + "\n" + line.replacingOccurrences(of: "one", with: "copy"))
    let corpus = try CorpusDefinition(yaml: Self.definition, file: "ramps.yaml")
    let found = try RecordingListing(corpus, below: folder.path).recordings(of: corpus)
    #expect(found.recordings.map(\.path) == ["talks/copy.wav"] && found.duplicates == 1)
  }

  @Test func `a manifest or recordings that are not there are said with how to get them`() throws {
    let missing = #expect(throws: ListingError.self) { try stage() }
    #expect(
      missing?.description
        == "corpus ramps: there is no manifest \(folder.path)/ramps.jsonl; to get it: nowhere; or set "
        + "'recordings:' in the site file to where they are")
    try lines(
      #"""
      {"recording": "talks/one.wav", "speaker": "eve", "split": "train"}
      {"recording": "talks/three.wav", "speaker": "eve", "split": "train"}
      """#)
    let absent = #expect(throws: ListingError.self) { try stage() }
    #expect(
      absent?.description
        == "corpus ramps: 1 of 2 recordings of the manifest ramps.jsonl are not there, the first "
        + "\(folder.path)/talks/three.wav of line 2; to get it: nowhere; or set 'recordings:' in the "
        + "site file to where they are")
  }
}
