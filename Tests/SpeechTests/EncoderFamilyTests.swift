import Experiment
import Foundation
import Testing
import Torch

@testable import Speech

/// Small encoders of every family against transformers and s3prl (Fixtures/encoders/make_encoders.py,
/// which says what the reference's padded batch is where GroupNorm would see padding).
///
/// Tolerances: 1e-5 of the largest magnitude for hidden states, float32 sums of at most a few hundred
/// terms in another order; 1e-4 for gradients, which add over all frames.
struct EncoderFamilyTests {
  private static let cases = [
    "hubert-group-pre", "hubert-layer-pre-bias", "wav2vec2-group-post", "wav2vec2-layer-pre-bias",
    "wavlm-group-post", "wavlm-layer-pre", "wavlm-layer-post-bias", "decoar2",
  ]

  /// A model of the fixtures and what the reference computes with it.
  private struct Model {
    let weights: EncoderWeights
    let encoder: SpeechEncoder
    let oracle: [String: Tensor]

    init(_ name: String) throws {
      let path = try Fixture.path("encoders/\(name).json")
      let json = try Canonical(json: Data(contentsOf: URL(fileURLWithPath: path)))
      let all = try Fixture.tensors("encoders/\(name).safetensors")
      let prefix = "weight."
      let tensors = all.filter { $0.key.hasPrefix(prefix) }.map {
        (String($0.key.dropFirst(prefix.count)), $0.value)
      }
      weights = try EncoderWeights(
        configuration: EncoderConfiguration(json: json, path: path),
        tensors: Dictionary(uniqueKeysWithValues: tensors), path: path)
      encoder = SpeechEncoder(weights)
      oracle = try all.merging(Fixture.tensors("encoders/waveforms.safetensors")) { $1 }
    }

    func expected(_ name: String) throws -> Tensor { try #require(oracle[name], "\(name)") }

    func states(_ waveforms: Tensor) throws -> [Tensor] {
      try encoder.encode(encoder.project(encoder.downsample(waveforms)))
    }

    /// Both utterances downsampled one by one, in one batch.
    func padded() throws -> (states: [Tensor], lengths: [Int]) {
      let frames = try (0..<2).map { try encoder.downsample(expected("waveform.\($0)")) }
      let lengths = frames.map { $0.shape[1] }
      let longest = try #require(lengths.max())
      let batch = try Tensor.concatenated(
        frames.map { try $0.extended(dimension: 1, to: longest) }, dimension: 0)
      let mask = try #require(try PaddingMask(lengths: lengths))
      return (try encoder.encode(encoder.project(batch), padding: mask), lengths)
    }
  }

  @Test(arguments: cases, [0, 1])
  func everyHiddenStateIsThatOfTheReference(name: String, utterance: Int) throws {
    let model = try Model(name)
    let waveform = try model.expected("waveform.\(utterance)")
    let states = try model.states(waveform)
    #expect(states.count == model.weights.configuration.layers + 1)
    #expect(
      states[0].shape[1] == model.weights.configuration.frames(samples: waveform.shape[1]))
    for (layer, state) in states.enumerated() {
      let expected = try model.expected("state.\(utterance).\(layer)")
      try #require(state.shape == expected.shape)
      #expect(try relativeError(state, expected) < 1e-5, "\(name) \(layer)")
    }
  }

  @Test(arguments: cases.filter { $0.contains("group") })
  func batchesOfEqualLengthAreThoseOfTheReference(name: String) throws {
    let model = try Model(name)
    for (layer, state) in try model.states(model.expected("waveform.equal")).enumerated() {
      #expect(try relativeError(state, model.expected("equal.\(layer)")) < 1e-5, "\(layer)")
    }
  }

  @Test(arguments: cases)
  func paddedBatchesAreThoseOfTheReference(name: String) throws {
    let model = try Model(name)
    let (states, lengths) = try model.padded()
    for (layer, state) in states.enumerated() {
      let expected = try model.expected("padded.\(layer)")
      for (row, length) in lengths.enumerated() {
        // Frames beyond an utterance's end hold nothing that anyone reads.
        let real = { (tensor: Tensor) in
          try tensor.select(dimension: 0, index: row)
            .narrow(dimension: 0, start: 0, count: length)
        }
        #expect(try relativeError(real(state), real(expected)) < 1e-5, "\(layer), \(row)")
      }
    }
  }

  /// With dropout and padding, whose draws and masks the second computation must meet again.
  @Test(arguments: cases)
  func gradientCheckpointingChangesNoBit(name: String) throws {
    func gradients(_ checkpoints: GradientCheckpoints?) throws -> [String: [Float]] {
      let model = try Model(name)
      for (_, tensor) in model.weights.ordered { try tensor.setRequiresGradient(true) }
      let frames = try (0..<2).map {
        try model.encoder.downsample(model.expected("waveform.\($0)"), checkpoints: checkpoints)
      }
      let lengths = frames.map { $0.shape[1] }
      let longest = try #require(lengths.max())
      let batch = try Tensor.concatenated(
        frames.map { try $0.extended(dimension: 1, to: longest) }, dimension: 0)
      let dropout = EncoderDropout(probability: 0.2, generator: try Generator(seed: 4))
      let states = try model.encoder.encode(
        model.encoder.project(batch, dropout: dropout), padding: PaddingMask(lengths: lengths),
        dropout: dropout, checkpoints: checkpoints)
      try states[states.count - 1].square().mean().backward()
      try checkpoints?.backward()
      return try Dictionary(
        uniqueKeysWithValues: model.weights.ordered.filter { $0.name != EncoderTensors.mask }.map {
          ($0.name, try #require($0.tensor.gradient, "\($0.name)").floats())
        })
    }
    let whole = try gradients(nil)
    let again = try gradients(GradientCheckpoints())
    for (name, values) in whole { #expect(again[name] == values, "\(name)") }
  }

  @Test(arguments: cases)
  func everyGradientIsThatOfTheReference(name: String) throws {
    let model = try Model(name)
    for (_, tensor) in model.weights.ordered { try tensor.setRequiresGradient(true) }
    let (states, _) = try model.padded()
    try states[states.count - 1].multiplying(by: model.expected("direction")).sum().backward()
    var checked = 0
    for (name, tensor) in model.weights.ordered where name != EncoderTensors.mask {
      let gradient = try #require(tensor.gradient, "\(name)")
      checked += 1
      if name.hasSuffix("k_proj.bias") {
        // Softmax is blind to the keys' bias: its gradient is 0 but for rounding.
        #expect(try gradient.abs().maximum().item() < 1e-4, "\(name)")
      } else {
        let error = try relativeError(gradient, model.expected("gradient." + name))
        #expect(error < 1e-4, "\(name)")
      }
    }
    #expect(checked == model.oracle.keys.filter { $0.hasPrefix("gradient.") }.count)
  }

  @Test func bucketsOfDistancesAreThoseOfTheReference() throws {
    for (name, tensor) in try Fixture.tensors("encoders/buckets.safetensors") {
      let sizes = name.split(separator: ".").compactMap { Int($0) }
      let positions = RelativePositions(buckets: sizes[0], maximumDistance: sizes[1])
      #expect(
        try (-2000...2000).map { positions.bucket(distance: $0) } == tensor.ints(), "\(name)")
    }
  }

  @Test(arguments: [0, 1])
  func filterbankFramesAreThoseOfTheReference(utterance: Int) throws {
    let model = try Model("decoar2")
    let frames = try model.encoder.downsample(model.expected("waveform.\(utterance)"))
    // Logarithms of bands in which a spectrum cancels: Fourier transforms of two libraries differ there.
    #expect(try relativeError(frames, model.expected("downsampled.\(utterance)")) < 5e-5)
  }

  @Test func filterbankFramesLieOnTheGridOfTheConvolutions() throws {
    let (filterbank, convolutions) = (
      EncoderConfiguration.base(.decoar2), EncoderConfiguration.base(.hubert)
    )
    #expect(filterbank.windowSamples == 400 && filterbank.strideSamples == 320)
    #expect(convolutions.windowSamples == 400 && convolutions.strideSamples == 320)
    let frontEnd = try FilterbankFrontEnd(bins: 80)
    for samples in [0, 399, 400, 719, 720, 879, 880, 1039, 1040, 4321, 16_000] {
      let frames = filterbank.frames(samples: samples)
      #expect(frames == convolutions.frames(samples: samples), "\(samples)")
      if frames > 0 {
        let features = try frontEnd(
          .uniform([1, samples], low: -1, high: 1, generator: Generator(seed: 1)))
        #expect(features.shape == [1, frames, 80])
        #expect(try features.abs().maximum().item().isFinite)
      }
    }
  }

  @Test(arguments: EncoderFamily.allCases)
  func randomWeightsHaveTheTensorsOfTheirFamily(family: EncoderFamily) throws {
    let name = try #require(Self.cases.last { $0.hasPrefix(family.rawValue) })
    let published = try Model(name).weights
    let drawn = try EncoderWeights(
      random: published.configuration, generator: Generator(seed: 3))
    #expect(drawn.ordered.map(\.name) == published.ordered.map(\.name))
    let encoder = SpeechEncoder(drawn)
    let waveform = try Tensor.uniform([1, 4000], low: -1, high: 1, generator: Generator(seed: 4))
    let states = try encoder.encode(encoder.project(encoder.downsample(waveform)))
    for state in states { #expect(try state.isFinite().logicalNot().any().item() == 0) }
  }

  @Test func weightsOfBaseSizeAreAsManyAsPublished() {
    func count(_ family: EncoderFamily) -> Int {
      EncoderTensors.all(.base(family)).reduce(0) { $0 + $1.shape.reduce(1, *) }
    }
    #expect(count(.hubert) == 94_371_712)
    #expect(count(.wav2vec2) == 94_371_712)
    #expect(count(.wavlm) == 94_381_936)
    #expect(count(.decoar2) == 89_837_696)
  }
}
