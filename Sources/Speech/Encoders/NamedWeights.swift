import Torch

/// The tensors of an encoder by name, with the layers that consist of such tensors only.
struct NamedWeights {
  let tensors: [String: Tensor]
  /// Added to variances by the norms of the transformer.
  let epsilon: Double
  /// Changes of linear maps; `nil` for the tensors alone.
  var adapters: EncoderAdapters?

  /// - Throws: `CheckpointError` where there is no such tensor.
  func callAsFunction(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else {
      throw CheckpointError.tensors(path: "encoder", problems: ["missing \(name)"])
    }
    return tensor
  }

  /// [..., in] → [..., out], through the map's adapter where it has one.
  ///
  /// Of `dropout` the adapter takes the generator only: how much it drops is its own. `nil` outside
  /// training, and for maps that adapters never change.
  func linear(_ input: Tensor, _ name: String, dropout: EncoderDropout? = nil) throws -> Tensor {
    let (weight, bias) = (try self(name + ".weight"), try self(name + ".bias"))
    guard let adapters, let adapter = adapters[name] else {
      return try Network.linear(input, weight: weight, bias: bias)
    }
    let own = dropout.map {
      EncoderDropout(probability: adapters.settings.dropout, generator: $0.generator)
    }
    return try adapter(input, weight: weight, bias: bias, dropout: own)
  }

  /// Over the last dimension.
  func layerNorm(_ input: Tensor, _ name: String, epsilon: Double? = nil) throws -> Tensor {
    try Network.layerNorm(
      input, normalizedShape: [input.shape[input.shape.count - 1]],
      weight: self(name + ".weight"), bias: self(name + ".bias"),
      epsilon: epsilon ?? self.epsilon)
  }
}
