import Testing

@testable import Experiment

/// Recipes that are named.
struct NamedRecipeTests {
  private static let spelt = """
    { head-only: 10%, warm-up: 10%, hold: 40%, clip: 1, learning-rate: 1e-4, dropout: 10%,
      steps: 300, batch-seconds: 8, checkpoints: [20%], threads: 1 }
    """

  private func task(_ recipe: String) throws -> TaskDefinition {
    try TaskDefinition(
      yaml: SmallWorld.phones.replacing(SmallWorld.recipe, with: recipe),
      file: "tasks/phones.yaml")
  }

  private func spec(_ recipe: String) throws -> Spec {
    try Spec(
      yaml: SmallWorld.spec().replacing(
        "{ tasks: [phones] }", with: "{ tasks: [phones], recipe: \(recipe) }"), file: "small.yaml")
  }

  @Test func `a name is short for its fields`() throws {
    let rest = "steps: 300, batch-seconds: 8, checkpoints: [20%], threads: 1"
    let named = try task("{ named: paper, \(rest) }").fineTune
    #expect(try named == task(Self.spelt).fineTune)
    #expect(named?.recipe.headOnly == 0.1 && named?.recipe.learningRate == 1e-4)
  }

  @Test func `fields beside the name stand before its own`() throws {
    #expect(
      try spec("{ named: paper, learning-rate: 1e-5, steps: 30_000 }").fineTune?.recipe
        == RecipeOverrides(
          steps: 30_000, learningRate: 1e-5, headOnly: 0.1, warmUp: 0.1, hold: 0.4, clip: 1,
          dropout: 0.1))
  }

  @Test func `a name alone takes the place of the task's fields`() throws {
    let alone = try spec("paper")
    #expect(
      alone.fineTune?.recipe
        == RecipeOverrides(
          learningRate: 1e-4, headOnly: 0.1, warmUp: 0.1, hold: 0.4, clip: 1, dropout: 0.1))
    let definitions = try SmallWorld.definitions()
    #expect(definitions.recipe(of: "phones", in: alone)?.learningRate == 1e-4)
    #expect(definitions.recipe(of: "phones", in: alone)?.steps == 200)
  }

  @Test func `a name that is none, and fields that it leaves open, are said`() throws {
    #expect(
      try problems { try spec("papr") } == [
        "small.yaml:5:39: unknown recipe 'papr'; did you mean 'paper'?"
      ])
    #expect(
      try problems { try spec("{ named: papr, hold: 20% }") } == [
        "small.yaml:5:48: unknown recipe 'papr'; did you mean 'paper'?"
      ])
    #expect(
      try problems { try spec("{ named: paper, warm-up: 70% }") } == [
        "small.yaml:5:39: \(SpecMessage.schedule)"
      ])
    #expect(
      try problems { try task("{ named: paper, steps: 5, checkpoints: [], threads: 1 }") } == [
        "tasks/phones.yaml:8:86: the fine-tuning recipe lacks 'batch-seconds'; add it, such as "
          + "'batch-seconds: 16'"
      ])
  }
}
