import Testing

@testable import Experiment

/// Why a stage is not the one that was done before, in exact sentences.
struct ExplanationTests {
  private static let methods =
    "{ pre-trained: {}, regular-ft: {}, stable-ft: {}, speech-ft: { alpha: [0.25, 0.5] }, "
    + "l2-sp: { strength: [0.01] }, early-checkpoint: { at: [20%] } }"

  private func plan(seeds: String = "[1]", _ change: Slip? = nil) throws -> Plan {
    let yaml = SmallWorld.spec(methods: Self.methods, seeds: seeds)
    return try SmallWorld.plan(change?.applied(to: yaml) ?? yaml)
  }

  /// From a stage of one plan to a stage of another, both known.
  private func sentences(
    _ old: String, _ before: Plan, _ new: String, _ after: Plan
  ) throws -> [String] {
    Explanation.differences(
      from: try before.stage(old).identity, to: try after.stage(new).identity,
      identity: { (after.stages[$0] ?? before.stages[$0])?.identity })
  }

  @Test func `a stage that is the same differs in nothing`() throws {
    let plan = try plan()
    for stage in plan.stages.values {
      #expect(Explanation.differences(from: stage.identity, to: stage.identity) == [])
    }
  }

  @Test func `another α is one sentence, however far below`() throws {
    let plan = try plan()
    func from(_ left: String, to right: String) throws -> [String] {
      try sentences(left, plan, right, plan)
    }
    let (quarter, half) = ("phones · α 0.25 · seed 1", "phones · α 0.5 · seed 1")
    #expect(
      try from("interpolate " + quarter, to: "interpolate " + half) == ["α 0.25 → 0.5"])
    #expect(
      try from("features words · pooled " + "· " + quarter, to: "features words · pooled · " + half)
        == ["input encoder: α 0.25 → 0.5"])
    #expect(
      try from(
        "evaluate speakers · \(quarter) · head seed 1",
        to: "evaluate speakers · \(half) · head seed 1"
      ) == ["input features: input encoder: α 0.25 → 0.5"])
    #expect(
      try from("compare " + quarter, to: "compare " + half) == [
        "input encoder: α 0.25 → 0.5", "input features.words: input encoder: α 0.25 → 0.5",
      ])
  }

  @Test func `a stage that nobody knows any more is shown by its key`() throws {
    let plan = try plan()
    let old = try plan.stage("features words · pooled · phones · α 0.25 · seed 1")
    let new = try plan.stage("features words · pooled · phones · α 0.5 · seed 1")
    let left = try #require(old.inputs["encoder"]?.stageKey)
    let right = try #require(new.inputs["encoder"]?.stageKey)
    #expect(
      Explanation.differences(from: old.identity, to: new.identity)
        == ["input encoder: stage \(left.short) → stage \(right.short)"])
  }

  @Test func `another recipe is told field by field, and where it came in`() throws {
    let after = try plan(Slip("[phones] }", "[phones], recipe: { learning-rate: 2e-3 } }"))
    let stable = "fine-tune phones · stable-ft · seed 1"
    #expect(
      try sentences(stable, plan(), stable, after) == [
        "recipe.learningRate 0.001 → 0.002",
        "input start: recipe.learningRate 0.001 → 0.002",
      ])
    let kept = try plan(Slip("[phones] }", "[phones], recipe: { checkpoints: [20%, 50%] } }"))
    #expect(
      try sentences(stable, plan(), stable, kept) == ["recipe.checkpoints [0.2] → [0.2,0.5]"])
  }

  @Test func `another seed, method or entry is told in the words of specs`() throws {
    let plan = try plan(seeds: "[1, 2]")
    func joint(_ method: String, _ seed: Int = 1) -> String {
      "fine-tune phones · \(method) · seed \(seed)"
    }
    #expect(
      try sentences(joint("stable-ft"), plan, joint("stable-ft", 2), plan)
        == ["seed 1 → 2", "input start: seed 1 → 2"])
    #expect(
      try sentences(joint("stable-ft"), plan, joint("l2-sp λ 0.01"), plan)
        == ["λ none → 0.01", "recipe.checkpoints [0.2] → []"])
    let headOnly = try plan.stage(joint("head only")).key.short
    let downsampled = try #require(
      try plan.stage(joint("stable-ft")).inputs["downsampled"]?.stageKey?.short)
    #expect(
      try sentences(joint("regular-ft"), plan, joint("stable-ft"), plan) == [
        "freezeDownsampling false → true", "recipe.checkpoints [] → [0.2]",
        "recipe.headOnly 0 → 0.1", "input downsampled: none → stage \(downsampled)",
        "input start: none → stage \(headOnly)",
      ])
    let stable = try plan.stage(joint("stable-ft")).key.short
    #expect(
      try sentences(
        "features words · pooled · phones · stable-ft · seed 1", plan,
        "features words · pooled · phones · step 40 · seed 1", plan)
        == ["input encoder: stage \(stable)/model → stage \(stable)/checkpoints/40"])
  }

  @Test func `another folder of another stage is told with what changed in that stage`() throws {
    let plan = try plan(seeds: "[1, 2]")
    let found = try sentences(
      "features words · pooled · phones · stable-ft · seed 1", plan,
      "features words · pooled · phones · step 40 · seed 2", plan)
    #expect(
      found == [
        "input encoder: seed 1 → 2", "input encoder: input start: seed 1 → 2",
        "input encoder: entry model → checkpoints/40",
      ])
  }

  @Test func `other contents from outside are told as contents`() throws {
    let old = try plan()
    var input = try SmallWorld.input(SmallWorld.spec(methods: Self.methods))
    input.recordings["words"]?.digest = String(repeating: "ab", count: 32)
    input.checkpoints["models/tiny"]?.digest = "decaf"
    let new = try Planner.plan(input)
    let recordings = "its content changed (listing of words → abababababab)"
    #expect(
      try sentences("corpus words", old, "corpus words", new) == ["input recordings: " + recordings]
    )
    let name = "features words · pooled · pre-trained"
    #expect(
      try sentences(name, old, name, new) == [
        "input corpus: input recordings: " + recordings,
        "input downsampled: input corpus: input recordings: " + recordings,
        "input downsampled: input encoder: its content changed (c0ffee → decaf)",
        "input encoder: its content changed (c0ffee → decaf)",
      ])
  }

  @Test func `other code is told as a revision`() throws {
    let stage = try plan().stage("fine-tune phones · stable-ft · seed 1")
    guard case .map(var members) = stage.identity else {
      Issue.record("an identity is a map")
      return
    }
    members["revision"] = .integer(99)
    #expect(
      Explanation.differences(from: stage.identity, to: .map(members))
        == ["the code of fine-tune is revision 99, was 2"])
  }
}
