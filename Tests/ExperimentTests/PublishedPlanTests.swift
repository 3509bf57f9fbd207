import Testing

@testable import Experiment

/// Scores and published numbers as a plan has them.
@Suite struct PublishedPlanTests {
  private let text = """
    experiment: paper-like
    question: Is it theirs?
    seeds: [1]
    models: { hubert-base: { checkpoint: facebook/hubert-base-ls960 } }
    fine-tune: { tasks: [asr-tedlium, phones-timit] }
    methods: { pre-trained: {}, stable-ft: {}, speech-ft: { alpha: [0.25] } }
    evaluate: { tasks: [pr-librispeech, sid-voxceleb1], score: superb-s }
    published: { from: speech-ft, experiments: [superb-s, finetune-tasks] }
    """

  private func plan(_ text: String) throws -> Plan {
    let spec = try Spec(yaml: text, file: "paper-like.yaml")
    var definitions = try Repository.definitions()
    for name in ["superb-s", "superb-full"] {
      definitions.scores[name] = try ScoreDefinition(
        yaml: Repository.text("scores/\(name).yaml"), file: "\(name).yaml")
    }
    definitions.published["speech-ft"] = try PublishedResults(
      csv: Repository.text("published/speech-ft.csv"), name: "speech-ft", file: "speech-ft.csv")
    let corpora = try definitions.corpora(usedBy: spec)
    let checkpoints = try definitions.checkpoints(usedBy: spec)
    return try Planner.plan(
      PlannerInput(
        spec: spec, definitions: definitions,
        recordings: Dictionary(uniqueKeysWithValues: corpora.map { ($0, .missing($0)) }),
        recordingsFolder: "nowhere",
        checkpoints: Dictionary(uniqueKeysWithValues: checkpoints.map { ($0, .missing($0)) })))
  }

  @Test func aScoreThatLacksTasksNamesThem() throws {
    let score = try #require(try plan(text).score)
    #expect(score.name == "SUPERB_S" && score.floorRow == nil)
    #expect(
      score.lacking == [
        "ER: no task of the spec says 'published: ER'",
        "SF: no task of the spec says 'published: SF'",
      ])
    #expect(
      score.parts[0] == [
        .init(tasks: ["pr-librispeech"], metric: "PER", floor: 82.01, ceiling: 2.4712)
      ])
  }

  /// 32 utterances of 25 s, 13 hidden states of 768 in float32, and three learning rates. Utterances of dev and test are
  /// shorter by a few per cent of the mean.
  @Test func headsOnFramesOfALargeEncoderTakeTheMemoryOfTheirBatches() throws {
    let heads = try plan(text).stages.values.filter { $0.kind == .evaluate }
    let phones = heads.filter { $0.label.contains("pr-librispeech") }
    let batch = 32 * 2 * 12.7 * 50 * 768 * 4
    #expect(!phones.isEmpty && phones.count < heads.count)
    for stage in heads {
      let bytes = Double(stage.resources.memoryBytes)
      if phones.contains(stage) {
        #expect(abs(bytes / (batch * (13 + 12) + 0x1p29) - 1) < 0.1, "\(bytes)")
      } else {
        #expect(bytes == 0x1p30, "one vector an utterance")
      }
    }
  }

  @Test func aTaskThatIsJudgedByAnotherMetricIsNoneOfTheScore() throws {
    let task = try TaskDefinition(
      yaml: """
        task: letters
        title: Letters
        corpus: words
        target: characters
        published: [ASR, somebody's letters]
        head: { projection: 4, dropout: 0% }
        evaluate: { steps: 10, batch: 2, learning-rate: 1e-3, clip: 1, threads: 1 }
        """, file: "letters.yaml")
    #expect(task.published == ["ASR", "somebody's letters"])
    let score = try ScoreDefinition(
      yaml: """
        score: s
        title: S
        source: here
        tasks:
          ASR:
            WER: { floor: { is: 20, from: x }, ceiling: { is: 2, from: y } }
          KS:
            accuracy: { unknown: nobody said }
        """, file: "s.yaml")
    #expect(
      score.rule(for: [task]).lacking == [
        "ASR WER: 'letters' is judged by CER", "KS: no task of the spec says 'published: KS'",
        "KS accuracy: nobody said",
      ])
  }

  @Test func publishedNumbersAreMappedOntoThePlansOwn() throws {
    let published = try #require(try plan(text).published)
    #expect(published.values.count == 36 + 8)
    let first = published.values[0]
    #expect(first.measured == .metric("PER", tasks: ["pr-librispeech"]) && first.value == 5.17)
    #expect(first.fineTuned == "asr-tedlium")
    func values(_ metric: String) -> [PublishedValue] {
      published.values.filter { $0.metric == metric }
    }
    #expect(values("SUPERB_S").allSatisfy { $0.measured == .score })
    #expect(values("SF slot-type F1").allSatisfy { $0.measured == nil })
    // The names of fine-tunings: ours, what the task's file says, and one that the spec lacks.
    let names = published.values.filter { $0.experiment == "finetune-tasks" }
    #expect(names.first { $0.fineTunedOn == "pc-timit" }?.fineTuned == "phones-timit")
    #expect(names.first { $0.fineTunedOn == "er-iemocap" }?.fineTuned == .some(nil))
  }

  @Test func whatIsPublishedReachesNoKey() throws {
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix("published") }
    let without = lines.joined(separator: "\n").replacing(", score: superb-s", with: "")
    #expect(try plan(without).stages.keys == plan(text).stages.keys)
    #expect(try plan(without).published == nil && plan(without).score == nil)
  }

  @Test func termWeightedValuesAreInPercent() throws {
    let full = text.replacing("[superb-s, finetune-tasks]", with: "[superb-full]")
    let values = try #require(try plan(full).published).values
    #expect(abs((values.first { $0.metric == "QbE MTWV" }?.value ?? 0) - 6.87) < 1e-9)
    #expect(values.filter { $0.metric == "SUPERB_FULL" }.allSatisfy { $0.measured == nil })
  }
}
