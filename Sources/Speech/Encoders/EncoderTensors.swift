import Torch

/// What tensors a HuBERT checkpoint holds.
///
/// Source: the state dictionary of transformers 5 `HubertModel`.
package enum EncoderTensors {
  /// Weight norm of the position convolution, under the name of `torch.nn.utils.parametrizations`.
  static let position = "encoder.pos_conv_embed.conv.parametrizations.weight"
  /// Prefix of the tensors that Stable-FT never trains.
  package static let downsamplingPrefix = "feature_extractor."
  /// The vector that stands in for masked frames; unused outside pre-training.
  package static let mask = "masked_spec_embed"

  /// Name and shape of every tensor of an encoder of these sizes.
  package static func all(
    _ configuration: EncoderConfiguration
  ) -> [(name: String, shape: [Int])] {
    let width = configuration.width
    var list: [(name: String, shape: [Int])] = []
    func norm(_ name: String, _ width: Int) {
      list.append((name + ".weight", [width]))
      list.append((name + ".bias", [width]))
    }
    func linear(_ name: String, from input: Int, to output: Int) {
      list.append((name + ".weight", [output, input]))
      list.append((name + ".bias", [output]))
    }
    var channels = 1
    for (index, output) in configuration.convolutionChannels.enumerated() {
      let layer = "feature_extractor.conv_layers.\(index)"
      list.append(
        (layer + ".conv.weight", [output, channels, configuration.convolutionKernels[index]]))
      if index == 0 { norm(layer + ".layer_norm", output) }
      channels = output
    }
    norm("feature_projection.layer_norm", channels)
    linear("feature_projection.projection", from: channels, to: width)
    list.append((mask, [width]))
    list.append((position + ".original0", [1, 1, configuration.positionKernel]))
    list.append(
      (
        position + ".original1",
        [width, width / configuration.positionGroups, configuration.positionKernel]
      ))
    list.append(("encoder.pos_conv_embed.conv.bias", [width]))
    norm("encoder.layer_norm", width)
    for index in 0..<configuration.layers {
      let layer = "encoder.layers.\(index)"
      for projection in ["q_proj", "k_proj", "v_proj", "out_proj"] {
        linear(layer + ".attention." + projection, from: width, to: width)
      }
      norm(layer + ".layer_norm", width)
      linear(
        layer + ".feed_forward.intermediate_dense", from: width, to: configuration.feedForwardWidth)
      linear(layer + ".feed_forward.output_dense", from: configuration.feedForwardWidth, to: width)
      norm(layer + ".final_layer_norm", width)
    }
    return list
  }

  static func initial(
    _ name: String, _ shape: [Int], _ configuration: EncoderConfiguration, _ generator: Generator
  ) throws -> Tensor {
    if name == mask { return try .uniform(shape, low: 0, high: 1, generator: generator) }
    if name.hasSuffix(".bias") { return try .zeros(shape) }
    if name.contains("layer_norm") { return try .ones(shape) }
    if name.hasPrefix(position) {
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
