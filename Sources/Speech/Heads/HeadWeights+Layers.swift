import Torch

extension HeadWeights {
  /// - Throws: `CheckpointError.tensors` where there is no such tensor.
  func tensor(_ name: String) throws -> Tensor {
    guard let tensor = self[name] else {
      throw CheckpointError.tensors(path: "head", problems: ["missing \(name)"])
    }
    return tensor
  }

  /// The linear map of that name: [..., in] → [..., out].
  func linear(_ name: String, _ input: Tensor) throws -> Tensor {
    try Network.linear(input, weight: tensor(name + ".weight"), bias: tensor(name + ".bias"))
  }

  /// One layer of an LSTM by PyTorch's names below `name`.
  func lstm(_ name: String, layer: Int, isBidirectional: Bool) throws -> LSTMLayer {
    func direction(_ suffix: String) throws -> LSTMWeights {
      LSTMWeights(
        input: try tensor("\(name).weight_ih\(suffix)"),
        hidden: try tensor("\(name).weight_hh\(suffix)"),
        inputBias: try tensor("\(name).bias_ih\(suffix)"),
        hiddenBias: try tensor("\(name).bias_hh\(suffix)"))
    }
    return LSTMLayer(
      forward: try direction("_l\(layer)"),
      backward: isBidirectional ? try direction("_l\(layer)_reverse") : nil)
  }
}

extension HeadWeights {
  /// BiLSTM layers over the true lengths of the utterances, dropout after each of them, and where
  /// wanted tanh of a square linear map after that, as s3prl's `RNNs`: B×T×D → B×T×2H.
  func recurrent(
    _ features: Tensor, layers: Int, lengths: [Int]?,
    dropout: (probability: Double, generator: Generator)?, hasTanhMaps: Bool
  ) throws -> Tensor {
    var frames = features
    for layer in 0..<layers {
      let recurrent = try lstm("lstm", layer: layer, isBidirectional: true)
      frames = try Network.lstm(frames, layers: [recurrent], lengths: lengths)
      if let dropout, dropout.probability > 0 {
        frames = try Network.dropout(
          frames, probability: dropout.probability, generator: dropout.generator)
      }
      if hasTanhMaps { frames = try linear("tanh.\(layer)", frames).tanh() }
    }
    return frames
  }
}

extension Tensor {
  /// B×T×D with 0 in every frame beyond its utterance's length, whatever stood there.
  func cleared(beyond lengths: [Int]) throws -> Tensor {
    guard shape.count == 3, lengths.count == shape[0] else {
      throw HeadError.mismatch("\(lengths.count) lengths for features of shape \(shape)")
    }
    let frames = shape[1]
    guard lengths.allSatisfy({ (1...max(1, frames)).contains($0) }) else {
      throw HeadError.mismatch("lengths \(lengths) for features of \(frames) frames")
    }
    if lengths.allSatisfy({ $0 == frames }) { return self }
    let beyond = lengths.flatMap { length in (0..<frames).map { $0 >= length } }
    return try maskedFill(Tensor(mask: beyond, shape: [lengths.count, frames, 1]), 0)
  }
}
