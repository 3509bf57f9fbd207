import OrderedCollections
import Testing

@testable import Experiment

/// What a plan holds: every stage once, and what multiplies it.
struct PlannerTests {
  private static let grid = """
    { log-mel: { normalise: [false, true] }, pre-trained: {}, regular-ft: {}, stable-ft: {},
      speech-ft: { alpha: [0.25, 0.5] }, l2-sp: { strength: [0.01, 0.1] },
      early-checkpoint: { at: [20%] } }
    """

  private func labels(_ plan: Plan, _ kind: StageKind) -> Set<String> {
    Set(plan.stages(kind).map(\.label))
  }

  @Test func `a grid multiplies rows, tasks and seeds into cells`() throws {
    let plan = try SmallWorld.plan(SmallWorld.spec(methods: Self.grid, seeds: "[1, 2]"))
    // 10 rows × 2 seeds; one fine-tuning task, one model.
    #expect(plan.cells.count == 20)
    #expect(
      plan.cells.map(\.method.title).reduce(into: OrderedSet<String>()) { $0.append($1) } == [
        "log-mel", "log-mel, normalised", "Pre-trained", "Regular fine-tuning", "Stable-FT",
        "Speech-FT α 0.25", "Speech-FT α 0.5", "L2-SP λ 0.01", "L2-SP λ 0.1",
        "Early checkpoint 20%",
      ])
    for cell in plan.cells {
      let isLogMel = cell.method.name == "log-mel"
      #expect(Array(cell.evaluations.keys) == ["phones", "speakers"])
      #expect((cell.comparison == nil) == isLogMel && (cell.model == nil) == isLogMel)
      #expect((cell.fineTuned == nil) == (isLogMel || cell.method.name == "pre-trained"))
    }
    #expect(plan.tasks.map(\.metric) == ["PER", "accuracy"])
    #expect(plan.tasks.map(\.higherIsBetter) == [false, true])
    #expect(
      plan.comparison
        == ComparisonRule(measures: ["linear-cka", "r2"], corpora: ["words"], frames: 1001))
  }

  @Test
  func `heads on means over time are asked for batches of any utterances, others for like lengths`()
    throws
  {
    let plan = try SmallWorld.plan()
    var shuffled: [String: Bool] = [:]
    for stage in plan.stages(.evaluate) {
      let parameters: EvaluateParameters = try stage.parameters.decoded()
      shuffled[parameters.task] = parameters.recipe.isShuffled == true
    }
    #expect(shuffled == ["phones": false, "speakers": true])
  }

  @Test func `a seed multiplies trainings, and only what draws or follows from a draw`() throws {
    let one = try SmallWorld.plan(SmallWorld.spec(methods: Self.grid, seeds: "[1]"))
    let two = try SmallWorld.plan(SmallWorld.spec(methods: Self.grid, seeds: "[1, 2]"))
    #expect(Set(one.stages.keys).isSubset(of: two.stages.keys))
    for kind in [StageKind.corpus, .downsample] {
      #expect(one.stages(kind).count == two.stages(kind).count, "\(kind)")
    }
    for kind in [StageKind.fineTune, .interpolate, .evaluate] {
      #expect(one.stages(kind).count * 2 == two.stages(kind).count, "\(kind)")
    }
    // log-mel ×2 and the pre-trained encoder are read once for all seeds.
    let shared = one.stages(.features).filter {
      $0.label.contains("log-mel") || $0.label.hasSuffix("· pre-trained")
    }
    #expect(shared.count == 7)
    let features = one.stages(.features).count
    #expect(two.stages(.features).count == features + features - shared.count)
    #expect(two.stages(.compare).count == 2 * one.stages(.compare).count - 1)
    // Nothing but the first seed draws the frames that are compared.
    let sampled = two.stages(.features).filter { $0.label.contains("· sample ·") }
    #expect(!sampled.isEmpty && sampled.allSatisfy { $0.seed == 1 })
    #expect(two.stages(.evaluate).allSatisfy { $0.seed == 1 || $0.seed == 2 })
    #expect(two.stages(.corpus).allSatisfy { $0.seed == nil })
  }

  @Test func `every input is in the plan, before what consumes it`() throws {
    let plan = try SmallWorld.plan(SmallWorld.spec(methods: Self.grid, seeds: "[1, 2]"))
    var done: Set<StageKey> = []
    for (key, stage) in plan.stages {
      #expect(key == stage.key)
      let inputs = stage.inputs.values.compactMap(\.stageKey)
      #expect(done.isSuperset(of: inputs), "\(stage.label)")
      done.insert(key)
    }
    #expect(done.count > 50)
    for cell in plan.cells {
      #expect(done.isSuperset(of: cell.evaluations.values))
      #expect(cell.comparison.map(done.contains) ?? true)
    }
    // Every stage serves a cell: nothing is done for nobody.
    let wanted = plan.cells.flatMap {
      Array($0.evaluations.values) + [$0.comparison].compactMap { $0 }
    }
    var needed = Set(wanted)
    for stage in plan.stages.values.reversed() where needed.contains(stage.key) {
      needed.formUnion(stage.inputs.values.compactMap(\.stageKey))
    }
    #expect(needed == done)
  }

  @Test func `the same spec gives the same plan`() throws {
    let yaml = SmallWorld.spec(methods: Self.grid, seeds: "[1, 2]")
    let (first, second) = (try SmallWorld.plan(yaml), try SmallWorld.plan(yaml))
    #expect(Array(first.stages.keys) == Array(second.stages.keys))
    #expect(first.stages.values.map(\.label) == second.stages.values.map(\.label))
    #expect(first.stages.values.map(\.resources) == second.stages.values.map(\.resources))
    #expect(first.cells == second.cells)
    #expect(first.heldOut == second.heldOut)
  }

  @Test func `the order in which a spec lists things is in no key`() throws {
    let yaml = SmallWorld.spec(methods: Self.grid)
    let keys = Set(try SmallWorld.plan(yaml).stages.keys)
    for (right, other) in [
      ("[phones, speakers]", "[speakers, phones]"), ("[0.25, 0.5]", "[0.5, 0.25]"),
      ("[false, true]", "[true, false]"), ("[linear-cka, r2]", "[r2, linear-cka]"),
      ("pre-trained: {}, regular-ft: {}", "regular-ft: {}, pre-trained: {}"),
      ("question: Does it plan?\nseeds: [1]", "seeds: [1]\nquestion: Does it plan?"),
    ] {
      let changed = try Slip(right, other).applied(to: yaml)
      #expect(Set(try SmallWorld.plan(changed).stages.keys) == keys, "\(other)")
    }
    #expect(
      try SmallWorld.plan(Slip("[linear-cka, r2]", "[r2, linear-cka]").applied(to: yaml))
        .comparison?.measures == ["r2", "linear-cka"])
    // The first seed alone draws what is compared, so seeds may be added behind it.
    let seeds = try SmallWorld.plan(SmallWorld.spec(methods: Self.grid, seeds: "[1, 3, 2]"))
    let sorted = try SmallWorld.plan(SmallWorld.spec(methods: Self.grid, seeds: "[1, 2, 3]"))
    #expect(Set(seeds.stages.keys) == Set(sorted.stages.keys))
  }

  @Test func `the order of kept checkpoints is in no key`() throws {
    let yaml = try Slip("[phones] }", "[phones], recipe: { checkpoints: [20%, 50%] } }")
      .applied(to: SmallWorld.spec())
    let other = try Slip("[20%, 50%]", "[50%, 20%]").applied(to: yaml)
    #expect(
      Set(try SmallWorld.plan(yaml).stages.keys) == Set(try SmallWorld.plan(other).stages.keys))
  }

  @Test func `names of models, experiments and folders are in no key`() throws {
    let keys = Set(try SmallWorld.plan().stages.keys)
    let renamed = SmallWorld.spec()
      .replacing("experiment: small", with: "experiment: other")
      .replacing("Does it plan?", with: "Why?")
      .replacing("tiny: {", with: "another: {")
    #expect(Set(try SmallWorld.plan(renamed).stages.keys) == keys)
    var input = try SmallWorld.input()
    input.recordingsFolder = "/elsewhere"
    input.checkpoints["models/tiny"]?.path = "/moved/tiny"
    let moved = try Planner.plan(input)
    #expect(Set(moved.stages.keys) == keys)
    #expect(
      moved.stages(.corpus).first?.inputs["recordings"]
        == .external(digest: "listing of words", path: "/elsewhere"))
  }

  @Test func `what a checkpoint or a corpus holds is in the keys of all that reads it`() throws {
    let plan = try SmallWorld.plan()
    var input = try SmallWorld.input()
    input.checkpoints["models/tiny"]?.digest = "decaf"
    let other = try Planner.plan(input)
    let kept = Set(plan.stages.keys).intersection(other.stages.keys)
    #expect(kept == Set(plan.stages(.corpus).map(\.key)))
    input = try SmallWorld.input()
    input.recordings["words"]?.digest = "more"
    #expect(Set(plan.stages.keys).isDisjoint(with: try Planner.plan(input).stages.keys))
  }

  @Test func `a checkpoint that was not found is said with its place`() throws {
    var input = try SmallWorld.input()
    input.checkpoints = [:]
    let found = try problems { try Planner.plan(input) }
    #expect(
      found == [
        "small.yaml:4:11: checkpoint 'models/tiny' was not found; it must be a Hugging Face folder "
          + "with config.json and model.safetensors, or one original file, relative to the folder "
          + "that holds 'tasks' and 'corpora'"
      ])
    input.spec.obtain = ["models/tiny": "ask its makers"]
    input.definitions = input.definitions.including(input.spec)
    let told = try problems { try Planner.plan(input) }
    #expect(
      told.first?.hasPrefix(
        "small.yaml:4:11: checkpoint 'models/tiny' was not found; to get it: ask its makers; it must "
          + "be a Hugging Face folder") == true)
  }

  @Test func `a spec without methods wants its models for themselves`() throws {
    let yaml = """
      experiment: two
      question: q
      seeds: [7, 8]
      models:
        tiny:
          pretrain:
            corpora: [words]
            architecture: \(SmallWorld.architecture)
            rounds:
            - \(SmallWorld.rounds.replacing("\n", with: " "))
            - \(SmallWorld.rounds.replacing("\n", with: " ")
                .replacing("features: mfcc", with: "features: hidden, layer: 1"))
      """
    let plan = try SmallWorld.plan(yaml)
    #expect(
      plan.stages.values.map(\.label) == [
        "corpus words", "pretrain tiny · round 1 · seed 7", "pretrain tiny · round 2 · seed 7",
      ])
    let rounds = plan.stages(.pretrain)
    #expect(plan.targets == [rounds[1].key])
    #expect(rounds[0].inputs["teacher"] == nil)
    #expect(rounds[1].inputs["teacher"] == .stage(rounds[0].key, entry: "model"))
    #expect(plan.cells.isEmpty && plan.comparison == nil)
  }
}
