import Foundation
import Testing

/// Plans of recordings and checkpoints that are not there, and specs in a folder of their own.
@Suite struct PlanWithoutDataTests {
  private let small: SmallExperiment

  init() throws {
    small = try SmallExperiment()
    try small.write(
      """
      corpus: letters
      description: Letters by two voices
      licence: CC0-1.0
      language: en
      manifest: letters.jsonl
      obtain: https://example.org/letters, below letters/.
      hours: { train: 1.5, test: 0.5 }
      utterances: { train: 1_200 }
      labels: [voice]
      seconds: [0.1, 5]
      """, to: "experiments/corpora/letters.yaml")
    try small.write(
      SmallExperiment.spec().replacingOccurrences(of: "models/tiny", with: "someone/tiny"),
      to: "experiments/small.yaml")
  }

  @Test func aPlanSaysWhatIsMissingAndHowToGetIt() throws {
    let plan = try small.runWithoutHub("plan", "experiments/small.yaml")
    #expect(plan.code == 0)
    #expect(plan.err.isEmpty)
    let end = try #require(plan.out.range(of: "\nheld out")).lowerBound
    #expect(
      plan.out[end...] == """

        held out  split by  train  dev  test  copies
        letters   not here  1,200    ?     ?       ?
        Not checked, since they are not here: letters. Before anything is trained on
        them they will be.

        Missing here, and planned with all the same:
          corpus letters: there is no manifest recordings/letters.jsonl
            to get it: https://example.org/letters, below letters/; or set
            'recordings:' in the site file to where they are
            (planned with 2.0 h of speech, as published; how large dev would be, is not
            known here)
          checkpoint someone/tiny: there is no such folder, and the Hugging Face cache
            (/nowhere/hub) does not have it
            hf download someone/tiny (or, with older tools, huggingface-cli download
            someone/tiny)
            (Base sizes are assumed: 12 layers of width 768, 512 convolution channels)

        To do it, get what is missing, then: alphasweep run experiments/small.yaml

        """)
    // 2 h of 50 frames a second by 512 channels by 4 bytes (737 MB), and of three encoders 13 vectors of
    // 768 for each of 1,200 published utterances and 600 of three seconds (72 MB).
    #expect(plan.out.contains("Disk: features still to be made take about 953 MB, "), "\(plan.out)")
  }

  @Test func aPlanWithoutDataCanBeReadByPrograms() throws {
    struct Plan: Decodable {
      struct Missing: Decodable, Equatable {
        var kind: String
        var name: String
        var obtain: String
        var assumed: String
      }
      struct Stage: Decodable {
        struct Input: Decodable { var content: String? }
        var kind: String
        var inputs: [String: Input]
      }
      var missing: [Missing]
      var stages: [Stage]
    }
    let json = try small.runWithoutHub("plan", "experiments/small.yaml", "--json")
    #expect(json.code == 0)
    let plan = try JSONDecoder().decode(Plan.self, from: Data(json.out.utf8))
    #expect(plan.missing.map(\.kind) == ["corpus", "checkpoint"])
    #expect(plan.missing.map(\.name) == ["letters", "someone/tiny"])
    #expect(
      plan.missing.map(\.obtain) == [
        "to get it: https://example.org/letters, below letters/; or set 'recordings:' in the site "
          + "file to where they are",
        "hf download someone/tiny (or, with older tools, huggingface-cli download someone/tiny)",
      ])
    let contents = Set(plan.stages.flatMap(\.inputs.values).compactMap(\.content))
    #expect(contents == ["missing:letters", "missing:someone/tiny"])
    #expect(try small.runWithoutHub("plan", "experiments/small.yaml", "--dot").code == 0)
  }

  @Test func sizesThatNobodyKnowsAreLeftOutAndSaid() throws {
    let corpus = try small.text("experiments/corpora/letters.yaml")
      .replacing("hours: { train: 1.5, test: 0.5 }\nutterances: { train: 1_200 }\n", with: "")
    try small.write(corpus, to: "experiments/corpora/letters.yaml")
    let spec = SmallExperiment.spec().replacing(
      "{ checkpoint: models/tiny }", with: "{ checkpoint: models/tiny.pt, obtain: ask Ann }")
    try small.write(spec, to: "experiments/small.yaml")
    let plan = try small.runWithoutHub("plan", "experiments/small.yaml")
    #expect(plan.code == 0)
    #expect(plan.out.contains("\nletters   not here      ?    ?     ?       ?\n"), "\(plan.out)")
    #expect(
      plan.out.contains(
        "    (how large it is, is not known here: estimates leave it out)\n"), "\(plan.out)")
    #expect(
      plan.out.contains(
        """
          checkpoint models/tiny.pt: there is no such folder or file in experiments
            to get it: ask Ann; it must be a Hugging Face folder with config.json and
        """), "\(plan.out)")
    #expect(plan.out.contains("Disk: features still to be made take about 0 bytes, "))
  }

  @Test func aFolderOfRecordingsNeedsNumbersToBePlannedWithout() throws {
    let other = try SmallExperiment()
    try FileManager.default.removeItem(atPath: other.path + "/recordings")
    #expect(try other.run("plan", "experiments/small.yaml").code == 2)
    let corpus = try other.text("experiments/corpora/letters.yaml")
    try other.write(
      corpus + "\nutterances: { train: 600 }\n", to: "experiments/corpora/letters.yaml")
    let plan = try other.run("plan", "experiments/small.yaml")
    #expect(plan.code == 0)
    #expect(
      plan.out.contains(
        """
          corpus letters: there are no recordings in recordings/letters
            they come with Debian's letters-data ('make recordings' fetches them), or
            set 'recordings:' in the site file to where they are
            (planned with 0.5 h of speech, taking 3 s an utterance; how large dev and
            test would be, is not known here)
        """), "\(plan.out)")
  }

  @Test func everythingElseRefusesWithTheSameWords() throws {
    for arguments in [
      ["run", "experiments/small.yaml"], ["status", "experiments/small.yaml"],
      ["report", "experiments/small.yaml"], ["why", "experiments/small.yaml"],
    ] {
      let refused = try small.runWithoutHub(arguments[0], arguments[1])
      #expect(refused.code == 2)
      #expect(refused.out.isEmpty)
      #expect(
        refused.err
          == "alphasweep: corpus letters: there is no manifest \(small.path)/recordings/letters.jsonl; "
          + "to get it: https://example.org/letters, below letters/; or set 'recordings:' in the site "
          + "file to where they are\n")
    }
    #expect(!FileManager.default.fileExists(atPath: small.store + "/corpus"))
  }

  @Test func badLinesOfAManifestAreToldInAPlanToo() throws {
    try small.write(
      """
      {"recording": "letters/low/a.wav", "split": "train", "labels": {"voice": "low"}}
      {"recording": "letters/low/b.wav", "split": "tain", "labels": {"voice": "low"}}
      {"recording": "letters/low/c.wav", "split": "test"}
      """, to: "recordings/letters.jsonl")
    let plan = try small.runWithoutHub("plan", "experiments/small.yaml")
    #expect(plan.code == 2)
    #expect(
      plan.err == """
        \(small.path)/recordings/letters.jsonl:2:1: unknown split 'tain'; did you mean 'train'?
        \(small.path)/recordings/letters.jsonl:3:1: the line lacks the label 'voice', which the \
        corpus's file says that all have

        """)
  }

  @Test func aSpecInAFolderOfItsOwnTakesWhatLiesAbove() throws {
    for letter in ["a", "b", "c"] {
      for voice in ["low", "high"] {
        let split = letter == "c" ? "test" : "train"
        try append(
          #"{"recording": "letters/\#(voice)/\#(letter).wav", "split": "\#(split)", "#
            + #""labels": {"voice": "\#(voice)"}}"#)
      }
    }
    let spec = SmallExperiment.spec()
    try small.write(spec, to: "experiments/small.yaml")
    try small.write(spec, to: "experiments/table/small.yaml")
    let above = try small.runWithoutHub("plan", "experiments/small.yaml", "--json")
    let below = try small.runWithoutHub("plan", "experiments/table/small.yaml", "--json")
    #expect(above.code == 0 && above.out == below.out, "\(above.err)\(below.err)")

    // Other experiments are known by name from both folders, and those beside the spec come first.
    try small.write(
      spec.replacingOccurrences(of: "{ checkpoint: models/tiny }", with: "{ pretrain: other }"),
      to: "experiments/table/small.yaml")
    for folder in ["experiments", "experiments/table"] {
      let other = spec.replacingOccurrences(of: "experiment: small", with: "experiment: other")
      try small.write(
        folder == "experiments"
          ? other.replacingOccurrences(of: "models/tiny", with: "models/gone") : other,
        to: "\(folder)/other.yaml")
      let plan = try small.runWithoutHub("plan", "experiments/table/small.yaml")
      #expect(plan.code == 0)
      #expect(plan.out.contains("checkpoint models/gone") == (folder == "experiments"))
    }
    // A folder with tasks of its own is a world of its own.
    try small.write("", to: "experiments/table/tasks/none.txt")
    let alone = try small.runWithoutHub("plan", "experiments/table/small.yaml")
    #expect(alone.code == 2)
    #expect(
      alone.err.hasPrefix("alphasweep: experiments/table/sites/local.yaml: the site cannot be read")
    )
  }

  private func append(_ line: String) throws {
    let file = "recordings/letters.jsonl"
    try small.write(((try? small.text(file)) ?? "") + line + "\n", to: file)
  }
}
