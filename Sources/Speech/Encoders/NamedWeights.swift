import Torch

/// The tensors of an encoder by name, with the layers that consist of such tensors only.
struct NamedWeights {
  let tensors: [String: Tensor]
  /// Added to variances by the norms of the transformer.
  let epsilon: Double

  /// - Throws: `CheckpointError` where there is no such tensor.
  func callAsFunction(_ name: String) throws -> Tensor {
    guard let tensor = tensors[name] else {
      throw CheckpointError.tensors(path: "encoder", problems: ["missing \(name)"])
    }
    return tensor
  }

  /// [..., in] → [..., out].
  func linear(_ input: Tensor, _ name: String) throws -> Tensor {
    try Network.linear(input, weight: self(name + ".weight"), bias: self(name + ".bias"))
  }

  /// Over the last dimension.
  func layerNorm(_ input: Tensor, _ name: String, epsilon: Double? = nil) throws -> Tensor {
    try Network.layerNorm(
      input, normalizedShape: [input.shape[input.shape.count - 1]],
      weight: self(name + ".weight"), bias: self(name + ".bias"),
      epsilon: epsilon ?? self.epsilon)
  }
}
