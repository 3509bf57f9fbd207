import Torch

/// An encoder of any family as a function of its weights: waveform → downsampled → hidden states.
///
/// Shapes: B utterances, N samples, T frames, C channels, D width, L layers, H attention heads.
/// Sources: the numbers of transformers 5 (`HubertModel`, `Wav2Vec2Model`, `WavLMModel`), and of
/// s3prl 0.4.18's `upstream/decoar2`.
package final class SpeechEncoder {
  package let configuration: EncoderConfiguration
  private var weights: NamedWeights
  /// Made at first use: its windows and filters are tensors.
  private var filterbank: FilterbankFrontEnd?

  /// An encoder that reads `weights` in place: updating them updates the encoder.
  package init(_ weights: EncoderWeights) {
    configuration = weights.configuration
    self.weights = NamedWeights(
      tensors: weights.tensors, epsilon: weights.configuration.layerNormEpsilon)
  }

  /// An encoder that reads `weights` and `adapters` in place.
  ///
  /// - Throws: `AdapterError.otherEncoder` for adapters that are not for these weights.
  package convenience init(
    _ weights: EncoderWeights, adapters: EncoderAdapters?
  ) throws(AdapterError) {
    try adapters?.check(weights.configuration)
    self.init(weights)
    self.weights.adapters = adapters
  }

  /// The downsampling module: convolutions, or DeCoAR 2.0's filterbank.
  ///
  /// - Parameters:
  ///   - waveforms: B×N at 16 kHz, each row as `EncoderConfiguration.prepared` gives it and without
  ///     padding.
  ///   - checkpoints: As for `encode`.
  /// - Throws: `TorchError` when shapes do not fit.
  /// - Returns: B×T×C.
  package func downsample(
    _ waveforms: Tensor, checkpoints: GradientCheckpoints? = nil
  ) throws -> Tensor {
    if let checkpoints {
      return try checkpoints.segment([waveforms], generator: nil) { try self.downsample($0[0]) }
    }
    guard let bins = configuration.melBins else {
      return try ConvolutionFrontEnd(configuration: configuration, weights: weights)(waveforms)
    }
    let filterbank = try self.filterbank ?? FilterbankFrontEnd(bins: bins)
    self.filterbank = filterbank
    return try filterbank(waveforms)
  }

  /// LayerNorm (where there is one) and linear map from the downsampling module's channels to the
  /// model's width: B×T×C → B×T×D.
  package func project(_ downsampled: Tensor, dropout: EncoderDropout? = nil) throws -> Tensor {
    let input =
      configuration.hasProjectionNorm
      ? try weights.layerNorm(downsampled, EncoderNames.projectionNorm) : downsampled
    return try weights.linear(input, configuration.names.projection).dropped(dropout)
  }

  /// The transformer on projected frames.
  ///
  /// - Parameters:
  ///   - projected: B×T×D, from `project`; masked frames already replaced.
  ///   - padding: which frames are real; `nil` when all are.
  ///   - dropout: `nil` outside training.
  ///   - checkpoints: Keep the inputs of layers only; the caller runs `backward` of these after that of
  ///     its loss. `nil` to record everything.
  /// - Throws: `TorchError` when shapes do not fit.
  /// - Returns: L + 1 hidden states, each B×T×D: the inputs of the layers and the encoder's output,
  ///   which in a pre-LN encoder has gone through its last norm.
  package func encode(
    _ projected: Tensor, padding: PaddingMask? = nil, dropout: EncoderDropout? = nil,
    checkpoints: GradientCheckpoints? = nil
  ) throws -> [Tensor] {
    func segment(_ inputs: [Tensor], _ body: @escaping ([Tensor]) throws -> Tensor) throws -> Tensor
    {
      try checkpoints?.segment(inputs, generator: dropout?.generator, body) ?? body(inputs)
    }
    var hidden = try segment([projected]) { try self.embed($0[0], padding, dropout) }
    let bias = try relativePositions(frames: hidden.shape[1]).map { positions in
      try segment([]) { _ in try positions() }
    }
    var states = [hidden]
    for index in 0..<configuration.layers {
      let layer = TransformerLayer(configuration: configuration, weights: weights, index: index)
      hidden = try segment([hidden] + (bias.map { [$0] } ?? [])) { inputs in
        let positions = inputs.count > 1 ? RelativePositionBias(bias: inputs[1]) : nil
        return try layer(inputs[0], padding: padding, positions: positions, dropout: dropout)
      }
      states.append(hidden)
    }
    if configuration.isPreNorm {
      states[states.count - 1] = try encoderNorm(hidden)
    }
    return states
  }

  private func encoderNorm(_ hidden: Tensor) throws -> Tensor {
    try weights.layerNorm(hidden, EncoderNames.encoderNorm)
  }

  /// The input of the first layer.
  private func embed(
    _ projected: Tensor, _ padding: PaddingMask?, _ dropout: EncoderDropout?
  ) throws -> Tensor {
    let real = try padding.map { try projected.multiplying(by: $0.frames) } ?? projected
    let embedding = PositionEmbedding(configuration: configuration, weights: weights)
    let hidden = try real.adding(embedding(real))
    return try (configuration.isPreNorm ? hidden : encoderNorm(hidden)).dropped(dropout)
  }

  /// What makes the bias of attention by distance; `nil` where the family has none.
  private func relativePositions(frames: Int) -> (() throws -> Tensor)? {
    guard let positions = configuration.relativePositions else { return nil }
    let names = configuration.names
    let table = "\(names.layer(0)).\(names.attention).\(EncoderNames.relativeTable)"
    return {
      try RelativePositionBias.bias(positions, table: self.weights(table), frames: frames)
    }
  }
}
