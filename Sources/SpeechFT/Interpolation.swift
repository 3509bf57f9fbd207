import Experiment
import Speech
import Torch

/// θ̂ = (1−α)·θ₀ + α·θ′ (Speech-FT, arXiv 2502.12672, section on weight-space interpolation), or of
/// several tasks θ₀ + α · the direction that a rule makes of their task vectors.
package struct Interpolation {
  private let parameters: InterpolateParameters

  package init(_ parameters: InterpolateParameters) { self.parameters = parameters }

  /// Interpolates every tensor of encoders of the same sizes, in float32 and in that form.
  ///
  /// α = 0 and, of one θ′, α = 1 give the bytes of θ₀ and θ′; excluded tensors are θ₀'s. Several θ′, in
  /// the order of their tasks, go with a rule. Different sizes are `CheckpointError.incompatible`.
  package func between(
    _ pretrained: EncoderWeights, _ finetuned: EncoderWeights...
  ) throws -> EncoderWeights {
    try between(pretrained, all: finetuned)
  }

  func between(
    _ pretrained: EncoderWeights, all finetuned: [EncoderWeights]
  ) throws -> EncoderWeights {
    try check(pretrained, finetuned)
    var tensors: [String: Tensor] = [:]
    for (name, before) in pretrained.ordered {
      let afters = finetuned.compactMap { $0[tensor: name] }
      guard let first = afters.first else { continue }
      if parameters.excluded.contains(where: { name.hasPrefix($0) }) {
        tensors[name] = before
      } else if let rule = parameters.rule {
        tensors[name] = try Self.merge(before, afters, rule, parameters.alpha)
      } else {
        tensors[name] = try Self.interpolate(before, first, parameters.alpha)
      }
    }
    return try EncoderWeights(
      configuration: pretrained.configuration, tensors: tensors, path: "the interpolated weights")
  }

  private func check(_ pretrained: EncoderWeights, _ finetuned: [EncoderWeights]) throws {
    guard finetuned.allSatisfy({ pretrained.configuration.hasSizes(of: $0.configuration) }) else {
      throw CheckpointError.incompatible(
        path: "θ₀", other: "θ′", problem: "their configurations have different sizes")
    }
    let names = pretrained.ordered.map(\.name)
    for prefix in parameters.excluded where !names.contains(where: { $0.hasPrefix(prefix) }) {
      throw CheckpointError.incompatible(
        path: "θ₀", other: "θ′", problem: "no tensor begins with '\(prefix)', which is excluded")
    }
  }

  private static func merge(
    _ before: Tensor, _ afters: [Tensor], _ rule: MergeRule, _ alpha: Double
  ) throws -> Tensor {
    if alpha == 0 { return before }
    return try Autograd.disabled {
      let merged = try Tensor.zeros(before.shape)
      try merged.copy_(
        merging: afters, into: before, alpha: alpha,
        density: rule.name == .ties ? rule.density ?? 1 : nil)
      return merged
    }
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
