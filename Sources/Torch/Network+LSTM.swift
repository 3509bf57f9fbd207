import CTorch

/// The weights of one direction of one LSTM layer, in torch's gate order: input, forget, cell,
/// output.
package struct LSTMWeights {
  /// [4H, D]: torch's `weight_ih`.
  package let input: Tensor
  /// [4H, H]: torch's `weight_hh`.
  package let hidden: Tensor
  /// [4H]: torch's `bias_ih`.
  package let inputBias: Tensor
  /// [4H]: torch's `bias_hh`.
  package let hiddenBias: Tensor

  package init(input: Tensor, hidden: Tensor, inputBias: Tensor, hiddenBias: Tensor) {
    self.input = input
    self.hidden = hidden
    self.inputBias = inputBias
    self.hiddenBias = hiddenBias
  }

  var tensors: [Tensor] { [input, hidden, inputBias, hiddenBias] }
}

/// One layer of an LSTM, in one direction or in both.
package struct LSTMLayer {
  package let forward: LSTMWeights
  /// The direction from the last frame to the first; nil where there is none.
  package let backward: LSTMWeights?

  package init(forward: LSTMWeights, backward: LSTMWeights?) {
    self.forward = forward
    self.backward = backward
  }

  var tensors: [Tensor] { forward.tensors + (backward?.tensors ?? []) }
}

extension Network {
  /// A stack of LSTM layers from a state of zeros, as torch.nn.LSTM with `batch_first`.
  ///
  /// - Parameters:
  ///   - input: [B, T, D].
  ///   - layers: From the lowest up.
  ///   - lengths: How many frames of each utterance count, from 1 to T. Each is then run over its
  ///     own frames only, as torch's packed sequences are, and the output beyond is 0.
  ///   - dropout: Between layers, not after the last.
  /// - Returns: [B, T, H], or [B, T, 2H] in two directions.
  /// - Throws: `TorchError.refused` where the shapes do not fit.
  package static func lstm(
    _ input: Tensor, layers: [LSTMLayer], lengths: [Int]? = nil,
    dropout: (probability: Double, generator: Generator)? = nil
  ) throws(TorchError) -> Tensor {
    var frames = input
    for (number, layer) in layers.enumerated() {
      if number > 0, let dropout {
        frames = try self.dropout(
          frames, probability: dropout.probability, generator: dropout.generator)
      }
      frames = try lstmLayer(frames, layer.tensors, lengths)
    }
    return frames
  }

  private static func lstmLayer(
    _ input: Tensor, _ weights: [Tensor], _ lengths: [Int]?
  ) throws(TorchError) -> Tensor {
    try Tensor.make("lstm", [input] + weights) { out in
      Tensor.withHandles(weights) { handles, count in
        guard let lengths else { return ct_lstm(input.handle, handles, count, nil, 0, out) }
        return lengths.withInt64s { ct_lstm(input.handle, handles, count, $0, $1, out) }
      }
    }
  }
}
