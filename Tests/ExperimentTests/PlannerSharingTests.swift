import Testing

@testable import Experiment

/// What is computed once: equal stages are one node, and adding to a spec adds only what is new.
struct PlannerSharingTests {
  private func plan(_ methods: String, _ change: Slip? = nil) throws -> Plan {
    let yaml = SmallWorld.spec(methods: "{ \(methods) }")
    return try SmallWorld.plan(change?.applied(to: yaml) ?? yaml)
  }

  /// The labels of the stages that `larger` has and `smaller` has not, by kind; `smaller` must lack
  /// nothing else.
  private func added(_ smaller: Plan, _ larger: Plan) throws -> [StageKind: [String]] {
    try #require(Set(smaller.stages.keys).isSubset(of: larger.stages.keys))
    let new = larger.stages.values.filter { smaller.stages[$0.key] == nil }
    return Dictionary(grouping: new, by: \.kind).mapValues { $0.map(\.label).sorted() }
  }

  // MARK: Trainings

  @Test func `the head-only phase is one stage for Stable-FT and every L2-SP`() throws {
    let plan = try plan("stable-ft: {}, l2-sp: { strength: [0.01, 0.1] }")
    let headOnly = try plan.stage("fine-tune phones · head only · seed 1")
    for method in ["stable-ft", "l2-sp λ 0.01", "l2-sp λ 0.1"] {
      let joint = try plan.stage("fine-tune phones · \(method) · seed 1")
      #expect(joint.inputs["start"] == .stage(headOnly.key), "\(method)")
    }
    #expect(plan.stages(.fineTune).count == 4)
    #expect(headOnly.parameters["phase"] == .string("head-only"))
    #expect(headOnly.parameters["l2spStrength"] == nil)
    #expect(headOnly.inputs["start"] == nil)
  }

  @Test func `regular fine-tuning shares no phase and no frozen module`() throws {
    let smaller = try plan("stable-ft: {}")
    let larger = try plan("stable-ft: {}, regular-ft: {}")
    let regular = try larger.stage("fine-tune phones · regular-ft · seed 1")
    #expect(Array(regular.inputs.keys) == ["encoder", "corpus"])
    #expect(regular.parameters["recipe"]?["headOnly"]?.number == 0)
    #expect(regular.parameters["freezeDownsampling"] == .bool(false))
    #expect(try added(smaller, larger)[.fineTune] == [regular.label])
    for features in larger.stages(.features) {
      let isRegular = features.label.contains("regular-ft")
      #expect((features.inputs["downsampled"] == nil) == isRegular, "\(features.label)")
    }
  }

  @Test func `an early checkpoint has no training of its own`() throws {
    let smaller = try plan("stable-ft: {}")
    let larger = try plan("stable-ft: {}, early-checkpoint: { at: [20%] }")
    let added = try added(smaller, larger)
    #expect(
      added == [
        .features: [
          "features words · frames · phones · step 40 · seed 1",
          "features words · pooled · phones · step 40 · seed 1",
          "features words · sample · phones · step 40 · seed 1",
        ],
        .evaluate: [
          "evaluate phones · phones · step 40 · seed 1 · head seed 1",
          "evaluate speakers · phones · step 40 · seed 1 · head seed 1",
        ],
        .compare: ["compare phones · step 40 · seed 1"],
      ])
    let stable = try larger.stage("fine-tune phones · stable-ft · seed 1")
    let features = try larger.stage("features words · pooled · phones · step 40 · seed 1")
    #expect(features.inputs["encoder"] == .stage(stable.key, entry: "checkpoints/40"))
    // Alone, it brings Stable-FT's training and nothing else that trains.
    let alone = try plan("early-checkpoint: { at: [20%] }")
    #expect(Set(alone.stages(.fineTune)) == Set(smaller.stages(.fineTune)))
  }

  // MARK: The ends of the sweep

  @Test func `α 0 is the pre-trained model, α 1 is Stable-FT, and λ 0 is Stable-FT`() throws {
    let smaller = try plan("pre-trained: {}, stable-ft: {}")
    let larger = try plan(
      "pre-trained: {}, stable-ft: {}, speech-ft: { alpha: [0, 1] }, l2-sp: { strength: [0] }")
    #expect(try added(smaller, larger).isEmpty)
    #expect(larger.stages(.interpolate).isEmpty)
    for (title, other) in [
      ("Speech-FT α 0", "Pre-trained"), ("Speech-FT α 1", "Stable-FT"), ("L2-SP λ 0", "Stable-FT"),
    ] {
      let (left, right) = (larger.cells(title), larger.cells(other))
      #expect(left.count == 1 && right.count == 1)
      #expect(left.map(\.evaluations) == right.map(\.evaluations), "\(title)")
      #expect(left.map(\.comparison) == right.map(\.comparison), "\(title)")
    }
    #expect(
      larger.cells("Pre-trained").map(\.evaluations)
        != larger.cells("Stable-FT").map(\.evaluations))
  }

  /// The ablation without Stable-FT: between θ₀ and regular fine-tuning.
  @Test func `interpolation from regular fine-tuning ends there and reads the waveform`() throws {
    let smaller = try plan("pre-trained: {}, regular-ft: {}")
    let ends = try plan(
      "pre-trained: {}, regular-ft: {}, speech-ft: { alpha: [0, 1], from: [regular-ft] }")
    #expect(try added(smaller, ends).isEmpty)
    let larger = try plan(
      "pre-trained: {}, regular-ft: {}, speech-ft: { alpha: [0.25], from: [regular-ft] }")
    #expect(larger.stages(.fineTune) == smaller.stages(.fineTune))
    let cells = larger.cells("Speech-FT α 0.25 from regular")
    #expect(cells.count == 1)
    #expect(cells.first?.method.name == "speech-ft-from-regular-ft")
    let made = larger.stages.values.filter {
      $0.kind == .features && $0.label.contains("from regular")
    }
    #expect(!made.isEmpty)
    // Its downsampling module is no longer θ₀'s.
    #expect(made.allSatisfy { $0.inputs["downsampled"] == nil })
  }

  @Test func `endpoints of an α grid share their fine-tunings with the rows of their own`() throws {
    let rows = try plan("stable-ft: {}, regular-ft: {}")
    let both = try plan(
      "stable-ft: {}, regular-ft: {}, "
        + "speech-ft: { alpha: [0.25, 0.5], from: [stable-ft, regular-ft] }")
    #expect(both.stages(.fineTune) == rows.stages(.fineTune))
    #expect(both.stages(.interpolate).count == 4)
  }

  /// The head-only phase is that of every method; the default way of L2-SP has the key it always had.
  @Test func `ways of L2-SP are trainings of their own after one head-only phase`() throws {
    let one = try plan("l2-sp: { strength: [0.1] }")
    let four = try plan(
      "l2-sp: { strength: [0.1], anchored: [all, weights], head-decay: [0, 0.01] }")
    #expect(try added(one, four)[.fineTune]?.count == 3)
    #expect(
      Set(four.cells.map(\.method.title)) == [
        "L2-SP λ 0.1", "L2-SP λ 0.1, weights", "L2-SP λ 0.1, head 0.01",
        "L2-SP λ 0.1, weights, head 0.01",
      ])
    for stage in one.stages.values where stage.label.contains("l2-sp") {
      #expect(stage.parameters["l2spAnchored"] == nil && stage.parameters["headDecay"] == nil)
    }
  }

  @Test func `excluded tensors are part of an interpolation, also at its end`() throws {
    let plan = try plan("stable-ft: {}, speech-ft: { alpha: [0.5, 1], exclude: [encoder.pos] }")
    let stages = plan.stages.values.filter { $0.kind == .interpolate }
    #expect(stages.count == 2)
    #expect(stages.allSatisfy { $0.parameters["excluded"]?.text == "[\"encoder.pos\"]" })
  }

  @Test func `an α more adds only what that α needs`() throws {
    let smaller = try plan("speech-ft: { alpha: [0.25, 0.75] }")
    let larger = try plan("speech-ft: { alpha: [0.25, 0.5, 0.75] }")
    let added = try added(smaller, larger)
    #expect(
      added == [
        .interpolate: ["interpolate phones · α 0.5 · seed 1"],
        .features: [
          "features words · frames · phones · α 0.5 · seed 1",
          "features words · pooled · phones · α 0.5 · seed 1",
          "features words · sample · phones · α 0.5 · seed 1",
        ],
        .evaluate: [
          "evaluate phones · phones · α 0.5 · seed 1 · head seed 1",
          "evaluate speakers · phones · α 0.5 · seed 1 · head seed 1",
        ],
        .compare: ["compare phones · α 0.5 · seed 1"],
      ])
    let stable = try larger.stage("fine-tune phones · stable-ft · seed 1")
    let point = try larger.stage("interpolate phones · α 0.5 · seed 1")
    #expect(point.parameters == .map(["alpha": .real(0.5), "excluded": .list([])]))
    #expect(
      point.inputs == [
        "pre-trained": .external(digest: "c0ffee", path: "/somewhere/tiny"),
        "fine-tuned": .stage(stable.key, entry: "model"),
      ])
    #expect(point.seed == nil && point.resources.diskBytes == 0)
  }

  @Test func `a task more adds its own features and evaluations`() throws {
    let voices = SmallWorld.speakers
      .replacing("task: speakers", with: "task: voices")
      .replacing("steps: 40", with: "steps: 50")
    var definitions = try SmallWorld.definitions()
    definitions.tasks["voices"] = try TaskDefinition(yaml: voices, file: "tasks/voices.yaml")
    let methods = "{ pre-trained: {}, stable-ft: {} }"
    let smaller = try SmallWorld.plan(SmallWorld.spec(methods: methods))
    let larger = try Planner.plan(
      SmallWorld.input(
        SmallWorld.spec(methods: methods, tasks: "[phones, speakers, voices]"),
        definitions: definitions))
    // Its recordings and its pooling are those of 'speakers': the features are there.
    #expect(
      try added(smaller, larger) == [
        .evaluate: [
          "evaluate voices · phones · stable-ft · seed 1 · head seed 1",
          "evaluate voices · pre-trained · head seed 1",
        ]
      ])
  }

  // MARK: θ₀

  @Test func `the frozen module runs once for all encoders of a sweep`() throws {
    let smaller = try plan("pre-trained: {}")
    let larger = try plan(
      "pre-trained: {}, speech-ft: { alpha: [0.25, 0.5, 0.75] }, l2-sp: { strength: [0.1] }")
    // One for the recordings of each task.
    #expect(smaller.stages(.downsample).count == 2)
    #expect(larger.stages(.downsample) == smaller.stages(.downsample))
    #expect(try added(smaller, larger)[.downsample] == nil)
  }

  @Test func `models with one content are one model under two names`() throws {
    var input = try SmallWorld.input(
      SmallWorld.spec(
        models: "{ tiny: { checkpoint: models/tiny }, twin: { checkpoint: models/twin } }"))
    input.checkpoints["models/twin"] = SmallWorld.checkpoint
    let plan = try Planner.plan(input)
    #expect(Set(plan.stages.keys) == Set(try SmallWorld.plan().stages.keys))
    let (tiny, twin) = (
      plan.cells.filter { $0.model == "tiny" }, plan.cells.filter { $0.model == "twin" }
    )
    #expect(tiny.count == 2 && tiny.map(\.evaluations) == twin.map(\.evaluations))
    input.checkpoints["models/twin"]?.digest = "decaf"
    let other = try Planner.plan(input)
    #expect(other.stages(.fineTune).count == 2 * plan.stages(.fineTune).count)
  }

  @Test func `a field of the recipe changes what follows from it and nothing else`() throws {
    let before = try plan("pre-trained: {}, stable-ft: {}")
    let after = try plan(
      "pre-trained: {}, stable-ft: {}",
      Slip("[phones] }", "[phones], recipe: { learning-rate: 2e-3 } }"))
    let changed = after.stages.values.filter { before.stages[$0.key] == nil }
    #expect(changed.count == 8)
    #expect(
      changed.allSatisfy { $0.label.contains("stable-ft") || $0.label.contains("head only") })
    // A field that only comes after the head-only phase leaves that phase as it was.
    let kept = try plan(
      "pre-trained: {}, stable-ft: {}",
      Slip("[phones] }", "[phones], recipe: { checkpoints: [20%, 50%] } }"))
    let headOnly = try before.stage("fine-tune phones · head only · seed 1")
    #expect(kept.stages[headOnly.key] != nil)
    #expect(
      try kept.stage("fine-tune phones · stable-ft · seed 1").key
        != before.stage("fine-tune phones · stable-ft · seed 1").key)
  }
}
