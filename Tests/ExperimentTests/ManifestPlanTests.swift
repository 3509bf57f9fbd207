import Testing

@testable import Experiment

/// Plans over manifests, and plans of what is not there.
struct ManifestPlanTests {
  private static let task = SmallWorld.phones.replacing("words", with: "talks")

  private func input(_ lines: [String]?, pretrain: Bool = false) throws -> PlannerInput {
    var definitions = try SmallWorld.definitions()
    let corpus = try CorpusDefinition(yaml: ManifestTests.corpus, file: "corpora/talks.yaml")
    definitions.corpora["talks"] = corpus
    definitions.tasks["phones"] = try TaskDefinition(yaml: Self.task, file: "tasks/phones.yaml")
    var input = try SmallWorld.input(
      SmallWorld.spec(tasks: "[phones]"), definitions: definitions, listings: [:])
    guard let lines else {
      input.recordings["talks"] = .missing("talks")
      return input
    }
    let manifest = try CorpusManifest(
      Array(lines.joined(separator: "\n").utf8), file: "talks.jsonl", corpus: corpus)
    let digests = Dictionary(
      manifest.files.map { ($0, "digest of \($0)") }, uniquingKeysWith: { $1 })
    let (recordings, duplicates) = manifest.recordings(digests: digests)
    input.recordings["talks"] = CorpusRecordings(
      digest: "talks", recordings: recordings, duplicates: duplicates)
    return input
  }

  private func line(
    _ recording: String, _ split: Split, _ bounds: String = "", text: String? = "so"
  ) -> String {
    let text = text.map { #", "text": "\#($0)""# } ?? ""
    return
      #"{"recording": "\#(recording)", "split": "\#(split)"\#(bounds)\#(text), "speaker": "eve", "#
      + #""labels": {"topic": "birds"}}"#
  }

  @Test func `what is held out is told as the manifest has it`() throws {
    let plan = try Planner.plan(
      input([
        line("a.wav", .train), line("b.wav", .test, #", "start": 0, "end": 2"#),
        line("b.wav", .test, #", "start": 2, "end": 3"#),
      ]))
    #expect(
      plan.heldOut == [
        HeldOutCorpus(
          corpus: "talks", splitBy: "manifest", trainRecordings: 1, devRecordings: 0,
          testRecordings: 2, testGroups: 1, duplicates: 0,
          trainedOnBy: plan.heldOut.first?.trainedOnBy ?? [])
      ])
  }

  @Test func `a piece that overlaps a held-out one may not be trained on`() throws {
    func lines(_ bounds: String) -> [String] {
      [line("a.wav", .train, bounds), line("a.wav", .test, #", "start": 2, "end": 3"#)]
    }
    let error = try #require(
      throws: HeldOutError.self
    ) { try Planner.plan(input(lines(#", "start": 1, "end": 2.5"#))) }
    #expect(
      error.leaks.first?.recordings == ["a.wav 1-2.5 s"]
        && error.leaks.allSatisfy { $0.corpus == "talks" })
    #expect(throws: HeldOutError.self) { try Planner.plan(input(lines(""))) }
    #expect(throws: HeldOutError.self) { try Planner.plan(input(lines(#", "start": 2.9"#))) }
    #expect(throws: Never.self) { try Planner.plan(input(lines(#", "start": 1, "end": 2"#))) }
    #expect(throws: Never.self) { try Planner.plan(input(lines(#", "start": 3"#))) }
  }

  @Test func `a manifest without what a task predicts is said at the task's target`() throws {
    let input = try input([line("a.wav", .train), line("b.wav", .test, text: nil)])
    let found = try problems { try Planner.plan(input) }
    #expect(
      found == [
        "tasks/phones.yaml:4:9: task 'phones' needs 'phones' in the split 'test', and no line of "
          + "the manifest 'talks.jsonl' has both"
      ])
    let given = try self.input([
      line("a.wav", .train), line("b.wav", .test, #", "phones": ["s"]"#, text: nil),
    ])
    #expect(throws: Never.self) { try Planner.plan(given) }
  }

  @Test func `a label that no line can have is unknown`() throws {
    var input = try input(nil)
    input.definitions.tasks["phones"]?.target = .label("topc")
    let found = try problems { try Planner.plan(input) }
    #expect(
      found == ["tasks/phones.yaml:4:9: unknown target 'topc'; did you mean 'topic'?"])
  }

  @Test func `what is not there is planned with numbers that were published`() throws {
    var input = try input(nil)
    input.checkpoints["models/tiny"] = .missing("models/tiny")
    let plan = try Planner.plan(input)
    #expect(plan.heldOut == [])
    let corpus = try #require(plan.stages(.corpus).first)
    // 2.5 h of 16 bits at 16 kHz.
    #expect(corpus.resources.diskBytes == 9000 * 32_000)
    guard case .external(let digest, _)? = corpus.inputs["recordings"] else {
      Issue.record("the corpus comes from outside")
      return
    }
    #expect(digest == "missing:talks")
    // HuBERT Base has 94.4 million parameters without its pre-training head.
    let model = try plan.stage("fine-tune phones · stable-ft · seed 1").resources.diskBytes
    #expect(abs(Double(model) / 2 / (4 * 94.4e6) - 1) < 0.01)
  }

  @Test func `hours are the published ones, then those of bounds, then three seconds each`() throws
  {
    let corpus = try CorpusDefinition(yaml: ManifestTests.corpus, file: "corpora/talks.yaml")
    let there = try input([
      line("a.wav", .train), line("b.wav", .test), line("c.wav", .dev),
      line("c.wav", .dev, #", "start": 1, "end": 2.5"#),
    ]).recordings["talks"]
    let found = CorpusExtent(corpus, try #require(there))
    #expect(found.utterances == [.train: 1, .dev: 2, .test: 1])
    #expect(found.seconds == [.train: 7200, .dev: 6, .test: 1800])
    let missing = CorpusExtent(corpus, .missing("talks"))
    #expect(missing.utterances == [.train: 900, .test: 600])
    #expect(missing.seconds == [.train: 7200, .test: 1800])
    var unknown = corpus
    unknown.notes.hours = [:]
    #expect(CorpusExtent(unknown, .missing("talks")).seconds == [.train: 2700])
    let bounded = try input([
      line("c.wav", .dev, #", "end": 1"#), line("c.wav", .dev, #", "start": 1, "end": 2.5"#),
      line("a.wav", .train), line("b.wav", .test),
    ]).recordings["talks"]
    #expect(CorpusExtent(corpus, try #require(bounded)).seconds[.dev] == 2.5)
  }
}
