import Testing

@testable import Experiment

/// Marks of cells whose encoder heard something of a test before.
struct HeardTestsTests {
  private func plan(
    _ yaml: String, speaker: String? = "speaker", copies: [String] = []
  ) throws -> Plan {
    var definitions = try SmallWorld.definitions()
    definitions.corpora["words"]?.notes.speaker = speaker
    var other = try CorpusDefinition(yaml: SmallWorld.corpus, file: "corpora/words.yaml")
    other.name = "copies"
    other.folder?.split.test = 0
    definitions.corpora["copies"] = other
    var task = try TaskDefinition(yaml: SmallWorld.phones, file: "tasks/phones.yaml")
    (task.name, task.corpus) = ("copied", "copies")
    definitions.tasks["copied"] = task
    let listing = copies.enumerated().map { (path: "eve/copy\($0).ogg", digest: $1) }
    return try Planner.plan(
      SmallWorld.input(
        yaml, definitions: definitions, listings: ["words": SmallWorld.listing, "copies": listing]))
  }

  private func heard(_ plan: Plan, _ title: String, _ task: String) throws -> HeardTest? {
    try #require(plan.cells(title).first).heard[task]
  }

  @Test func `speakers heard in fine-tuning are marked, in what follows from it alone`() throws {
    let plan = try plan(
      SmallWorld.spec(methods: "{ pre-trained: {}, stable-ft: {}, speech-ft: { alpha: [0.5] } }"))
    let training = "fine-tune phones · stable-ft · seed 1"
    for title in ["Stable-FT", "Speech-FT α 0.5"] {
      let found = try #require(try heard(plan, title, "phones"))
      #expect((found.recordings, found.speakers, found.ofSpeakers) == (0, 2, 2))
      #expect(found.heardBy.contains(training), "\(title)")
    }
    #expect(try heard(plan, "Pre-trained", "phones") == nil)
    // Who is asked for the speaker must have met the speakers.
    #expect(try heard(plan, "Stable-FT", "speakers") == nil)
  }

  @Test func `a corpus that does not say who speaks has no marks of speakers`() throws {
    let plan = try plan(SmallWorld.spec(methods: "{ stable-ft: {} }"), speaker: nil)
    #expect(plan.cells.allSatisfy { $0.heard.isEmpty })
  }

  /// As the paper's emotion recognition, whose fine-tuning hears the tests of four folds of five.
  @Test func `heard recordings are refused, or marked where the spec says so`() throws {
    let tests = try SmallWorld.input().recordings["words"]?.recordings.filter { $0.split == .test }
    let digests = try #require(tests).prefix(3).map(\.digest) + ["new"]
    let yaml = SmallWorld.spec(methods: "{ pre-trained: {}, stable-ft: {} }")
      .replacing("{ tasks: [phones] }", with: "{ tasks: [copied] }")
    #expect(throws: HeldOutError.self) { try plan(yaml, speaker: nil, copies: digests) }
    #expect(throws: HeldOutError.self) {
      try plan(yaml + "\nheard-tests: refuse", speaker: nil, copies: digests)
    }
    let marked = try plan(yaml + "\nheard-tests: mark", speaker: nil, copies: digests)
    let found = try #require(try heard(marked, "Stable-FT", "phones"))
    #expect((found.recordings, found.speakers) == (3, 0))
    #expect(
      found.heardBy == [
        "fine-tune copied · stable-ft · seed 1", "fine-tune copied · head only · seed 1",
      ])
    #expect(try heard(marked, "Pre-trained", "phones") == nil)
  }

  @Test func `what a checkpoint heard counts where the spec says who made it`() throws {
    var definitions = try SmallWorld.definitions()
    definitions.corpora["words"]?.notes.speaker = "speaker"
    let maker = """
      experiment: maker
      question: Who heard what?
      seeds: [1]
      models: { tiny: { pretrain: { corpora: [words], architecture: \(SmallWorld.architecture),
        rounds: [\(SmallWorld.rounds)] } } }
      """
    definitions.experiments["maker"] = try Spec(yaml: maker, file: "maker.yaml")
    let yaml = SmallWorld.spec(
      methods: "{ pre-trained: {} }",
      models: "{ tiny: { checkpoint: models/tiny, trained-by: maker } }")
    let plan = try Planner.plan(SmallWorld.input(yaml, definitions: definitions))
    let found = try #require(try heard(plan, "Pre-trained", "phones"))
    #expect(found.speakers == 2 && found.heardBy == ["checkpoint tiny of maker"])
  }
}
