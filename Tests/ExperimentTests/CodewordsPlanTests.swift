import Testing

@testable import Experiment

/// Continued pre-training by θ₀'s own codewords, as a plan sees it.
struct CodewordsPlanTests {
  private static let frames = """
    task: frames
    title: Codewords
    corpus: words
    target: codewords
    fine-tune: { mask: { probability: 8%, length: 10 }, recipe: \(SmallWorld.recipe) }
    """

  private func input(
    frames: String = CodewordsPlanTests.frames, evaluated: String = "[speakers]",
    codebook: FileFacts? = FileFacts(digest: "b00c", path: "/somewhere/tiny/codebook.safetensors")
  ) throws -> PlannerInput {
    var definitions = try SmallWorld.definitions()
    definitions.tasks["frames"] = try TaskDefinition(yaml: frames, file: "tasks/frames.yaml")
    let yaml = SmallWorld.spec(
      methods: "{ stable-ft: {}, speech-ft: { alpha: [0.5] }, regular-ft: {} }", seeds: "[1, 2]",
      tasks: evaluated
    ).replacing("{ tasks: [phones] }", with: "{ tasks: [frames] }")
    var input = try SmallWorld.input(yaml, definitions: definitions)
    input.checkpoints["models/tiny"]?.codebook = codebook
    return input
  }

  @Test func `all methods and seeds learn one numbering of the frames`() throws {
    let plan = try Planner.plan(input())
    let codewords = try #require(plan.stages(.codewords).first)
    #expect(plan.stages(.codewords).count == 1)
    #expect(
      codewords.inputs["codebook"]
        == .external(digest: "b00c", path: "/somewhere/tiny/codebook.safetensors"))
    #expect(codewords.seed == nil)
    let trainings = plan.stages(.fineTune)
    #expect(trainings.count == 2 * 3)
    for stage in trainings {
      #expect(stage.inputs["codewords"] == .stage(codewords.key))
      let parameters: FineTuneParameters = try stage.parameters.decoded()
      #expect(parameters.tasks.map(\.mask) == [MaskParameters(probability: 0.08, length: 10)])
      #expect(parameters.head == HeadParameters(projection: nil))
    }
  }

  @Test func `a checkpoint without its pre-training head is refused by name`() throws {
    let found = try problems { try Planner.plan(input(codebook: nil)) }
    #expect(
      found == [
        "small.yaml:4:11: task 'frames' needs the pre-training head of model 'tiny', whose checkpoint "
          + "has none; give fairseq's .pt file, or a folder with codebook.safetensors"
      ])
  }

  @Test func `codewords are not evaluated, and have a mask for a head`() throws {
    #expect(
      try problems { try Planner.plan(input(evaluated: "[frames, speakers]")) } == [
        "small.yaml:7:21: task 'frames' only fine-tunes: add 'head' and 'evaluate' to its file to "
          + "evaluate with it"
      ])
    let headed =
      Self.frames + "\nhead: { projection: 16, dropout: 0% }\n"
      + "evaluate: { steps: 1, batch: 1, learning-rate: 1, clip: 1, threads: 1 }"
    #expect(
      try problems { try input(frames: headed) } == [
        "tasks/frames.yaml:1:1: a task of 'codewords' only fine-tunes: leave 'head' and 'evaluate' out"
      ])
    let mask = "mask: { probability: 8%, length: 10 }"
    #expect(
      try problems { try input(frames: Self.frames.replacing(mask + ", ", with: "")) } == [
        "tasks/frames.yaml:5:12: 'fine-tune' lacks 'mask'; add it, such as 'mask: { probability: 8%, "
          + "length: 10 }'"
      ])
    #expect(
      try problems {
        try input(frames: Self.frames.replacing(mask, with: "head: { projection: 1, dropout: 0% }"))
      }.contains(
        "tasks/frames.yaml:5:14: unknown key 'head'; known: augment, mask, minutes, recipe"))
  }
}
