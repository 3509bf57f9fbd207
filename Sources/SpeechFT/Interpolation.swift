import Experiment
import Speech
import Torch

/// θ̂ = (1−α)·θ₀ + α·θ′ (Speech-FT, arXiv 2502.12672, section on weight-space interpolation).
package struct Interpolation {
  private let parameters: InterpolateParameters

  package init(_ parameters: InterpolateParameters) { self.parameters = parameters }

  /// Interpolates every tensor of two encoders of the same sizes, in float32 and in that form.
  ///
  /// α = 0 and α = 1 give the bytes of θ₀ and θ′; excluded tensors are θ₀'s.
  ///
  /// - Throws: `CheckpointError.incompatible` when sizes differ.
  package func between(
    _ pretrained: EncoderWeights, _ finetuned: EncoderWeights
  ) throws -> EncoderWeights {
    guard pretrained.configuration.hasSizes(of: finetuned.configuration) else {
      throw CheckpointError.incompatible(
        path: "θ₀", other: "θ′", problem: "their configurations have different sizes")
    }
    let names = pretrained.ordered.map(\.name)
    for prefix in parameters.excluded where !names.contains(where: { $0.hasPrefix(prefix) }) {
      throw CheckpointError.incompatible(
        path: "θ₀", other: "θ′", problem: "no tensor begins with '\(prefix)', which is excluded")
    }
    var tensors: [String: Tensor] = [:]
    for (name, before) in pretrained.ordered {
      guard let after = finetuned[tensor: name] else { continue }
      let isExcluded = parameters.excluded.contains { name.hasPrefix($0) }
      tensors[name] = isExcluded ? before : try Self.interpolate(before, after, parameters.alpha)
    }
    return try EncoderWeights(
      configuration: pretrained.configuration, tensors: tensors, path: "the interpolated weights")
  }

  /// One tensor: two roundings of products and one of their sum, as the formula is written; the
  /// arithmetic of `alphasweep merge`.
  static func interpolate(_ before: Tensor, _ after: Tensor, _ alpha: Double) throws -> Tensor {
    if alpha == 0 { return before }
    if alpha == 1 { return after }
    return try Autograd.disabled {
      let merged = try Tensor.zeros(before.shape)
      try merged.copy_(interpolating: before, after, alpha: alpha)
      return merged
    }
  }
}
