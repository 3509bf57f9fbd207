import Torch

/// Convolutional position embedding: weight norm over the kernel, GELU, the last frame of an even
/// kernel dropped.
struct PositionEmbedding {
  let configuration: EncoderConfiguration
  let weights: NamedWeights

  /// B×T×D → B×T×D, to be added.
  func callAsFunction(_ hidden: Tensor) throws -> Tensor {
    let names = configuration.names
    let direction = try weights(names.positionDirection)
    let magnitude = try weights(names.positionMagnitude)
    let norm = try direction.multiplying(by: direction).sum(dimensions: [0, 1], keep: true).sqrt()
    let kernel = try direction.multiplying(by: magnitude.divided(by: norm))
    let frames = hidden.shape[1]
    let embedded = try Network.conv1d(
      hidden.transposed(1, 2), weight: kernel, bias: weights(names.positionBias),
      padding: configuration.positionKernel / 2, groups: configuration.positionGroups)
    return try embedded.narrow(dimension: 2, start: 0, count: frames).gelu().transposed(1, 2)
  }
}
