import Torch

/// What tensors the checkpoint of an encoder holds.
///
/// Source: the state dictionaries that `EncoderNames` lists.
package enum EncoderTensors {
  /// Weight norm of the position convolution, under the name of `torch.nn.utils.parametrizations`.
  static let position = "encoder.pos_conv_embed.conv.parametrizations.weight"
  /// Prefix of the tensors that Stable-FT never trains. A filterbank has none.
  package static let downsamplingPrefix = "feature_extractor."
  /// The vector that stands in for masked frames; unused outside pre-training.
  package static let mask = "masked_spec_embed"

  /// Name and shape of every tensor of an encoder of these sizes.
  package static func all(
    _ configuration: EncoderConfiguration
  ) -> [(name: String, shape: [Int])] {
    var list = TensorList()
    list.addFrontEnd(configuration)
    list.addPositions(configuration)
    for index in 0..<configuration.layers { list.addLayer(index, configuration) }
    return list.entries
  }

  /// The first value of a tensor before training.
  ///
  /// Source: `_init_weights` of transformers' `HubertPreTrainedModel`, and of
  /// `WavLMPreTrainedModel` for the relative positions.
  static func initial(
    _ name: String, _ shape: [Int], _ configuration: EncoderConfiguration, _ generator: Generator
  ) throws -> Tensor {
    let names = configuration.names
    if name == mask { return try .uniform(shape, low: 0, high: 1, generator: generator) }
    if name.hasSuffix(".bias") { return try .zeros(shape) }
    if name.contains("layer_norm") || name.hasSuffix(EncoderNames.gateConstant) {
      return try .ones(shape)
    }
    if name == names.positionMagnitude || name == names.positionDirection {
      let fanIn = Double(configuration.positionKernel * configuration.width)
      return try .normal(
        shape, mean: 0, standardDeviation: 2 / fanIn.squareRoot(), generator: generator)
    }
    if name.hasPrefix(downsamplingPrefix) {
      let fanIn = Double(shape[1] * shape[2])
      return try .normal(
        shape, mean: 0, standardDeviation: (2 / fanIn).squareRoot(), generator: generator)
    }
    return try .normal(shape, mean: 0, standardDeviation: 0.02, generator: generator)
  }
}

/// The list in the making.
private struct TensorList {
  private(set) var entries: [(name: String, shape: [Int])] = []

  private mutating func norm(_ name: String, _ width: Int) {
    entries.append((name + ".weight", [width]))
    entries.append((name + ".bias", [width]))
  }

  private mutating func linear(_ name: String, from input: Int, to output: Int) {
    entries.append((name + ".weight", [output, input]))
    entries.append((name + ".bias", [output]))
  }

  mutating func addFrontEnd(_ configuration: EncoderConfiguration) {
    var channels = 1
    for (index, output) in configuration.convolutionChannels.enumerated() {
      let layer = EncoderNames.convolution(index)
      entries.append(
        (layer + ".conv.weight", [output, channels, configuration.convolutionKernels[index]]))
      if configuration.convolutionBias { entries.append((layer + ".conv.bias", [output])) }
      if index == 0 || configuration.convolutionNorm == .layer {
        norm(layer + ".layer_norm", output)
      }
      channels = output
    }
    if configuration.hasProjectionNorm {
      norm(EncoderNames.projectionNorm, configuration.downsampledWidth)
    }
    linear(
      configuration.names.projection, from: configuration.downsampledWidth, to: configuration.width)
    if configuration.hasMaskVector {
      entries.append((EncoderTensors.mask, [configuration.width]))
    }
  }

  mutating func addPositions(_ configuration: EncoderConfiguration) {
    let (width, kernel) = (configuration.width, configuration.positionKernel)
    let names = configuration.names
    entries.append((names.positionMagnitude, [1, 1, kernel]))
    entries.append(
      (names.positionDirection, [width, width / configuration.positionGroups, kernel]))
    entries.append((names.positionBias, [width]))
    norm(EncoderNames.encoderNorm, width)
  }

  mutating func addLayer(_ index: Int, _ configuration: EncoderConfiguration) {
    let (width, heads) = (configuration.width, configuration.attentionHeads)
    let names = configuration.names
    let layer = names.layer(index) + "."
    let attention = layer + names.attention + "."
    for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
      linear(attention + projection, from: width, to: width)
    }
    if let positions = configuration.relativePositions {
      entries.append((attention + EncoderNames.gateConstant, [1, heads, 1, 1]))
      linear(attention + EncoderNames.gate, from: width / heads, to: EncoderNames.gateRows)
      if index == 0 {
        entries.append((attention + EncoderNames.relativeTable, [positions.buckets, heads]))
      }
    }
    norm(layer + names.attentionNorm, width)
    linear(layer + names.intermediate, from: width, to: configuration.feedForwardWidth)
    linear(layer + names.output, from: configuration.feedForwardWidth, to: width)
    norm(layer + names.finalNorm, width)
  }
}
