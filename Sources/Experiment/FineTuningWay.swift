/// How θ₀ becomes θ′.
package enum FineTuningWay: Sendable, Hashable {
  /// Everything learns from the first step.
  case regular
  /// The head first, the downsampling module frozen; with L2-SP's penalty or without.
  case stable(penalty: L2SP? = nil)
  /// As stable, but of the encoder only adapters learn, which are merged at the end.
  case adapted(AdapterParameters)

  /// As labels say it.
  var words: String {
    switch self {
    case .regular: "regular-ft"
    case .stable(nil): "stable-ft"
    case .stable(let penalty?): "l2-sp \(penalty.words)"
    case .adapted(let adapters):
      "\(adapters.isWeightDecomposed ? "dora" : "lora") \(adapters.words)"
    }
  }

  var freezesDownsampling: Bool { self != .regular }

  var penalty: L2SP? {
    if case .stable(let penalty) = self { penalty } else { nil }
  }

  var adapters: AdapterParameters? {
    if case .adapted(let adapters) = self { adapters } else { nil }
  }
}

/// LoRA (Hu et al. 2021, arXiv 2106.09685), or DoRA (Liu et al. 2024, arXiv 2402.09353).
package struct AdapterParameters: Sendable, Hashable, Codable {
  package var rank: Int
  /// The change is multiplied by alpha / rank, as peft's "lora_alpha".
  package var alpha: Double
  package var targets: [AdapterTarget]
  /// Of the adapters' inputs in training.
  package var dropout: Double
  package var isWeightDecomposed: Bool
  /// As a kind's revision, of trainings with adapters alone: raised whenever they leave something else,
  /// so that the keys of all other trainings stay. Absent: before `training.json` was left.
  package private(set) var revision: Int? = Self.revision

  /// 2: `training.json` is left.
  private static let revision = 2

  package init(
    rank: Int, alpha: Double, targets: [AdapterTarget], dropout: Double, isWeightDecomposed: Bool
  ) {
    self.rank = rank
    self.alpha = alpha
    self.targets = targets
    self.dropout = dropout
    self.isWeightDecomposed = isWeightDecomposed
  }

  /// As rows say it: `LoRA rank 8, lora_alpha 16`.
  var title: String { (isWeightDecomposed ? "DoRA " : "LoRA ") + words }

  /// Peft's names, since α means another thing here.
  var words: String { "rank \(rank), lora_alpha \(Canonical(number: alpha).text)" }
}

/// The linear maps of a transformer layer that an adapter can change, by transformers' names.
package enum AdapterTarget: String, Sendable, Hashable, Codable, CaseIterable {
  case query = "q_proj"
  case key = "k_proj"
  case value = "v_proj"
  /// Of the attention.
  case output = "out_proj"
  /// The feed-forward's first.
  case intermediate = "intermediate_dense"
  /// The feed-forward's second.
  case feedForwardOutput = "output_dense"
}
