import Testing

@testable import Experiment

/// Cells of several tasks, looks at dev and rows that are chosen by them.
struct MultiTaskPlanTests {
  private static let corpus = SmallWorld.corpus.replacing("dev: 0%", with: "dev: 10%")
  private static let fineTunedSpeakers =
    SmallWorld.speakers
    + "\nfine-tune: { head: { projection: 16, dropout: 0% }, recipe: \(SmallWorld.recipe) }"

  private static func definitions(_ corpus: String, _ speakers: String) throws -> Definitions {
    Definitions(
      tasks: [
        "phones": try TaskDefinition(yaml: SmallWorld.phones, file: "tasks/phones.yaml"),
        "speakers": try TaskDefinition(yaml: speakers, file: "tasks/speakers.yaml"),
      ],
      corpora: ["words": try CorpusDefinition(yaml: corpus, file: "corpora/words.yaml")])
  }

  private func plan(
    _ methods: String, tasks: String = "[[phones, speakers]]", recipe: String = "{}",
    corpus: String = MultiTaskPlanTests.corpus,
    speakers: String = MultiTaskPlanTests.fineTunedSpeakers
  ) throws -> Plan {
    let yaml = SmallWorld.spec(methods: "{ \(methods) }")
      .replacing("{ tasks: [phones] }", with: "{ tasks: \(tasks), recipe: \(recipe) }")
    return try Planner.plan(
      SmallWorld.input(yaml, definitions: Self.definitions(corpus, speakers)))
  }

  private let joint = "fine-tune phones + speakers · stable-ft · seed 1"

  @Test func `tasks that are learnt together are one training with a head each`() throws {
    let plan = try plan("stable-ft: {}, speech-ft: { alpha: [0.5] }")
    #expect(
      Set(plan.stages(.fineTune).map(\.label)) == [
        joint, "fine-tune phones + speakers · head only · seed 1",
      ])
    let stage = try plan.stage(joint)
    let parameters: FineTuneParameters = try stage.parameters.decoded()
    #expect(parameters.tasks.map(\.target.word) == ["phones", "speaker"])
    #expect(stage.inputs["corpus"] == stage.inputs["corpus.1"])
    #expect(stage.inputs["downsampled.1"] != nil)
    #expect(plan.cells.map(\.fineTuned) == ["phones + speakers", "phones + speakers"])
    #expect(TaskGroup(name: "phones + speakers") == TaskGroup(["phones", "speakers"]))
  }

  @Test func `merges take the single tasks' trainings and have none of their own`() throws {
    let merges = """
      linear-merge: { alpha: [0.25, 0] }, ties-merge: { alpha: [1], density: [20%] }
      """
    let single = try plan("stable-ft: {}", tasks: "[phones, speakers]")
    let both = try plan("stable-ft: {}, \(merges)", tasks: "[phones, speakers, [phones, speakers]]")
    let joint = try plan("stable-ft: {}")
    let trainings = Set(both.stages(.fineTune).map(\.key))
    #expect(trainings == Set((single.stages(.fineTune) + joint.stages(.fineTune)).map(\.key)))
    let linear = try both.stage("interpolate phones + speakers · α 0.25 linear · seed 1")
    #expect(Array(linear.inputs.keys) == ["pre-trained", "fine-tuned.1", "fine-tuned.2"])
    _ = try both.stage("interpolate phones + speakers · α 1 ties density 20% · seed 1")
    // α = 0 is θ₀, not a copy; and rows of several tasks are only of several tasks.
    #expect(both.stages(.interpolate).count == 2)
    #expect(both.cells("Linear merge α 0.25").map(\.fineTuned) == ["phones + speakers"])
  }

  @Test func `a sequence trains each task from what the one before left`() throws {
    let plan = try plan("sequential: { alpha: [0.25] }")
    let second = try plan.stage("fine-tune speakers · stable-ft after phones · seed 1")
    let start = try plan.stage("interpolate phones · α 0.25 · seed 1")
    #expect(second.inputs["encoder"] == .stage(start.key))
    let headOnly = try plan.stage("fine-tune speakers · head only after phones · seed 1")
    #expect(headOnly.inputs["encoder"] == .stage(start.key))
    let cell = try #require(plan.cells.first)
    #expect(cell.method.title == "Sequential α 0.25")
    #expect(plan.stages(.fineTune).count == 4)
  }

  @Test func `adapters are endpoints of an α grid of their own`() throws {
    let lora = "lora: { rank: [2, 4], alpha: [8], targets: [q_proj], dropout: 0% }"
    let plan = try plan("\(lora), speech-ft: { alpha: [0.5, 1], from: [lora] }", tasks: "[phones]")
    #expect(plan.stages(.fineTune).count == 3)
    #expect(
      plan.cells.map(\.method.title) == [
        "LoRA rank 2, lora_alpha 8", "LoRA rank 4, lora_alpha 8",
        "Speech-FT α 0.5 from LoRA rank 2, lora_alpha 8",
        "Speech-FT α 1 from LoRA rank 2, lora_alpha 8",
        "Speech-FT α 0.5 from LoRA rank 4, lora_alpha 8",
        "Speech-FT α 1 from LoRA rank 4, lora_alpha 8",
      ])
    #expect(Set(plan.cells[2...].map(\.method.name)) == ["speech-ft-from-lora"])
    // α = 1 is the endpoint itself.
    #expect(plan.cells[3].evaluations == plan.cells[0].evaluations)
  }

  // MARK: Dev

  @Test func `early stops are points of Stable-FT's way, and looks at dev are of the joint phase`()
    throws
  {
    let recipe = "{ dev-every: 20, keep: best, patience: [3, 2] }"
    let plan = try plan(
      "stable-ft: {}, early-stopping: { patience: [2, 3] }, l2-sp: { strength: [0.1] }",
      tasks: "[phones]", recipe: recipe)
    #expect(plan.stages(.fineTune).count == 3)
    let stable: FineTuneParameters = try plan.stage("fine-tune phones · stable-ft · seed 1")
      .parameters.decoded()
    #expect(stable.recipe.patience == [2, 3] && stable.selection.splits == [.train, .dev])
    let headOnly: FineTuneParameters = try plan.stage("fine-tune phones · head only · seed 1")
      .parameters.decoded()
    #expect(headOnly.recipe.devEvery == nil && headOnly.recipe.keep == nil)
    #expect(headOnly.selection.splits == [.train])
    let penalised: FineTuneParameters = try plan.stage("fine-tune phones · l2-sp λ 0.1 · seed 1")
      .parameters.decoded()
    #expect(penalised.recipe.patience == nil && penalised.recipe.keep == .best)
    let downsampled = try plan.stage("downsample words")
    #expect(
      downsampled.parameters["selection"]?["splits"]
        == .list(["train", "test", "dev"].map { .string($0) }))
  }

  @Test func `a row chosen on dev makes evaluations tell of dev, and no other`() throws {
    let chosen = try plan("speech-ft: { alpha: [0.25, 0.5], select: dev }", tasks: "[phones]")
    #expect(chosen.choices == [RowChoice(method: "speech-ft")])
    #expect(chosen.cells.count == 2)
    for stage in chosen.stages(.evaluate) {
      let parameters: EvaluateParameters = try stage.parameters.decoded()
      #expect(parameters.selection.splits == [.train, .dev, .test])
    }
    let plain = try plan("speech-ft: { alpha: [0.25, 0.5] }", tasks: "[phones]")
    #expect(plain.choices.isEmpty)
    #expect(
      Set(plain.stages(.fineTune).map(\.key)) == Set(chosen.stages(.fineTune).map(\.key)))
  }

  @Test func `heads choose among learning rates on dev, and trainings know nothing of it`() throws {
    let rated = Self.fineTunedSpeakers.replacing(
      "learning-rate: 3e-3", with: "learning-rate: [3e-3, 1e-3]")
    let plan = try plan("stable-ft: {}", tasks: "[phones]", speakers: rated)
    let plain = try self.plan("stable-ft: {}", tasks: "[phones]")
    let evaluations = try plan.stages(.evaluate).map {
      try $0.parameters.decoded(as: EvaluateParameters.self)
    }
    for parameters in evaluations {
      let chooses = parameters.task == "speakers"
      #expect(parameters.recipe.learningRates == (chooses ? [1e-3, 3e-3] : [1e-2]))
      #expect(parameters.selection.splits == (chooses ? [.train, .dev, .test] : [.train, .test]))
    }
    #expect(Set(plan.stages(.fineTune).map(\.key)) == Set(plain.stages(.fineTune).map(\.key)))
    #expect(
      try problems {
        try self.plan(
          "stable-ft: {}", tasks: "[phones]", corpus: SmallWorld.corpus, speakers: rated)
      } == [
        "small.yaml:7:29: task 'speakers' chooses among learning rates on dev, and corpus 'words' holds "
          + "out 0% for 'dev'; name one rate, or hold some out"
      ])
    let looking = rated.replacing(
      "learning-rate: [3e-3, 1e-3]", with: "learning-rate: 3e-3, dev-every: 5")
    #expect(
      try problems {
        try self.plan(
          "stable-ft: {}", tasks: "[phones]", corpus: SmallWorld.corpus, speakers: looking)
      } == [
        "small.yaml:7:29: task 'speakers' keeps the best of its looks at dev ('dev-every'), and corpus "
          + "'words' holds out 0% for 'dev'; leave 'dev-every' out, or hold some out"
      ])
  }

  // MARK: Errors

  @Test func `merges without a cell of several tasks say what they need`() throws {
    let found = try problems { try plan("linear-merge: { alpha: [0.5] }", tasks: "[phones]") }
    #expect(
      found == [
        "small.yaml:1:1: 'linear-merge' is of several tasks, and 'fine-tune' has no such cell; put a "
          + "list into its 'tasks', such as 'tasks: [[phones-nl, voices]]'"
      ])
  }

  @Test func `tasks learnt together by two recipes are refused, unless the spec says one`() throws {
    let slower = Self.fineTunedSpeakers.replacing("steps: 200", with: "steps: 300")
      .replacing("learning-rate: 1e-3, head-only", with: "learning-rate: 1e-4, head-only")
    let found = try problems { try plan("stable-ft: {}", speakers: slower) }
    #expect(
      found == [
        "small.yaml:5:22: the tasks of 'phones + speakers' are learnt together, and their recipes "
          + "differ in learning-rate, steps; say one in 'fine-tune: recipe:'"
      ])
    let one = try plan(
      "stable-ft: {}", recipe: "{ steps: 100, learning-rate: 1e-3 }", speakers: slower)
    #expect(one.cells.count == 1)
    // Each by its own recipe.
    let merged = try plan("linear-merge: { alpha: [0.5] }", speakers: slower)
    #expect(merged.stages(.fineTune).count == 4)
  }

  @Test func `looks at dev that cannot be are refused`() throws {
    #expect(
      try problems { try plan("stable-ft: {}", tasks: "[phones]", recipe: "{ keep: best }") } == [
        "small.yaml:5:22: task 'phones': 'keep: best' and 'patience' look at the dev split; say how "
          + "often: 'dev-every: 100' (steps)"
      ])
    #expect(
      try problems {
        try plan(
          "stable-ft: {}", tasks: "[phones]", recipe: "{ dev-every: 10 }",
          corpus: SmallWorld.corpus)
      } == [
        "small.yaml:5:22: the recipe of task 'phones' looks at dev, and corpus 'words' holds out 0% "
          + "for 'dev'"
      ])
    #expect(
      try problems { try plan("early-stopping: { patience: [4] }", tasks: "[phones]") } == [
        "small.yaml:6:41: the recipe of 'phones' does not stop early after 4 looks; add 4 to its "
          + "'patience'"
      ])
  }
}
