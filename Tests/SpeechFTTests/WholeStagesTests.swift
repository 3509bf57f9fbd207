import Experiment
import Foundation
import Speech
import Testing
import Torch

@testable import SpeechFT

/// Every kind of stage, carried out on seconds of sound.
@Suite struct WholeStagesTests {
  let world: SpokenWorld

  init() throws { world = try SpokenWorld.whole.get() }

  private var fineTuned: Stage? { world.stage(.fineTune, "fine-tune speaker · stable-ft · seed 1") }
  private var regular: Stage? { world.stage(.fineTune, "fine-tune speaker · regular-ft · seed 1") }
  private var pretrained: Stage? { world.plan.stages.values.first { $0.kind == .pretrain } }

  @Test func everyCellIsMeasured() throws {
    #expect(world.plan.cells.count == 2 + 1 + 2 * 8)
    for cell in world.plan.cells {
      #expect(try world.evaluation(cell, "speaker")?.metric == "accuracy")
      #expect(try world.evaluation(cell, "phones")?.metric == "PER")
      #expect((cell.comparison != nil) == (cell.model != nil))
    }
  }

  @Test func headsLearnWhatFramesShow() throws {
    let accuracy = try #require(try world.evaluation(world.cell("log-mel"), "speaker"))
    #expect(accuracy.chance.map { $0 <= 50 } == true)
    #expect(accuracy.value == 100)
    #expect(accuracy.classes == 2)
    let errors = try #require(try world.evaluation(world.cell("log-mel"), "phones"))
    #expect(errors.value < 60, "an empty hypothesis has 100")
  }

  @Test func stableFineTuningLeavesTheDownsamplingModuleAndRegularDoesNot() throws {
    let before = try #require(try world.weights(pretrained))
    let stable = try #require(try world.weights(fineTuned))
    let regular = try #require(try world.weights(regular))
    for (name, tensor) in before.ordered where name.hasPrefix(EncoderTensors.downsamplingPrefix) {
      #expect(try stable[tensor: name]?.floats() == tensor.floats(), "\(name)")
    }
    let first = "feature_extractor.conv_layers.0.conv.weight"
    #expect(try regular[tensor: first]?.floats() != before[tensor: first]?.floats())
    let moved = "encoder.layers.0.attention.q_proj.weight"
    #expect(try stable[tensor: moved]?.floats() != before[tensor: moved]?.floats())
  }

  /// Of the encoder only the adapters learn; the artifact has them, and the weights that they make.
  @Test(arguments: ["lora", "dora"])
  func adaptersAreMergedIntoTheModelAndLeftBesideIt(method: String) throws {
    let stage = world.stage(
      .fineTune, "fine-tune speaker · \(method) rank 2, lora_alpha 4 · seed 1")
    let before = try #require(try world.weights(pretrained))
    let after = try #require(try world.weights(stage))
    let targets = method == "lora" ? ["q_proj.weight", "v_proj.weight"] : ["q_proj.weight"]
    for (name, tensor) in before.ordered {
      let isSame = try after[tensor: name]?.floats() == tensor.floats()
      #expect(isSame == !targets.contains { name.hasSuffix($0) }, "\(name)")
    }
    let folder = try #require(stage.map { world.store.folder($0.kind, $0.key) })
    let adapters = try PeftFolder.read(folder + "/adapter", configuration: before.configuration)
    #expect(adapters.settings.isWeightDecomposed == (method == "dora"))
    for (name, tensor) in try adapters.merged(into: before).ordered {
      #expect(try after[tensor: name]?.floats() == tensor.floats(), "\(name)")
    }
  }

  /// The formula in Swift's own float32 arithmetic, one rounding after each operation.
  @Test func interpolationIsTheFormula() throws {
    let before = try #require(try world.weights(pretrained))
    let after = try #require(try world.weights(fineTuned))
    let between = try Interpolation(InterpolateParameters(alpha: 0.25)).between(before, after)
    for (name, tensor) in before.ordered {
      let (a, b) = (try tensor.floats(), try #require(try after[tensor: name]?.floats()))
      let expected = zip(a, b).map { 0.75 * $0 + 0.25 * $1 }
      #expect(try between[tensor: name]?.floats() == expected, "\(name)")
    }
  }

  @Test func alphaZeroAndOneAreTheEndpointsBitForBit() throws {
    let before = try #require(try world.weights(pretrained))
    let after = try #require(try world.weights(fineTuned))
    for (alpha, end) in [(0.0, before), (1.0, after)] {
      let between = try Interpolation(InterpolateParameters(alpha: alpha)).between(before, after)
      for (name, tensor) in end.ordered {
        #expect(try between[tensor: name]?.floats() == tensor.floats(), "α \(alpha) \(name)")
      }
    }
  }

  @Test func distanceGrowsWithAlphaAndSimilarityToOneselfIsOne() throws {
    let own = try #require(try world.similarity(world.cell("Pre-trained")))
    #expect(own.layers.map(\.linearCKA) == [1, 1, 1])
    #expect(own.layers.map(\.debiasedCKA) == [1, 1, 1])
    #expect(own.layers.map(\.r2) == [1, 1, 1])
    #expect(own.weightDistance.total == 0)
    func distance(_ title: String) throws -> Double {
      try #require(try world.similarity(world.cell(title, fineTuned: "speaker"))).weightDistance
        .total
    }
    let whole = try distance("Stable-FT")
    #expect(whole > 0)
    // Weights are rounded to float32: ‖rounding‖ is some 1e-8 of ‖θ‖, and ‖θ′−θ₀‖ a hundredth of it.
    #expect(abs(try distance("Speech-FT α 0.25") / whole - 0.25) < 1e-4)
    #expect(abs(try distance("Speech-FT α 0.5") / whole - 0.5) < 1e-4)
    #expect(try distance("L2-SP λ 0.1") < whole)
  }

  @Test func theEarlyCheckpointIsAPointOfStableFineTuning() throws {
    let early = try #require(try world.weights(fineTuned, "checkpoints/10"))
    let before = try #require(try world.weights(pretrained))
    let moved = "encoder.layers.1.feed_forward.output_dense.weight"
    #expect(try early[tensor: moved]?.floats() != before[tensor: moved]?.floats())
    #expect(
      try early[tensor: moved]?.floats() != world.weights(fineTuned)?[tensor: moved]?.floats())
  }
}
