import Experiment
import Foundation
import Testing
import Torch

@testable import Speech

/// The encoder of the fixtures and what peft computes with its adapters of a kind.
struct AdapterModel {
  static let kinds = ["lora", "dora"]

  let weights: EncoderWeights
  let adapters: EncoderAdapters
  let oracle: [String: Tensor]

  init(_ kind: String) throws {
    let path = try Fixture.path("adapters/encoder.json")
    let json = try Canonical(json: Data(contentsOf: URL(fileURLWithPath: path)))
    let all = try Fixture.tensors("adapters/encoder.safetensors")
    let tensors = all.filter { $0.key.hasPrefix("weight.") }.map {
      (String($0.key.dropFirst("weight.".count)), $0.value)
    }
    weights = try EncoderWeights(
      configuration: EncoderConfiguration(json: json, path: path),
      tensors: Dictionary(uniqueKeysWithValues: tensors), path: path)
    adapters = try PeftFolder.read(
      Fixture.path("adapters/\(kind)"), configuration: weights.configuration)
    oracle = try all.merging(Fixture.tensors("adapters/\(kind).safetensors")) { $1 }
  }

  func expected(_ name: String) throws -> Tensor { try #require(oracle[name], "\(name)") }

  func states(
    _ encoder: SpeechEncoder, dropout: EncoderDropout? = nil,
    checkpoints: GradientCheckpoints? = nil
  ) throws -> [Tensor] {
    let frames = try encoder.downsample(expected("waveform"), checkpoints: checkpoints)
    return try encoder.encode(
      encoder.project(frames, dropout: dropout), dropout: dropout, checkpoints: checkpoints)
  }

  /// The same adapters with a dropout of their own.
  func dropping(_ probability: Double) throws -> EncoderAdapters {
    let settings = try AdapterSettings(
      targets: adapters.settings.targets, rank: adapters.settings.rank,
      alpha: adapters.settings.alpha, dropout: probability,
      isWeightDecomposed: adapters.settings.isWeightDecomposed)
    return try EncoderAdapters(
      settings, configuration: weights.configuration,
      tensors: Dictionary(
        uniqueKeysWithValues: adapters.parameters.map { ($0.name, $0.tensor) }),
      path: "fixture")
  }
}

/// LoRA and DoRA of a small HuBERT against peft (Fixtures/adapters/make_adapters.py).
///
/// Tolerance: 1e-5 of the largest magnitude, for float32 sums of at most a few hundred terms in another
/// order. Gradients are held to it too: peft's are computed in float64, so that only our own rounding
/// remains.
struct AdapterTests {
  private func bits(_ states: [Tensor]) throws -> [[Float]] { try states.map { try $0.floats() } }

  // MARK: Against peft

  @Test(arguments: AdapterModel.kinds)
  func hiddenStatesAreThoseOfPeft(kind: String) throws {
    let model = try AdapterModel(kind)
    #expect(model.adapters.settings.targets == AdapterTarget.allCases)
    #expect(model.adapters.settings.scale == 1.5)
    #expect(model.adapters.settings.isWeightDecomposed == (kind == "dora"))
    let states = try model.states(SpeechEncoder(model.weights, adapters: model.adapters))
    #expect(states.count == 3)
    for (layer, state) in states.enumerated() {
      #expect(try relativeError(state, model.expected("state.\(layer)")) < 1e-5, "\(layer)")
    }
    // The adapters of the fixture do change the encoder.
    let plain = try model.states(SpeechEncoder(model.weights))
    #expect(try relativeError(plain[2], states[2]) > 0.1)
  }

  @Test(arguments: AdapterModel.kinds)
  func gradientsAreThoseOfPeft(kind: String) throws {
    let model = try AdapterModel(kind)
    for (_, tensor) in model.adapters.parameters { try tensor.setRequiresGradient(true) }
    let states = try model.states(SpeechEncoder(model.weights, adapters: model.adapters))
    try states[2].multiplying(by: model.expected("direction")).sum().backward()
    for (name, tensor) in model.adapters.parameters {
      let gradient = try #require(tensor.gradient, "\(name)")
      #expect(try relativeError(gradient, model.expected("gradient." + name)) < 1e-5, "\(name)")
    }
    #expect(
      model.adapters.parameters.count
        == model.oracle.keys.filter { $0.hasPrefix("gradient.") }.count)
  }

  @Test(arguments: AdapterModel.kinds)
  func mergedWeightsAreThoseOfPeftAndGiveTheSameStates(kind: String) throws {
    let model = try AdapterModel(kind)
    for (_, tensor) in model.adapters.parameters { try tensor.setRequiresGradient(true) }
    let merged = try model.adapters.merged(into: model.weights)
    var changed = 0
    for (name, tensor) in merged.ordered {
      #expect(!tensor.requiresGradient)
      if let expected = model.oracle["merged." + name] {
        changed += 1
        #expect(try relativeError(tensor, expected) < 1e-5, "\(name)")
      } else {
        #expect(try tensor.floats() == model.expected("weight." + name).floats(), "\(name)")
      }
    }
    #expect(changed == 2 * AdapterTarget.allCases.count)
    let adapted = try model.states(SpeechEncoder(model.weights, adapters: model.adapters))
    for (state, expected) in zip(try model.states(SpeechEncoder(merged)), adapted) {
      #expect(try relativeError(state, expected) < 1e-5)
    }
  }

  /// What dropout leaves of the input is the fixture's, so that nothing is drawn.
  @Test(arguments: AdapterModel.kinds)
  func aMapUnderDropoutIsThatOfPeft(kind: String) throws {
    let model = try AdapterModel(kind)
    func layer(_ name: String) throws -> Tensor { try model.expected("layer." + name) }
    let adapter = LowRankAdapter(
      a: try layer("A"), b: try layer("B"), magnitude: model.oracle["layer.magnitude"], scale: 1.5)
    let learning =
      [
        ("input", try layer("input")), ("dropped", try layer("dropped")), ("A", adapter.a),
        ("B", adapter.b),
      ] + (adapter.magnitude.map { [("magnitude", $0)] } ?? [])
    for (_, tensor) in learning { try tensor.setRequiresGradient(true) }
    let output = try adapter.output(
      layer("input"), dropped: layer("dropped"), weight: layer("weight"), bias: layer("bias"))
    #expect(try relativeError(output, layer("output")) < 1e-5)
    try output.multiplying(by: layer("direction")).sum().backward()
    for (name, tensor) in learning {
      let gradient = try #require(tensor.gradient, "\(name)")
      #expect(try relativeError(gradient, layer("gradient." + name)) < 1e-5, "\(name)")
    }
  }

  // MARK: First values

  @Test(arguments: AdapterModel.kinds)
  func newAdaptersLeaveEveryBitOfTheStates(kind: String) throws {
    let model = try AdapterModel(kind)
    let adapters = try EncoderAdapters(
      random: model.dropping(0.3).settings, for: model.weights, generator: Generator(seed: 8))
    let plain = try bits(model.states(SpeechEncoder(model.weights)))
    #expect(try bits(model.states(SpeechEncoder(model.weights, adapters: adapters))) == plain)
    #expect(try bits(model.states(SpeechEncoder(model.weights, adapters: nil))) == plain)
    #expect(
      adapters.parameters.map(\.name) == model.adapters.parameters.map(\.name))
    for (name, tensor) in adapters.parameters {
      if name.hasSuffix("lora_A.weight") {
        let bound = 1 / Double(tensor.shape[1]).squareRoot()
        let largest = try tensor.abs().maximum().item()
        // Of at least 32 draws the largest is below half of the bound once in four billion times.
        #expect(largest <= bound && largest > bound / 2, "\(name)")
      } else if name.hasSuffix("lora_B.weight") {
        #expect(try tensor.abs().maximum().item() == 0, "\(name)")
      } else {
        let map = name.replacing(".lora_magnitude_vector", with: ".weight")
        let weight = try #require(model.weights[tensor: map])
        let norms = try weight.to(.float64).square().sum(dimensions: [1]).sqrt()
        #expect(try relativeError(tensor, norms) < 1e-6, "\(name)")
      }
    }
  }

  // MARK: Dropout

  @Test(arguments: AdapterModel.kinds)
  func adaptersDropInTrainingOnlyAndByTheirOwnProbability(kind: String) throws {
    let model = try AdapterModel(kind)
    let encoder = try SpeechEncoder(model.weights, adapters: model.dropping(0.4))
    func training(_ encoder: SpeechEncoder, seed: UInt64) throws -> [[Float]] {
      let dropout = EncoderDropout(probability: 0, generator: try Generator(seed: seed))
      return try bits(model.states(encoder, dropout: dropout))
    }
    let without = try SpeechEncoder(model.weights, adapters: model.adapters)
    let evaluation = try bits(model.states(without))
    #expect(try bits(model.states(encoder)) == evaluation)
    #expect(try training(without, seed: 1) == evaluation)
    let dropped = try training(encoder, seed: 1)
    #expect(dropped[0] == evaluation[0] && dropped[1] != evaluation[1])
    #expect(try training(encoder, seed: 1) == dropped)
    #expect(try training(encoder, seed: 2) != dropped)
  }

  @Test(arguments: AdapterModel.kinds)
  func gradientCheckpointingChangesNoBit(kind: String) throws {
    func gradients(_ checkpoints: GradientCheckpoints?) throws -> [[Float]] {
      let model = try AdapterModel(kind)
      let adapters = try model.dropping(0.4)
      for (_, tensor) in adapters.parameters { try tensor.setRequiresGradient(true) }
      let dropout = EncoderDropout(probability: 0.1, generator: try Generator(seed: 4))
      let states = try model.states(
        SpeechEncoder(model.weights, adapters: adapters), dropout: dropout,
        checkpoints: checkpoints)
      try states[2].multiplying(by: model.expected("direction")).sum().backward()
      try checkpoints?.backward()
      return try adapters.parameters.map {
        try #require($0.tensor.gradient, "\($0.name)").floats()
      }
    }
    #expect(try gradients(nil) == gradients(GradientCheckpoints()))
  }

  @Test func adaptersFitEveryFamily() throws {
    for family in EncoderFamily.allCases {
      var configuration = EncoderConfiguration.base(family)
      (configuration.width, configuration.feedForwardWidth) = (16, 24)
      (configuration.layers, configuration.attentionHeads) = (2, 2)
      let weights = try EncoderWeights(random: configuration, generator: Generator(seed: 3))
      let draws = try Generator(seed: 4)
      let settings = try AdapterSettings(
        targets: AdapterTarget.allCases, rank: 2, alpha: 4, isWeightDecomposed: true)
      let adapters = try EncoderAdapters(random: settings, for: weights, generator: draws)
      // The fresh weights' own norms are too faint to be seen behind.
      for (name, tensor) in adapters.parameters where !name.hasSuffix("lora_A.weight") {
        try tensor.copy_(from: .normal(tensor.shape, mean: 0.5, generator: draws))
        #expect(weights[tensor: name.replacing(/lora_.*/, with: "weight")] != nil, "\(name)")
      }
      // Frames that differ, which a front end of fresh weights hardly gives.
      let frames = try Tensor.normal([1, 9, 16], generator: draws)
      func last(_ encoder: SpeechEncoder) throws -> Tensor { try encoder.encode(frames)[2] }
      let adapted = try last(SpeechEncoder(weights, adapters: adapters))
      // What is merged is well above what rounding could hide.
      let change = try relativeError(last(SpeechEncoder(weights)), adapted)
      #expect(change > 1e-3, "\(family)")
      #expect(
        try relativeError(last(SpeechEncoder(adapters.merged(into: weights))), adapted) < 1e-5)
      let folder = try TemporaryFolder()
      try PeftFolder.write(adapters, to: folder.path)
      let read = try PeftFolder.read(folder.path, configuration: configuration)
      #expect(read.settings == settings && read.parameters.count == 36)
    }
  }

  // MARK: Errors

  @Test func anUnknownTargetIsNamed() throws {
    #expect(try AdapterSettings.targets(named: ["v_proj", "q_proj"]) == [.value, .query])
    let error = #expect(throws: AdapterError.self) {
      try AdapterSettings.targets(named: ["q_proj", "fc1", "query"])
    }
    #expect(
      error?.description
        == "no linear map that can be adapted is called fc1, query; there are q_proj, k_proj, "
        + "v_proj, out_proj, intermediate_dense, output_dense")
  }

  @Test func settingsOutsideTheirRangeAreErrors() throws {
    func problem(
      _ targets: [AdapterTarget] = [.query], rank: Int = 2, alpha: Double = 1, dropout: Double = 0
    ) -> String? {
      #expect(throws: AdapterError.self) {
        try AdapterSettings(targets: targets, rank: rank, alpha: alpha, dropout: dropout)
      }?.description
    }
    #expect(problem([]) == "adapters need at least one linear map")
    #expect(problem(rank: 0) == "the rank is 0 and must be at least 1")
    #expect(problem(alpha: 0) == "alpha is 0.0 and must be above 0")
    #expect(problem(dropout: 1) == "the dropout is 1.0 and must be at least 0 and below 1")
  }

  @Test func adaptersOfAnotherEncoderAreErrors() throws {
    let model = try AdapterModel("lora")
    var configuration = model.weights.configuration
    configuration.layers = 1
    let other = try EncoderWeights(random: configuration, generator: Generator(seed: 1))
    #expect(throws: AdapterError.otherEncoder) {
      try SpeechEncoder(other, adapters: model.adapters)
    }
    #expect(throws: AdapterError.otherEncoder) { try model.adapters.merged(into: other) }
  }
}
