import Testing

@testable import Experiment

/// What good files read into.
struct SpecReadingTests {
  private static let head = HeadParameters(projection: 16, dropout: 0)

  @Test func `a spec reads into its values, lists and single ones alike`() throws {
    let yaml = """
      experiment: full
      question: What is read?
      seeds: [3, 18446744, 1_000]
      models:
        first: { checkpoint: models/first, trained-by: other }
        second: { checkpoint: models/second }
        third: { pretrain: other/large }
      fine-tune:
        tasks: phones
        recipe: { steps: 1_000, learning-rate: 2e-4, hold: 0.25, checkpoints: [], threads: 2 }
      methods:
        log-mel: { normalise: [false, true] }
        pre-trained: {}
        regular-ft: {}
        stable-ft: {}
        speech-ft: { alpha: [0.25, 1] }
        l2-sp: { strength: 1e-2 }
        early-checkpoint: { at: [20%, 0.5] }
      evaluate:
        tasks: [phones, speakers]
        score: { name: our score, floor: "log-mel, normalised", ceiling: perfect }
      compare: { measures: r2, corpus: held-out, frames: 4_000, minutes: 2, ridge: 1e-3 }
      """
    let spec = try Spec(yaml: yaml, file: "full.yaml")
    let expected = Spec(
      experiment: "full", question: "What is read?", seeds: [3, 18_446_744, 1000],
      models: [
        "first": .checkpoint(path: "models/first", trainedBy: "other"),
        "second": .checkpoint(path: "models/second", trainedBy: nil),
        "third": .elsewhere("other/large"),
      ],
      fineTune: FineTuneSpec(
        groups: [TaskGroup(["phones"])],
        recipe: RecipeOverrides(
          steps: 1000, learningRate: 0.0002, hold: 0.25, checkpoints: [], threads: 2)),
      methods: [
        .logMel(normalise: [false, true]), .preTrained, .regularFT, .stableFT,
        .speechFT(alpha: [0.25, 1]), .l2SP(strength: [0.01]), .earlyCheckpoint(at: [0.2, 0.5]),
      ],
      choices: [],
      evaluate: EvaluateSpec(
        tasks: ["phones", "speakers"],
        score: ScoreSpec(name: "our score", floor: "log-mel, normalised")),
      compare: ComparisonSpec(measures: ["r2"], frames: 4000, ridge: 0.001, minutes: 2),
      places: spec.places)
    #expect(spec == expected)
    #expect(spec.firstSeed == 3)
    #expect(spec.places[.model("second")] == SpecPlace(file: "full.yaml", line: 6, column: 3))
    #expect(
      spec.places[.earlyCheckpoint(0.5)] == SpecPlace(file: "full.yaml", line: 18, column: 33))
  }

  @Test func `the rows of methods bear the titles of tables`() throws {
    let spec = try Spec(
      yaml: SmallWorld.spec(
        methods: """
          { log-mel: { normalise: [false, true] }, pre-trained: {}, regular-ft: {}, stable-ft: {},
            speech-ft: { alpha: [0.25] }, l2-sp: { strength: [0.01] },
            early-checkpoint: { at: [12.5%] } }
          """), file: "small.yaml")
    let points = spec.methods.flatMap(\.rows).map(\.point)
    #expect(
      points.map(\.title) == [
        "log-mel", "log-mel, normalised", "Pre-trained", "Regular fine-tuning", "Stable-FT",
        "Speech-FT α 0.25", "L2-SP λ 0.01", "Early checkpoint 12.5%",
      ])
    #expect(points.map(\.alpha) == [nil, nil, 0, nil, 1, 0.25, nil, nil])
  }

  @Test func `rounds of pre-training read into parameters of stages`() throws {
    let second = SmallWorld.rounds
      .replacing("features: mfcc", with: "features: hidden, layer: 1")
      .replacing("start: random", with: "start: teacher")
    let spec = try Spec(
      yaml: SmallWorld.spec(
        models: """
          { tiny: { pretrain: { corpora: [words], architecture: \(SmallWorld.architecture),
              rounds: [\(SmallWorld.rounds), \(second)] } } }
          """), file: "small.yaml")
    let first = PretrainParameters(
      architecture: EncoderArchitecture(
        convolutionChannels: 8, width: 16, layers: 2, attentionHeads: 2, feedForwardWidth: 32,
        positionKernel: 16, positionGroups: 2, dropout: 0),
      units: .init(features: "mfcc", layer: nil, clusters: 10, frames: 1000, iterations: 5),
      frontEndSteps: 0, steps: 10, batchSeconds: 10, cropSeconds: 3, learningRate: 0.001,
      weightDecay: 0, warmUp: 0.1, hold: 0.4, maskProbability: 0.065, maskLength: 10,
      unmaskedWeight: 0, clip: 1, start: "random", threads: 1)
    var last = first
    last.units.features = "hidden"
    last.units.layer = 1
    last.start = "teacher"
    #expect(
      spec.models["tiny"]
        == .pretrain(PretrainSpec(corpora: ["words"], teacher: nil, rounds: [first, last])))
  }

  @Test func `a task reads into its values`() throws {
    let task = try TaskDefinition(yaml: SmallWorld.phones, file: "tasks/phones.yaml")
    let recipe = FineTuneRecipe(
      steps: 200, batchSeconds: 8, learningRate: 0.001, headOnly: 0.1, warmUp: 0.1, hold: 0.4,
      clip: 1, dropout: 0.1, checkpoints: [0.2], threads: 1)
    #expect(
      task
        == TaskDefinition(
          name: "phones", title: "Phonemes", corpus: "words", target: .phones, caveat: nil,
          minutes: ["train": 0.2, "test": 0.1],
          evaluation: .init(
            head: Self.head,
            recipe: HeadRecipe(steps: 30, batch: 16, learningRate: 0.01, clip: 1, threads: 1)),
          fineTune: .init(head: Self.head, minutes: ["train": 0.2], recipe: recipe),
          places: task.places))
    #expect(recipe.headOnlySteps == 20)
    #expect(recipe.checkpointStep(0.2) == 40)
    let speakers = try TaskDefinition(yaml: SmallWorld.speakers, file: "tasks/speakers.yaml")
    #expect(speakers.target == .label("speaker"))
    #expect(speakers.fineTune == nil)
    #expect(speakers.selection == Selection(splits: [.train, .test], minutes: [:]))
  }

  @Test
  func `batches are of any utterances where means over time are trained on, unless it is said`()
    throws
  {
    func recipe(_ more: String) throws -> HeadRecipe? {
      let yaml = SmallWorld.phones.replacing("{ steps: 30", with: "{\(more) steps: 30")
      #expect(yaml.contains("steps: 30,"))
      return try TaskDefinition(yaml: yaml, file: "tasks/phones.yaml").evaluation?.recipe
    }
    let plain = try recipe("")
    let shuffled = try recipe(" shuffled: true,")
    let neighbours = try recipe(" shuffled: false,")
    let balanced = try recipe(" balanced: true,")
    #expect(plain?.ordered(for: .label("speaker")).isShuffled == true)
    #expect(plain?.ordered(for: .phones).isShuffled == nil)
    #expect(balanced?.ordered(for: .label("speaker")).isShuffled == nil)
    for target in [Target.label("speaker"), .phones] {
      #expect(shuffled?.ordered(for: target).isShuffled == true)
      #expect(neighbours?.ordered(for: target).isShuffled == nil)
    }
    #expect(try !Canonical(encoding: plain).text.contains("huffled"))
    #expect {
      try recipe(" shuffled: true, balanced: true,")
    } throws: {
      "\($0)".contains("'balanced' draws every utterance alone; leave out 'shuffled'")
    }
  }

  @Test func `precision and accumulation are read, and said only where they change something`()
    throws
  {
    func recipe(_ more: String) throws -> FineTuneRecipe? {
      let yaml = SmallWorld.phones.replacing("{ steps: 200", with: "{ steps: 200\(more)")
      #expect(more.isEmpty || yaml != SmallWorld.phones)
      return try TaskDefinition(yaml: yaml, file: "tasks/phones.yaml").fineTune?.recipe
    }
    let plain = try recipe("")
    let changed = try #require(try recipe(", precision: bfloat16, accumulate: 4"))
    #expect(changed.precision == .bfloat16)
    #expect((changed.batchesPerStep, changed.secondsPerStep) == (4, 32))
    #expect(try recipe(", precision: float32, accumulate: 1") == plain)
    #expect(try !Canonical(encoding: plain).text.contains("precision"))
    var overrides = RecipeOverrides()
    overrides.precision = .float32
    #expect(overrides.applied(to: changed).precision == nil)
    #expect(overrides.applied(to: changed).accumulate == 4)
  }

  @Test func `a corpus reads into its values`() throws {
    #expect(
      try CorpusDefinition(yaml: SmallWorld.corpus, file: "corpora/words.yaml")
        == CorpusDefinition(
          name: "words", description: "Words", licence: "none", language: "nl",
          packages: ["words-data"], root: "words",
          pattern: #"(?<speaker>[^/]+)/(?<word>[^/]+)\.ogg"#,
          transcripts: TranscriptSource(
            format: .filletsLua, root: "script", pattern: ".*", key: "word"),
          phonemeVoice: "nl", split: SplitRule(by: "word", test: 0.3, dev: 0),
          minimumSeconds: 0.1, maximumSeconds: 20))
  }

  @Test func `a site reads into its values, and into none where the machine decides`() throws {
    let yaml = "site: here\nrecordings: r\nartifacts: /a\ncores: 8\nmemory: 2.5 GB\nworkers: 3"
    #expect(
      try SiteDefinition(yaml: yaml, file: "sites/here.yaml")
        == SiteDefinition(
          name: "here", recordings: "r", artifacts: "/a", cores: 8, memoryGigabytes: 2.5,
          workers: 3))
    let machine = "site: here\nrecordings: r\nartifacts: /a\ncores: all\nmemory: all\nworkers: auto"
    #expect(
      try SiteDefinition(yaml: machine, file: "sites/here.yaml")
        == SiteDefinition(
          name: "here", recordings: "r", artifacts: "/a", cores: nil, memoryGigabytes: nil,
          workers: nil))
    let card = machine + "\ndevice: cuda:1\ngradient-checkpointing: true\nsave-every: 0.5 min"
    #expect(
      try SiteDefinition(yaml: card, file: "sites/here.yaml").computing
        == Computing(device: .cuda(index: 1), checkpointsGradients: true, saveSeconds: 30))
  }

  // MARK: What is shipped

  @Test(arguments: ["quickstart", "quickstart-from-scratch", "pretrain-tiny", "external-trainer"])
  func `a shipped spec reads without problems, alone and beside its definitions`(
    name: String
  ) throws {
    let spec = try Spec(yaml: Repository.text(name + ".yaml"), file: name + ".yaml")
    #expect(spec.experiment == name)
    #expect(!spec.question.isEmpty && !spec.seeds.isEmpty && !spec.models.isEmpty)
    let definitions = try Repository.definitions()
    let corpora = try definitions.corpora(usedBy: spec)
    #expect(corpora.isSubset(of: definitions.corpora.keys) && !corpora.isEmpty)
    let checkpoints = try definitions.checkpoints(usedBy: spec)
    #expect(
      checkpoints
        == (spec.models.values.contains { if case .checkpoint = $0 { true } else { false } }
          ? ["models/tiny-hubert-debian"] : []))
  }

  @Test func `no shipped definition is left unread`() throws {
    let definitions = try Repository.definitions()
    #expect(
      Set(definitions.experiments.keys)
        == ["quickstart", "quickstart-from-scratch", "pretrain-tiny", "external-trainer"])
    #expect(definitions.tasks.count >= 5)
    for task in definitions.tasks.values { #expect(definitions.corpora[task.corpus] != nil) }
    let site = try SiteDefinition(yaml: Repository.text("sites/local.yaml"), file: "local.yaml")
    #expect(site.name == "local" && site.cores == nil)
  }
}
