import Experiment
import Speech
import Torch

extension SimilarityRecord.WeightDistance {
  /// ‖θ−θ₀‖₂ in float64, over all tensors and by group, in the order of the checkpoint.
  static func between(_ before: EncoderWeights, _ after: EncoderWeights) throws -> Self {
    var groups: [(name: String, squares: Double)] = []
    for (name, tensor) in before.ordered {
      guard let other = after[tensor: name] else { continue }
      let difference = try other.to(.float64).subtracting(tensor.to(.float64))
      let squares = try difference.multiplying(by: difference).sum().item()
      let group = Self.group(of: name)
      if groups.last?.name == group {
        groups[groups.count - 1].squares += squares
      } else {
        groups.append((group, squares))
      }
    }
    return Self(
      total: groups.reduce(0) { $0 + $1.squares }.squareRoot(),
      byLayer: groups.map { .init(name: $0.name, distance: $0.squares.squareRoot()) })
  }

  /// `downsampling`, `projection`, `positions`, or `layer <n>`.
  private static func group(of name: String) -> String {
    if name.hasPrefix(EncoderTensors.downsamplingPrefix) { return "downsampling" }
    let parts = name.split(separator: ".")
    if parts.count > 2, parts[1] == "layers" { return "layer \(parts[2])" }
    return name.hasPrefix("encoder.") ? "positions" : "projection"
  }
}
