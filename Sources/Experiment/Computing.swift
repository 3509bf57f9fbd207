/// How a site computes. No part of any key: the numbers are those of the recipe, up to the last bits in
/// which one device differs from another.
package struct Computing: Sendable, Hashable, Codable {
  package var device: Device
  /// Whether training keeps only the inputs of layers and computes the rest again in the backward pass:
  /// about a third more time for a small part of the memory, and the same bits.
  package var checkpointsGradients: Bool
  /// A training saves its state whenever so many seconds have gone by.
  package var saveSeconds: Double

  package static let usualSaveSeconds = 120.0

  package init(
    device: Device = .cpu, checkpointsGradients: Bool = false,
    saveSeconds: Double = Self.usualSaveSeconds
  ) {
    self.saveSeconds = saveSeconds
    self.device = device
    self.checkpointsGradients = checkpointsGradients
  }

  /// The words in which a worker is told; none for a CPU.
  package var arguments: [String] {
    (device == .cpu ? [] : ["--device", device.description])
      + (checkpointsGradients ? ["--gradient-checkpointing"] : [])
      + (saveSeconds == Self.usualSaveSeconds ? [] : ["--save-every", "\(saveSeconds)"])
  }
}

/// What computes, in the words of PyTorch: `cpu`, `cuda` or `cuda:1`.
package enum Device: Sendable, Hashable, Codable, LosslessStringConvertible {
  case cpu
  /// `nil` is the current one, which is the first that `CUDA_VISIBLE_DEVICES` shows.
  case cuda(index: Int?)

  package init?(_ description: String) {
    switch description {
    case "cpu": self = .cpu
    case "cuda": self = .cuda(index: nil)
    default:
      let prefix = "cuda:"
      guard description.hasPrefix(prefix), let index = Int(description.dropFirst(prefix.count)),
        (0..<128).contains(index), description == prefix + String(index)
      else { return nil }
      self = .cuda(index: index)
    }
  }

  package var description: String {
    switch self {
    case .cpu: "cpu"
    case .cuda(nil): "cuda"
    case .cuda(let index?): "cuda:\(index)"
    }
  }
}
