import Experiment
import Foundation
import Testing
import Torch

@testable import Speech

/// Against transformers' `HubertModel` (Fixtures/make_hubert.py). The tolerance is 1e-5 of the
/// largest magnitude: float32 sums over at most a few hundred terms in another order.
struct HubertEncoderTests {
  private let folder: String
  private let oracle: [String: Tensor]

  init() throws {
    let fixtures = try #require(Bundle.module.resourcePath) + "/Fixtures"
    folder = fixtures + "/hubert"
    oracle = try SafetensorsFile(path: fixtures + "/hubert.safetensors").all()
  }

  private func expect(
    _ tensor: Tensor, equals name: String, tolerance: Double = 1e-5,
    sourceLocation: SourceLocation = #_sourceLocation
  ) throws {
    let wanted = try #require(oracle[name], sourceLocation: sourceLocation)
    try #require(tensor.shape == wanted.shape, "\(name)", sourceLocation: sourceLocation)
    let scale = try wanted.abs().maximum().item()
    let difference = try tensor.subtracting(wanted).abs().maximum().item()
    #expect(difference <= tolerance * scale, "\(name)", sourceLocation: sourceLocation)
  }

  private func states(_ encoder: SpeechEncoder, _ waveform: Tensor) throws -> [Tensor] {
    try encoder.encode(encoder.project(encoder.downsample(waveform)))
  }

  @Test(arguments: [0, 1])
  func everyHiddenStateIsThatOfTransformers(utterance: Int) throws {
    let encoder = SpeechEncoder(try CheckpointFolder.read(folder))
    let waveform = try #require(oracle["waveform.\(utterance)"])
    let states = try states(encoder, waveform)
    #expect(states.count == 4)
    for (layer, state) in states.enumerated() {
      try expect(state, equals: "state.\(utterance).\(layer)")
    }
  }

  @Test func paddedBatchesGiveTheStatesOfTransformers() throws {
    let encoder = SpeechEncoder(try CheckpointFolder.read(folder))
    let frames = try (0..<2).map { number in
      try encoder.downsample(#require(oracle["waveform.\(number)"]))
    }
    let lengths = frames.map { $0.shape[1] }
    let padded = try Tensor.concatenated(
      frames.map { try $0.extended(dimension: 1, to: #require(lengths.max())) }, dimension: 0)
    let mask = try #require(try PaddingMask(lengths: lengths))
    let states = try encoder.encode(encoder.project(padded), padding: mask)
    for (layer, state) in states.enumerated() {
      for row in 0..<2 {
        // Frames beyond an utterance's end hold nothing that anyone reads.
        let real = { (tensor: Tensor) in
          try tensor.narrow(dimension: 0, start: row, count: 1)
            .narrow(dimension: 1, start: 0, count: lengths[row])
        }
        let wanted = try real(#require(oracle["padded.\(layer)"]))
        let difference = try real(state).subtracting(wanted).abs().maximum().item()
        #expect(try difference <= 1e-5 * wanted.abs().maximum().item())
      }
    }
  }

  @Test func paddingChangesNoRealFrame() throws {
    let encoder = SpeechEncoder(try CheckpointFolder.read(folder))
    let short = try encoder.downsample(#require(oracle["waveform.0"]))
    let long = try encoder.downsample(#require(oracle["waveform.1"]))
    let lengths = [short.shape[1], long.shape[1]]
    let batch = try Tensor.concatenated(
      [short.extended(dimension: 1, to: lengths[1]), long], dimension: 0)
    let padded = try encoder.encode(
      encoder.project(batch), padding: PaddingMask(lengths: lengths))
    let alone = try encoder.encode(encoder.project(short))
    let difference = try padded[3].narrow(dimension: 0, start: 0, count: 1)
      .narrow(dimension: 1, start: 0, count: lengths[0]).subtracting(alone[3])
    #expect(try difference.abs().maximum().item() < 1e-5)
  }

  @Test func everyGradientIsThatOfTransformers() throws {
    let weights = try CheckpointFolder.read(folder)
    for (_, tensor) in weights.ordered { try tensor.setRequiresGradient(true) }
    let encoder = SpeechEncoder(weights)
    let states = try states(encoder, #require(oracle["waveform.1"]))
    try states[3].multiplying(by: #require(oracle["direction"])).sum().backward()
    var checked = 0
    for (name, tensor) in weights.ordered where name != EncoderTensors.mask {
      if name.hasSuffix("k_proj.bias") {
        // Softmax is blind to the keys' bias: its gradient is 0 but for rounding, so there is no
        // scale of its own to be relative to.
        #expect(try #require(tensor.gradient).abs().maximum().item() < 1e-4)
        continue
      }
      try expect(#require(tensor.gradient, "\(name)"), equals: "gradient.\(name)", tolerance: 1e-4)
      checked += 1
    }
    #expect(checked == weights.ordered.count - 1 - weights.configuration.layers)
  }

  @Test func writtenFolderReadsBackTheSameBytes() throws {
    let copy = FileManager.default.temporaryDirectory.path + "/\(UUID().uuidString)"
    defer { try? FileManager.default.removeItem(atPath: copy) }
    let weights = try CheckpointFolder.read(folder)
    try CheckpointFolder.write(weights, to: copy)
    let again = try CheckpointFolder.read(copy)
    #expect(again.configuration.hasSizes(of: weights.configuration))
    for (name, tensor) in weights.ordered {
      let other = try #require(again[tensor: name])
      #expect(try other.floats() == tensor.floats(), "\(name)")
    }
  }

  @Test func missingAndMisshapenTensorsAreListedByName() throws {
    var tensors = try SafetensorsFile(path: folder + "/model.safetensors").all()
    tensors["encoder.layer_norm.bias"] = nil
    tensors["extra"] = try .zeros([2])
    tensors["masked_spec_embed"] = try .zeros([5])
    let configuration = try CheckpointFolder.read(folder).configuration
    #expect(
      throws: CheckpointError.tensors(
        path: "here",
        problems: [
          "masked_spec_embed is [5], not [24]", "missing encoder.layer_norm.bias [24]",
          "unexpected extra [2]",
        ])
    ) { try EncoderWeights(configuration: configuration, tensors: tensors, path: "here") }
  }
}
