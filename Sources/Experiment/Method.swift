/// Rows of the comparison, as specs name them. Lists multiply.
package enum MethodSpec: Sendable, Hashable {
  case logMel(normalise: [Bool])
  case preTrained
  case regularFT
  case stableFT
  case speechFT(alpha: [Double], from: [Endpoint] = [.stableFT], excluded: [String] = [])
  case l2SP(strength: [Double], anchored: [Anchored] = [.all], headDecay: [Double] = [0])
  case earlyCheckpoint(at: [Double])
  /// LoRA and DoRA, which differ in `isWeightDecomposed`.
  case adapters([AdapterParameters])
  /// Programs of somebody's own.
  case command([CommandTrainer])

  /// What θ′ comes of where weights are interpolated.
  package enum Endpoint: String, Sendable, Hashable, CaseIterable {
    case stableFT = "stable-ft"
    /// The ablation "interpolation without Stable-FT".
    case regularFT = "regular-ft"
  }

  /// The words of specs.
  package static let names = [
    "log-mel", "pre-trained", "regular-ft", "stable-ft", "speech-ft", "l2-sp", "early-checkpoint",
    "lora", "dora", "command",
  ]

  /// Whether the method needs a fine-tuning task.
  package var trains: Bool {
    switch self {
    case .logMel, .preTrained: false
    case .regularFT, .stableFT, .speechFT, .l2SP, .earlyCheckpoint, .adapters, .command: true
    }
  }

  /// The rows, one for each value of the method's list.
  package var rows: [MethodRow] {
    switch self {
    case .logMel(let normalise):
      normalise.map {
        MethodRow("log-mel", $0 ? "log-mel, normalised" : "log-mel", .logMel(isNormalised: $0))
      }
    case .preTrained: [MethodRow("pre-trained", "Pre-trained", .preTrained, alpha: 0)]
    case .regularFT:
      [MethodRow("regular-ft", "Regular fine-tuning", .fineTuned(.regular))]
    case .stableFT:
      [MethodRow("stable-ft", "Stable-FT", .fineTuned(.stable()), alpha: 1)]
    case .speechFT(let alphas, let endpoints, let excluded):
      endpoints.flatMap { endpoint in
        alphas.map { Self.speechFT($0, from: endpoint, excluded: excluded) }
      }
    case .l2SP(let strengths, let anchored, let headDecays):
      strengths.flatMap { strength in
        anchored.flatMap { anchored in
          headDecays.map { decay in
            Self.l2SP(L2SP(strength: strength, anchored: anchored, headDecay: decay))
          }
        }
      }
    case .adapters(let adapters):
      adapters.map {
        MethodRow(
          $0.isWeightDecomposed ? "dora" : "lora",
          "\($0.isWeightDecomposed ? "DoRA" : "LoRA") \($0.words)", .fineTuned(.adapted($0)))
      }
    case .command(let trainers): trainers.flatMap(\.rows)
    case .earlyCheckpoint(let shares):
      shares.map {
        MethodRow(
          "early-checkpoint", "Early checkpoint \(SpecNumber.percent($0))", .early(share: $0))
      }
    }
  }
}

extension MethodSpec {
  /// The rows from another endpoint than the method's own are a method of their own: the α curve of
  /// Speech-FT is not theirs.
  private static func speechFT(
    _ alpha: Double, from endpoint: Endpoint, excluded: [String]
  ) -> MethodRow {
    let title = "Speech-FT α \(Canonical(number: alpha).text)"
    let making = MethodRow.Making.interpolated(
      alpha: alpha, from: endpoint, excluded: excluded)
    return switch endpoint {
    case .stableFT: MethodRow("speech-ft", title, making, alpha: alpha)
    case .regularFT:
      MethodRow("speech-ft-from-regular-ft", title + " from regular", making, alpha: alpha)
    }
  }

  private static func l2SP(_ penalty: L2SP) -> MethodRow {
    // Strength 0 without decay is Stable-FT: the same stages.
    MethodRow(
      "l2-sp", "L2-SP \(penalty.words)",
      .fineTuned(.stable(penalty: penalty.isNothing ? nil : penalty)))
  }
}

/// One row of the comparison and how its encoder is made.
package struct MethodRow: Sendable, Hashable {
  package enum Making: Sendable, Hashable {
    case logMel(isNormalised: Bool)
    case preTrained
    case fineTuned(FineTuningWay)
    case interpolated(alpha: Double, from: MethodSpec.Endpoint, excluded: [String])
    /// Stable-FT stopped after this share of its steps.
    case early(share: Double)
    /// θ′ of a program, or its interpolation with θ₀.
    case command(CommandTrainer, alpha: Double)
  }
  package var point: MethodPoint
  package var making: Making

  init(_ name: String, _ title: String, _ making: Making, alpha: Double? = nil) {
    point = MethodPoint(name: name, title: title, alpha: alpha)
    self.making = making
  }
}
