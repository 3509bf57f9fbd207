import Testing

@testable import Experiment

/// What only several files together show to be wrong, word for word.
struct ReferenceErrorTests {
  private func check(_ yaml: String, _ change: (inout Definitions) throws -> Void = { _ in })
    throws -> [String]
  {
    var definitions = try SmallWorld.definitions()
    try change(&definitions)
    let spec = try Spec(yaml: yaml, file: "small.yaml")
    return try problems { try definitions.check(spec) }
  }

  @Test func `a spec that names what is there has no problem`() throws {
    let found = try check(SmallWorld.spec())
    #expect(found == [])
  }

  @Test(arguments: [
    Slip(
      "[phones] }", "[fones] }", "small.yaml:5:22: unknown task 'fones'; did you mean 'phones'?"),
    Slip(
      "speakers] }", "vowels] }", "small.yaml:7:29: unknown task 'vowels'; known: phones, speakers"),
    Slip(
      "[phones] }", "[speakers] }",
      "small.yaml:5:22: task 'speakers' cannot be fine-tuned on: add 'fine-tune' with a head and a "
        + "recipe to its file"),
    Slip(
      "[phones] }", "[phones], recipe: { warm-up: 70% } }",
      "small.yaml:5:22: with the recipe of this spec, 'warm-up' (70%) and 'hold' (40%) of task "
        + "'phones' exceed 100% together; lower one of them"),
    Slip(
      "stable-ft: {}", "early-checkpoint: { at: [5%, 20%, 50%] }",
      "small.yaml:6:54: at 5% of 'phones' only the head has learnt ('head-only' is 10%); take a "
        + "later checkpoint",
      "small.yaml:6:63: the recipe of 'phones' keeps no checkpoint at 50%; add 50% to its "
        + "'checkpoints'"),
    Slip(
      "speakers] }", "speakers], score: { name: s, floor: Stable-TF, ceiling: perfect } }",
      "small.yaml:7:65: unknown row 'Stable-TF'; did you mean 'Stable-FT'?"),
    Slip(
      "speakers] }", "speakers], score: superb-s }",
      "small.yaml:7:47: unknown score 'superb-s'; none is known here"),
    Slip(
      "speakers] }", "speakers] }\npublished: { from: nobody, experiments: [a] }",
      "small.yaml:8:20: unknown file of published numbers 'nobody'; none is known here"),
  ])
  func `a task or row that is not there, or does not fit, is said with its place`(
    slip: Slip
  ) throws {
    let found = try check(slip.applied(to: SmallWorld.spec()))
    #expect(found == slip.problems)
  }

  @Test func `a task that asks its corpus for too much is said in the task's file`() throws {
    let spec = SmallWorld.spec()
    var found = try check(spec) { $0.corpora = [:] }
    #expect(
      found == [
        "tasks/phones.yaml:3:9: unknown corpus 'words'; none is known here",
        "tasks/speakers.yaml:3:9: unknown corpus 'words'; none is known here",
      ])
    found = try check(spec) { $0.corpora["words"]?.phonemeVoice = nil }
    #expect(
      found == [
        "tasks/phones.yaml:4:9: task 'phones' predicts phones, and corpus 'words' has none; give "
          + "it 'phonemes'"
      ])
    found = try check(spec) {
      $0.tasks["phones"]?.target = .characters
      $0.corpora["words"]?.folder?.transcripts = nil
    }
    #expect(
      found == [
        "tasks/phones.yaml:4:9: task 'phones' predicts characters, and corpus 'words' has no "
          + "'transcripts'"
      ])
    found = try check(spec) { $0.tasks["speakers"]?.target = .label("speker") }
    #expect(
      found == ["tasks/speakers.yaml:4:9: unknown target 'speker'; did you mean 'speaker'?"])
    found = try check(spec) { $0.corpora["words"]?.folder?.split.test = 0 }
    #expect(
      found == [
        "small.yaml:7:21: task 'phones' has nothing to be tested on: corpus 'words' holds out 0% "
          + "for 'test'",
        "small.yaml:7:29: task 'speakers' has nothing to be tested on: corpus 'words' holds out 0% "
          + "for 'test'",
      ])
  }

  // MARK: Models

  /// A spec of models only.
  private static func models(_ name: String, _ models: String) throws -> Spec {
    try Spec(
      yaml: "experiment: \(name)\nquestion: q\nseeds: [1]\nmodels:\n\(models)\n",
      file: name + ".yaml")
  }

  private static func pretraining(_ corpus: String = "words", teacher: String? = nil) -> String {
    let teacher = teacher.map { "teacher: \($0), " } ?? ""
    return
      "{ pretrain: { corpora: [\(corpus)], \(teacher)architecture: \(SmallWorld.architecture), "
      + "rounds: [\(SmallWorld.rounds)] } }"
  }

  private func check(_ spec: Spec, beside others: Spec...) throws -> [String] {
    var definitions = try SmallWorld.definitions()
    for other in others { definitions.experiments[other.experiment] = other }
    return try problems { try definitions.check(spec) }
  }

  @Test func `a model of another experiment is found by the experiment's name`() throws {
    let one = try Self.models("one", "  tiny: \(Self.pretraining())")
    let two = try Self.models("two", "  a: \(Self.pretraining())\n  b: \(Self.pretraining())")
    for good in [
      "pretrain: one", "pretrain: one/tiny", "pretrain: two/b",
      "checkpoint: x, trained-by: two/a",
    ] {
      let found = try check(Self.models("small", "  tiny: { \(good) }"), beside: one, two)
      #expect(found == [], "\(good)")
    }
    for (bad, problem) in [
      ("pretrain: oen", "unknown experiment 'oen'; did you mean 'one'?"),
      (
        "checkpoint: x, trained-by: three",
        "unknown experiment 'three'; known: one, two/a, two/b"
      ),
      ("pretrain: two", "experiment 'two' has several models; name one: two/a, two/b"),
      ("pretrain: two/c", "unknown experiment 'two/c'; did you mean 'two/a'?"),
    ] {
      let found = try check(Self.models("small", "  tiny: { \(bad) }"), beside: one, two)
      #expect(found == ["small.yaml:5:3: " + problem])
    }
  }

  @Test func `a model may bear the name of the experiment that made it`() throws {
    let one = try Self.models("one", "  tiny: \(Self.pretraining())")
    for source in ["pretrain: one", "checkpoint: x, trained-by: one"] {
      let found = try check(Self.models("small", "  one: { \(source) }"), beside: one)
      #expect(found == [], "\(source)")
    }
  }

  @Test(arguments: ["pretrain: tiny", "checkpoint: x, trained-by: tiny", "pretrain: small"])
  func `what made a model is another experiment, not a model beside it`(source: String) throws {
    let one = try Self.models("one", "  tiny: \(Self.pretraining())")
    let name = source.split(separator: " ").last ?? ""
    let found = try check(Self.models("small", "  tiny: { \(source) }"), beside: one)
    #expect(found == ["small.yaml:5:3: unknown experiment '\(name)'; known: one"])
  }

  @Test func `a corpus or teacher that is not there is said with its place`() throws {
    var found = try check(Self.models("small", "  tiny: \(Self.pretraining("wrods"))"))
    #expect(found == ["small.yaml:5:33: unknown corpus 'wrods'; did you mean 'words'?"])
    found = try check(
      Self.models(
        "small", "  old: { checkpoint: x }\n  tiny: \(Self.pretraining(teacher: "odl"))"))
    #expect(found == ["small.yaml:6:50: unknown model 'odl'; did you mean 'old'?"])
  }

  @Test func `a mistake in the experiment that made a model is said in that one's file`() throws {
    let one = try Self.models("one", "  tiny: \(Self.pretraining("wrods"))")
    for source in ["pretrain: one", "checkpoint: x, trained-by: one"] {
      let found = try check(Self.models("small", "  tiny: { \(source) }"), beside: one)
      #expect(found == ["one.yaml:5:33: unknown corpus 'wrods'; did you mean 'words'?"])
    }
    let middle = try Self.models("middle", "  tiny: { checkpoint: x, trained-by: gone }")
    let found = try check(
      Self.models("small", "  tiny: { checkpoint: x, trained-by: middle }"), beside: middle)
    #expect(found == ["middle.yaml:5:3: unknown experiment 'gone'; known: small"])
  }

  @Test func `models that need each other are a circle`() throws {
    var found = try check(
      Self.models(
        "small",
        "  a: \(Self.pretraining(teacher: "b"))\n  b: \(Self.pretraining(teacher: "a"))"))
    #expect(found.count == 2)
    #expect(
      found.first
        == "small.yaml:5:47: pre-training goes round in a circle: small/a needs small/b needs "
        + "small/a; give one of them a 'checkpoint'")
    // The program leaves the spec itself out of the experiments that it hands over.
    let other = try Self.models("other", "  b: { pretrain: small }")
    found = try check(Self.models("small", "  a: { pretrain: other }"), beside: other)
    #expect(
      found == [
        "small.yaml:5:3: pre-training goes round in a circle: small/a needs other/b needs small/a; "
          + "give one of them a 'checkpoint'"
      ])
  }

  @Test func `checkpoints that were made by each other prove nothing`() throws {
    let other = try Self.models("other", "  b: { checkpoint: y, trained-by: small }")
    let found = try check(
      Self.models("small", "  a: { checkpoint: x, trained-by: other }"), beside: other)
    #expect(
      found == [
        "small.yaml:5:3: 'trained-by' goes round in a circle: small/a by other/b by small/a; it "
          + "must end at a model that says how it is pre-trained"
      ])
  }

  @Test func `two experiments may take models from each other where none needs itself`() throws {
    let small = try Self.models("small", "  a: { pretrain: other }\n  root: \(Self.pretraining())")
    let other = try Self.models("other", "  b: { pretrain: small/root }")
    let found = try check(small, beside: other)
    #expect(found == [])
    var definitions = try SmallWorld.definitions()
    definitions.experiments["other"] = other
    #expect(try definitions.corpora(usedBy: small) == ["words"])
  }
}
