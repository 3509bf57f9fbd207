import Torch

/// The downsampling module of waveforms: convolutions, each with GELU.
///
/// Source: `HubertFeatureEncoder` of transformers, which the other families share.
struct ConvolutionFrontEnd {
  let configuration: EncoderConfiguration
  let weights: NamedWeights

  /// That of `torch.nn.GroupNorm` and `LayerNorm`: the front end does not follow "layer_norm_eps".
  private static let epsilon = 1e-5

  /// B×N → B×T×C.
  func callAsFunction(_ waveforms: Tensor) throws -> Tensor {
    var hidden = try waveforms.unsqueezed(1)
    for index in configuration.convolutionChannels.indices {
      let name = EncoderNames.convolution(index)
      hidden = try Network.conv1d(
        hidden, weight: weights(name + ".conv.weight"),
        bias: configuration.convolutionBias ? weights(name + ".conv.bias") : nil,
        stride: configuration.convolutionStrides[index])
      switch configuration.convolutionNorm {
      case .group: hidden = try (index == 0 ? groupNorm(hidden, name) : hidden).gelu()
      case .layer:
        hidden = try weights.layerNorm(
          hidden.transposed(1, 2), name + ".layer_norm", epsilon: Self.epsilon
        ).gelu().transposed(1, 2)
      }
    }
    return try hidden.transposed(1, 2)
  }

  private func groupNorm(_ hidden: Tensor, _ name: String) throws -> Tensor {
    try Network.groupNorm(
      hidden, groups: configuration.convolutionChannels[0],
      weight: weights(name + ".layer_norm.weight"), bias: weights(name + ".layer_norm.bias"),
      epsilon: Self.epsilon)
  }
}
