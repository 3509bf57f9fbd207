import Testing

@testable import Experiment

/// What is wrong with how a task is evaluated, word for word.
@Suite struct EvaluationErrorTests {
  private static let place = "tasks/speakers.yaml"

  @Test(arguments: [
    Slip(
      "target: speaker", "target: speaker\nmetric: WER",
      "\(place):5:9: 'speaker' is not scored by 'WER'; it is scored by accuracy"),
    Slip(
      "target: speaker", "target: characters\nmetric: PER",
      "\(place):5:9: 'characters' is not scored by 'PER'; known: CER, WER"),
    Slip(
      "target: speaker", "target: trials of speaker",
      "\(place):5:7: the head lacks 'pooled-width'; add it",
      "\(place):5:25: unknown key 'dropout'; known: pooled-width, projection"),
    Slip(
      "projection: 16, dropout: 0%", "projection: 16, dropout: 0%, pooled-width: 4",
      "\(place):5:38: unknown key 'pooled-width'; known: dropout, projection"),
    Slip(
      "target: speaker\nhead: { projection: 16, dropout: 0% }", "target: turns\nhead: {}",
      "\(place):5:7: the head of turns lacks 'recurrent-width'; add it"),
    Slip(
      "target: speaker\nhead: { projection: 16, dropout: 0% }",
      "target: phones\nhead: { projection: 16, recurrent-tanh: true, dropout: 0% }",
      "\(place):5:7: 'recurrent-tanh' needs 'recurrent-width'"),
    Slip(
      "target: speaker", "target: phones\ntrials: 1",
      "\(place):5:9: 'trials' must be from 2 to 100000000, not '1'"),
    Slip(
      "target: speaker\nhead: { projection: 16, dropout: 0% }\n"
        + "evaluate: { steps: 40, batch: 32, learning-rate: 3e-3, clip: 1, threads: 1 }",
      "target: queries\nevaluate: { steps: 40, threads: 1 }",
      "\(place):5:13: unknown key 'steps'; known: threads"),
    Slip(
      "threads: 1 }", "threads: 1, dev-every: 0 }",
      "\(place):6:88: 'dev-every' must be at least 1, not '0'"),
  ])
  func `a wrong evaluation is said with its place`(slip: Slip) throws {
    let yaml = try slip.applied(to: SmallWorld.speakers)
    let found = try problems { try TaskDefinition(yaml: yaml, file: Self.place) }
    #expect(found == slip.problems)
  }

  @Test func `what is said is not cut, and what is only judged is not learnt`() throws {
    let cut = try Slip("threads: 1 }\nfine", "threads: 1, crop-seconds: 8 }\nfine")
      .applied(to: SmallWorld.phones)
    #expect(
      try problems { try TaskDefinition(yaml: cut, file: "tasks/phones.yaml") } == [
        "tasks/phones.yaml:1:1: 'crop-seconds' would cut utterances without cutting their 'phones'; "
          + "only labels and trials are of every part"
      ])
    let learnt = try Slip("target: phones", "target: speaker + word").applied(to: SmallWorld.phones)
    #expect(
      try problems { try TaskDefinition(yaml: learnt, file: "tasks/phones.yaml") } == [
        "tasks/phones.yaml:1:1: 'speaker + word' is a target of evaluation only; take 'fine-tune' out"
      ])
  }

  @Test(arguments: [
    (
      "trials of speaker", "head: { projection: 8, pooled-width: 8 }",
      "task 'speakers' is judged by trials, and corpus 'words' has no manifest that lists any; add "
        + "'trials: 2_000', say, to draw as many pairs of its test"
    ),
    (
      "turns", "head: { recurrent-width: 8, recurrent-layers: 1 }",
      "task 'speakers' asks who speaks when, and corpus 'words' has no manifest whose lines give 'turns'"
    ),
    (
      "speaker + mood", "head: { projection: 8, dropout: 0% }",
      "unknown target 'mood'; known: characters, phones, speaker, word"
    ),
  ])
  func `what the corpus cannot tell is said at the target`(
    target: String, head: String, problem: String
  ) throws {
    let yaml = try Slip("target: speaker", "target: \(target)").applied(
      to: Slip("head: { projection: 16, dropout: 0% }", head).applied(to: SmallWorld.speakers))
    let task = try TaskDefinition(yaml: yaml, file: Self.place)
    var definitions = try SmallWorld.definitions()
    definitions.tasks["speakers"] = task
    let spec = try Spec(yaml: SmallWorld.spec(tasks: "[speakers]"), file: "small.yaml")
    let known = definitions
    #expect(try problems { try known.corpora(usedBy: spec) } == ["\(Self.place):4:9: \(problem)"])
  }

  @Test(arguments: ["100", "100 MB", "-1 GB", "GB"])
  func `frames on the disk are an amount`(amount: String) throws {
    let yaml = SmallWorld.spec(tasks: "[phones], frames-on-disk: \(amount)")
    let found = try problems { try Spec(yaml: yaml, file: "small.yaml") }
    #expect(found.count == 1)
    #expect(
      found.first?.hasSuffix(
        "'frames-on-disk' must be an amount such as '100 GB', not '\(amount)'") == true)
  }

  @Test func `batches are a seed's own or shared`() throws {
    let yaml = SmallWorld.spec(tasks: "[phones], batches: all")
    let found = try problems { try Spec(yaml: yaml, file: "small.yaml") }
    #expect(found == ["small.yaml:7:39: unknown batches of a seed 'all'; known: own, shared"])
  }
}
