import Foundation
import Testing

/// The difference of two stages' keys, as the program says it.
@Suite struct ExplainCommandTests {
  private let small: SmallExperiment

  init() throws { small = try SmallExperiment() }

  private struct Answer: Decodable {
    struct Stage: Decodable {
      var key: String
      var label: String
    }
    struct Field: Decodable {
      var field: String
    }
    struct Cause: Decodable {
      var inputs: [String]
      var before: Stage
      var fields: [Field]
    }
    var before: Stage
    var after: Stage
    var equal: Bool
    var fields: [Field]
    var causes: [Cause]
  }

  private func answer(_ first: String, _ second: String) throws -> Answer {
    let said = try small.run("explain", first, second, "--json")
    #expect(said.code == 0, "\(said.err)")
    return try JSONDecoder().decode(Answer.self, from: Data(said.out.utf8))
  }

  @Test func theCauseOfTwoFeaturesIsTheAlphaOfTheirEncoders() throws {
    let spec = "experiments/small.yaml"
    let said = try small.run(
      "explain", "\(spec):pooled · pre-trained", "\(spec):pooled · voices · α")
    #expect(said.code == 0, "\(said.err)")
    let other = try answer(
      "\(spec):evaluate voices · voices · stable-ft", "\(spec):evaluate voices · voices · α")
    #expect(!other.equal)
    #expect(other.fields.map(\.field) == ["inputs.features"])
    #expect(other.causes.map(\.inputs) == [["features", "encoder"]])
    #expect(other.causes[0].fields.map(\.field) == ["kind"])
  }

  @Test func stagesThatNoSpecHasAnyMoreAreFound() throws {
    _ = try small.run("run", "experiments/small.yaml")
    let old = try answer("pooled · voices · α 0.25", "pooled · voices · stable-ft")
    try small.write(SmallExperiment.spec(alpha: "0.5"), to: "experiments/small.yaml")
    _ = try small.run("run", "experiments/small.yaml")
    let found = try answer(old.before.key, "pooled · voices · α 0.5")
    #expect(found.before.label == old.before.label)
    #expect(found.causes.map(\.inputs) == [["encoder"]])
    #expect(found.causes[0].fields.map(\.field) == ["parameters.alpha"])
    let said = try small.run("explain", String(old.before.key.prefix(12)), found.after.key)
    #expect(
      said.out.replacing(/[0-9a-f]{12}/, with: "KEY") == """
        from features letters · pooled · voices · α 0.25 · seed 1 [KEY]
        to features letters · pooled · voices · α 0.5 · seed 1 [KEY]

        What differs in the two keys:
          input encoder: stage KEY → stage KEY

        Where it began:
          input encoder (interpolate voices · α 0.25 · seed 1 → interpolate voices · α
            0.5 · seed 1): α 0.25 → 0.5

        """, "\(said.out)")
    let same = try small.run("explain", found.after.key, "pooled · voices · α 0.5")
    #expect(same.code == 0)
    #expect(
      same.out.replacing("\n ", with: "").contains("both are this one stage; nothing differs"),
      "\(same.out)")
  }

  @Test func aNameOfNoStageAndOneOfManyAreErrors() throws {
    _ = try small.run("run", "experiments/small.yaml")
    let none = try small.run("explain", "nothing like it", "pooled · pre-trained")
    #expect(none.code == 2)
    #expect(
      none.err == """
        alphasweep: no stage of the ledger, of the artifacts or of a spec in experiments/ has a key \
        that begins with 'nothing like it', or a label with it; 'alphasweep plan SPEC --json' lists a \
        spec's, and 'SPEC:nothing like it' looks in that one

        """)
    let many = try small.run("explain", "evaluate", "pooled · pre-trained")
    #expect(many.code == 2)
    #expect(
      many.err.hasPrefix(
        "alphasweep: 'evaluate' is in 3 stages; write more of the label, or a key:\n  "),
      "\(many.err)")
    #expect(many.err.split(separator: "\n").count == 4)
  }
}
