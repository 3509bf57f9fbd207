import Testing

@testable import Experiment

/// How two keys differ, field by field, and where that began.
struct KeyDifferenceTests {
  private static let methods = "{ stable-ft: {}, speech-ft: { alpha: [0.25, 0.5] } }"

  private func plan(_ change: Slip? = nil) throws -> Plan {
    let yaml = SmallWorld.spec(methods: Self.methods)
    return try SmallWorld.plan(change?.applied(to: yaml) ?? yaml)
  }

  private func difference(
    _ old: String, _ before: Plan, _ new: String, _ after: Plan, knowsInputs: Bool = true
  ) throws -> KeyDifference {
    let (left, right) = (try before.stage(old), try after.stage(new))
    return KeyDifference(from: (left.key, left.identity), to: (right.key, right.identity)) {
      knowsInputs ? (after.stages[$0] ?? before.stages[$0])?.identity : nil
    }
  }

  @Test func `a stage and itself differ in nothing`() throws {
    let plan = try plan()
    for stage in plan.stages.values {
      let none = try difference(stage.label, plan, stage.label, plan)
      #expect(none.fields.isEmpty && none.causes.isEmpty)
    }
  }

  @Test func `what an input was made of is followed to where it began, and said once`() throws {
    let plan = try plan()
    let (quarter, half) = ("phones · α 0.25 · seed 1", "phones · α 0.5 · seed 1")
    let found = try difference("compare " + quarter, plan, "compare " + half, plan)
    // The comparison reads the encoder and features of it: two inputs, one cause.
    #expect(found.fields.map(\.path) == ["inputs.encoder", "inputs.features.words"])
    #expect(found.causes.count == 1)
    let cause = try #require(found.causes.first)
    #expect(cause.roles == ["encoder"])
    #expect(cause.fields.map(\.words) == ["α 0.25 → 0.5"])
    #expect(cause.fields.map(\.path) == ["parameters.alpha"])
    #expect(cause.before == (try plan.stage("interpolate " + quarter)).key)
    #expect(cause.after == (try plan.stage("interpolate " + half)).key)
  }

  @Test func `stages that differ by themselves and in an input have two causes`() throws {
    let plan = try plan()
    let found = try difference(
      "features words · frames · phones · α 0.25 · seed 1", plan,
      "features words · pooled · phones · α 0.5 · seed 1", plan)
    #expect(found.causes.map(\.roles) == [[], ["downsampled"], ["encoder"]])
    #expect(found.causes[0].fields.allSatisfy { $0.path.hasPrefix("parameters.") })
    #expect(found.causes[1].fields.map(\.path).contains("parameters.selection.minutes.test"))
    #expect(found.causes[2].fields.map(\.words) == ["α 0.25 → 0.5"])
  }

  @Test func `an input that nobody knows any more is a cause by itself`() throws {
    let plan = try plan()
    let (quarter, half) = ("phones · α 0.25 · seed 1", "phones · α 0.5 · seed 1")
    let found = try difference(
      "compare " + quarter, plan, "compare " + half, plan, knowsInputs: false)
    #expect(found.causes.map(\.roles) == [[]])
    let (left, right) = (
      try plan.stage("interpolate " + quarter).key, try plan.stage("interpolate " + half).key
    )
    #expect(
      found.causes[0].fields.map(\.words).first
        == "input encoder: stage \(left) → stage \(right)")
  }

  @Test func `an input in another kind's place is that and nothing more`() throws {
    let plan = try plan()
    let found = try difference(
      "features words · pooled · phones · stable-ft · seed 1", plan,
      "features words · pooled · phones · α 0.5 · seed 1", plan)
    #expect(found.causes.map(\.roles) == [["encoder"]])
    #expect(found.causes[0].fields.map(\.words) == ["kind fine-tune → interpolate"])
  }
}
