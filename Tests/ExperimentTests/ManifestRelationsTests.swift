import Foundation
import Testing

@testable import Experiment

/// What a manifest's lines say of each other, and who speaks when.
struct ManifestRelationsTests {
  private static let corpus = """
    corpus: talks
    description: Talks
    licence: none
    language: en
    manifest: talks.jsonl
    obtain: somewhere
    seconds: [0.3, 35]
    """

  private func manifest(_ lines: String...) throws -> CorpusManifest {
    try CorpusManifest(
      Array((lines.joined(separator: "\n") + "\n").utf8), file: "talks.jsonl",
      corpus: CorpusDefinition(yaml: Self.corpus, file: "talks.yaml"))
  }

  private func line(_ recording: String, _ split: String = "test", _ more: String = "") -> String {
    #"{"recording": "\#(recording)", "split": "\#(split)"\#(more)}"#
  }

  @Test func `trials, matches and turns are read, and lines may refer to later ones`() throws {
    let lines = try manifest(
      line("t/a.wav", "test", #", "trials": [["b", "same"], ["t/c-1-2", "different"]]"#),
      line("t/b.wav", "test", #", "id": "b", "matches": ["t/c-1-2", "t/a"]"#),
      line(
        "t/c.wav", "test", #", "start": 1, "end": 2, "turns": [[0, 0.5, "eve"], [0.25, 1, "ann"]]"#),
      line("t/d.wav", "test", #", "id": "d", "matches": [], "trials": [], "turns": null"#)
    ).lines
    #expect(
      lines.map(\.entry) == [
        ManifestEntry(trials: [
          SpeakerTrial(other: "b", isSame: true), SpeakerTrial(other: "t/c-1-2", isSame: false),
        ]),
        ManifestEntry(id: "b", matches: ["t/c-1-2", "t/a"]),
        ManifestEntry(
          segment: Segment(start: 1, end: 2),
          turns: [
            SpeakerTurn(start: 0, end: 0.5, speaker: "eve"),
            SpeakerTurn(start: 0.25, end: 1, speaker: "ann"),
          ]),
        ManifestEntry(id: "d", trials: [], matches: []),
      ])
    let text = try Canonical(encoding: lines.map(\.entry)).text
    #expect(
      text == #"""
        [{"segment":{},"trials":[["b","same"],["t/c-1-2","different"]]},\#
        {"id":"b","matches":["t/c-1-2","t/a"],"segment":{}},\#
        {"segment":{"end":2,"start":1},"turns":[[0,0.5,"eve"],[0.25,1,"ann"]]},\#
        {"id":"d","matches":[],"segment":{},"trials":[]}]
        """#)
    #expect(try Canonical(json: Data(text.utf8)).decoded() == lines.map(\.entry))
  }

  @Test(arguments: [
    (
      #""trials": [["b", "yes"]]"#,
      #"'trials' must be a list of [id, "same" or "different"], not [["b","yes"]]"#
    ),
    (
      #""trials": [["b", "same", 1]]"#,
      #"'trials' must be a list of [id, "same" or "different"], not [["b","same",1]]"#
    ),
    (#""trials": ["b"]"#, #"'trials' must be a list of [id, "same" or "different"], not ["b"]"#),
    (#""matches": "b""#, #"'matches' must be a list of ids, not "b""#),
    (
      #""turns": [[0, 1]]"#,
      "'turns' must be a list of [start, end, speaker], in seconds, not [[0,1]]"
    ),
    (
      #""turns": [[0, 1, "eve"], [0.5, 1, ""]]"#,
      #"'turns' holds [0.5, 1, ""]: each must name a speaker, start at 0 or later and end after it starts"#
    ),
    (
      #""turns": [[-0.5, 1, "eve"]]"#,
      #"'turns' holds [-0.5, 1, "eve"]: each must name a speaker, start at 0 or later and end after it starts"#
    ),
    (
      #""turns": [[1, 1, "eve"]]"#,
      #"'turns' holds [1, 1, "eve"]: each must name a speaker, start at 0 or later and end after it starts"#
    ),
  ])
  func `what is no trial, match or turn is told`(field: String, problem: String) throws {
    let found = try problems { try manifest(line("a.wav", "test", ", " + field), line("b.wav")) }
    #expect(found == ["talks.jsonl:1:1: " + problem])
  }

  @Test func `trials and matches with what is no such line are told with both lines`() throws {
    let found = try problems {
      try manifest(
        line("a.wav", "test", #", "trials": [["a", "same"], ["b", "same"], ["b", "different"]]"#),
        line("b.wav", "test", #", "trials": [["c", "same"], ["nobody", "same"]]"#),
        line("c.wav", "dev", #", "matches": ["c", "d", "q"]"#),
        line("d.wav", "train"),
        line("q.wav", "dev", #", "matches": ["c"]"#))
    }
    #expect(
      found == [
        "talks.jsonl:1:1: 'trials' holds 'b' twice; keep one",
        "talks.jsonl:1:1: 'trials' names the line's own utterance 'a'; take it out",
        "talks.jsonl:2:1: 'trials' names 'c' of line 3, whose split is 'dev' and not 'test'; both "
          + "must be of one",
        "talks.jsonl:2:1: 'trials' names 'nobody', and no line's utterance is called so; a name is a "
          + "line's 'id', or its recording's path without the extension",
        "talks.jsonl:3:1: 'matches' names 'd' of line 4, whose split is 'train' and not 'dev'; both "
          + "must be of one",
        "talks.jsonl:3:1: 'matches' names 'q' of line 5, which has 'matches' itself: it is a query "
          + "and no document",
        "talks.jsonl:3:1: 'matches' names the line's own utterance 'c'; take it out",
        "talks.jsonl:5:1: 'matches' names 'c' of line 3, which has 'matches' itself: it is a query "
          + "and no document",
      ])
  }

  @Test func `a name may be that of a line that cannot be read, which alone is told`() throws {
    let found = try problems {
      try manifest(
        line("a.wav", "test", #", "trials": [["b", "same"]]"#), line("b.wav", "tset"))
    }
    #expect(found == ["talks.jsonl:2:1: unknown split 'tset'; did you mean 'test'?"])
  }
}
