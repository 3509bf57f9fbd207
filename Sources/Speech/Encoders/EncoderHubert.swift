import Torch

/// HuBERT's encoder as a function of its weights: waveform → downsampled → hidden states.
///
/// Shapes: B utterances, N samples, T frames, C channels, D width, L layers, H attention heads.
/// Source: Hsu et al. 2021 (arXiv 2106.07447); the numbers of transformers 5 `HubertModel`.
package final class HubertEncoder {
  package let configuration: EncoderConfiguration
  private let weights: [String: Tensor]

  /// An encoder that reads `weights` in place: updating them updates the encoder.
  package init(_ weights: EncoderWeights) {
    configuration = weights.configuration
    self.weights = weights.tensors
  }

  /// The downsampling module: seven convolutions with GELU, GroupNorm on the first.
  ///
  /// B×N at 16 kHz, each row of zero mean and unit variance and without padding → B×T×C.
  package func downsample(_ waveforms: Tensor) throws -> Tensor {
    var hidden = try waveforms.unsqueezed(1)
    for index in configuration.convolutionChannels.indices {
      let name = "feature_extractor.conv_layers.\(index)"
      hidden = try Network.conv1d(
        hidden, weight: weight(name + ".conv.weight"),
        stride: configuration.convolutionStrides[index])
      if index == 0 {
        hidden = try Network.groupNorm(
          hidden, groups: configuration.convolutionChannels[0],
          weight: weight(name + ".layer_norm.weight"), bias: weight(name + ".layer_norm.bias"),
          epsilon: 1e-5)
      }
      hidden = try hidden.gelu()
    }
    return try hidden.transposed(1, 2)
  }

  /// LayerNorm and linear map from the downsampling module's channels to the model's width:
  /// B×T×C → B×T×D.
  package func project(_ downsampled: Tensor, dropout: EncoderDropout? = nil) throws -> Tensor {
    let normalised = try layerNorm(downsampled, "feature_projection.layer_norm")
    return try dropped(linear(normalised, "feature_projection.projection"), dropout)
  }

  /// The transformer on projected frames.
  ///
  /// - Parameters:
  ///   - projected: B×T×D, from `project`; masked frames already replaced.
  ///   - padding: which frames are real; `nil` when all are.
  ///   - dropout: `nil` outside training.
  /// - Throws: `TorchError` when shapes do not fit.
  /// - Returns: L + 1 hidden states, each B×T×D: the inputs of the layers and the last output.
  package func encode(
    _ projected: Tensor, padding: PaddingMask? = nil, dropout: EncoderDropout? = nil
  ) throws -> [Tensor] {
    var hidden = projected
    if let padding { hidden = try hidden.multiplying(by: padding.frames) }
    hidden = try hidden.adding(positions(hidden))
    hidden = try dropped(layerNorm(hidden, "encoder.layer_norm"), dropout)
    var states = [hidden]
    for index in 0..<configuration.layers {
      hidden = try layer(index, hidden, padding, dropout)
      states.append(hidden)
    }
    return states
  }

  /// Convolutional position embedding: weight norm over the kernel, GELU, the last frame of an even
  /// kernel dropped.
  private func positions(_ hidden: Tensor) throws -> Tensor {
    let direction = try weight(EncoderTensors.position + ".original1")
    let magnitude = try weight(EncoderTensors.position + ".original0")
    let norm = try direction.multiplying(by: direction).sum(dimensions: [0, 1], keep: true).sqrt()
    let kernel = try direction.multiplying(by: magnitude.divided(by: norm))
    let frames = hidden.shape[1]
    let embedded = try Network.conv1d(
      hidden.transposed(1, 2), weight: kernel, bias: weight("encoder.pos_conv_embed.conv.bias"),
      padding: configuration.positionKernel / 2, groups: configuration.positionGroups)
    return try embedded.narrow(dimension: 2, start: 0, count: frames).gelu().transposed(1, 2)
  }

  /// One post-LN transformer layer: attention and feed-forward, each added and then normalised.
  private func layer(
    _ index: Int, _ hidden: Tensor, _ padding: PaddingMask?, _ dropout: EncoderDropout?
  ) throws -> Tensor {
    let name = "encoder.layers.\(index)"
    let attended = try dropped(attention(name + ".attention", hidden, padding, dropout), dropout)
    let middle = try layerNorm(hidden.adding(attended), name + ".layer_norm")
    let inner = try dropped(
      linear(middle, name + ".feed_forward.intermediate_dense").gelu(), dropout)
    let outer = try dropped(linear(inner, name + ".feed_forward.output_dense"), dropout)
    return try layerNorm(middle.adding(outer), name + ".final_layer_norm")
  }

  /// Multi-head self-attention over all real frames.
  private func attention(
    _ name: String, _ hidden: Tensor, _ padding: PaddingMask?, _ dropout: EncoderDropout?
  ) throws -> Tensor {
    let (batch, frames) = (hidden.shape[0], hidden.shape[1])
    let heads = configuration.attentionHeads
    let headWidth = configuration.width / heads
    func split(_ projection: String) throws -> Tensor {
      try linear(hidden, "\(name).\(projection)")
        .reshape([batch, frames, heads, headWidth]).transposed(1, 2)  // B×H×T×(D/H)
    }
    let query = try split("q_proj").multiplying(by: 1 / Double(headWidth).squareRoot())
    var scores = try query.matmul(split("k_proj").transposed(2, 3))  // B×H×T×T
    if let padding { scores = try scores.adding(padding.scores) }
    let shares = try dropped(scores.softmax(dimension: 3), dropout)
    let mixed = try shares.matmul(split("v_proj"))
      .transposed(1, 2).reshape([batch, frames, configuration.width])
    return try linear(mixed, name + ".out_proj")
  }

  private func weight(_ name: String) throws -> Tensor {
    guard let tensor = weights[name] else {
      throw CheckpointError.tensors(path: "encoder", problems: ["missing \(name)"])
    }
    return tensor
  }

  private func linear(_ input: Tensor, _ name: String) throws -> Tensor {
    try Network.linear(input, weight: weight(name + ".weight"), bias: weight(name + ".bias"))
  }

  private func layerNorm(_ input: Tensor, _ name: String) throws -> Tensor {
    try Network.layerNorm(
      input, normalizedShape: [input.shape[input.shape.count - 1]],
      weight: weight(name + ".weight"), bias: weight(name + ".bias"),
      epsilon: configuration.layerNormEpsilon)
  }

  private func dropped(_ input: Tensor, _ dropout: EncoderDropout?) throws -> Tensor {
    guard let dropout, dropout.probability > 0 else { return input }
    return try Network.dropout(
      input, probability: dropout.probability, generator: dropout.generator)
  }
}

/// Dropout during training: how much, and whose draws.
package struct EncoderDropout {
  package var probability: Double
  package var generator: Generator

  package init(probability: Double, generator: Generator) {
    self.probability = probability
    self.generator = generator
  }
}

/// Which frames of a padded batch are real.
package struct PaddingMask {
  /// B×T×1: 1 for real frames, 0 for padding.
  package let frames: Tensor
  /// B×1×1×T: 0 for real frames, −∞ (float32's lowest) for padding, added to attention scores.
  package let scores: Tensor

  /// A mask for utterances of these lengths in frames; `nil` when all are equally long.
  package init?(lengths: [Int]) throws {
    guard let longest = lengths.max(), lengths.contains(where: { $0 != longest }) else {
      return nil
    }
    var real: [Float] = []
    var added: [Float] = []
    for length in lengths {
      for frame in 0..<longest {
        real.append(frame < length ? 1 : 0)
        added.append(frame < length ? 0 : -Float.greatestFiniteMagnitude)
      }
    }
    frames = try Tensor(real, shape: [lengths.count, longest, 1])
    scores = try Tensor(added, shape: [lengths.count, 1, 1, longest])
  }
}
