/// Rows of the comparison, as specs name them. Lists multiply.
package enum MethodSpec: Sendable, Hashable {
  case logMel(normalise: [Bool])
  case preTrained
  case regularFT
  case stableFT
  case speechFT(alpha: [Double], from: [FineTuningWay] = [.stable()], excluded: [String] = [])
  case l2SP(strength: [Double], anchored: [Anchored] = [.all], headDecay: [Double] = [0])
  case earlyCheckpoint(at: [Double])
  /// Early stopping on dev, after so many looks without an improvement.
  case earlyStopping(patience: [Int])
  /// LoRA and DoRA, which differ in `isWeightDecomposed`.
  case adapters([AdapterParameters])
  /// Of several tasks: θ₀ + α · the rule's direction of their task vectors.
  case merge([MergeRule], alpha: [Double])
  /// Of several tasks: one Speech-FT after the other, each from the one before.
  case sequential(alpha: [Double])
  /// Programs of somebody's own.
  case command([CommandTrainer])

  /// The words of specs.
  package static let names = [
    "log-mel", "pre-trained", "regular-ft", "stable-ft", "speech-ft", "l2-sp", "early-checkpoint",
    "early-stopping", "lora", "dora", "linear-merge", "ties-merge", "sequential", "command",
  ]

  /// Whether the method needs a fine-tuning task.
  package var trains: Bool {
    switch self {
    case .logMel, .preTrained: false
    case .regularFT, .stableFT, .speechFT, .l2SP, .earlyCheckpoint, .earlyStopping, .adapters,
      .merge, .sequential, .command:
      true
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
      endpoints.flatMap { way in
        alphas.map { Self.speechFT($0, from: way, excluded: excluded) }
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
        MethodRow($0.isWeightDecomposed ? "dora" : "lora", $0.title, .fineTuned(.adapted($0)))
      }
    case .command(let trainers): trainers.flatMap(\.rows)
    case .earlyCheckpoint(let shares):
      shares.map {
        MethodRow(
          "early-checkpoint", "Early checkpoint \(SpecNumber.percent($0))", .early(share: $0))
      }
    case .earlyStopping(let patiences):
      patiences.map {
        MethodRow("early-stopping", "Early stopping, patience \($0)", .stoppedEarly(patience: $0))
      }
    case .merge(let rules, let alphas):
      rules.flatMap { rule in alphas.map { Self.merge(rule, $0) } }
    case .sequential(let alphas):
      alphas.map {
        MethodRow(
          "sequential", "Sequential α \(Canonical(number: $0).text)", .sequential(alpha: $0),
          alpha: $0)
      }
    }
  }
}

extension MethodSpec {
  /// The rows from another endpoint than the method's own are a method of their own: the α curve of
  /// Speech-FT is not theirs.
  private static func speechFT(
    _ alpha: Double, from way: FineTuningWay, excluded: [String]
  ) -> MethodRow {
    let title = "Speech-FT α \(Canonical(number: alpha).text)"
    let making = MethodRow.Making.interpolated(alpha: alpha, from: way, excluded: excluded)
    switch way {
    case .stable: return MethodRow("speech-ft", title, making, alpha: alpha)
    case .regular:
      return MethodRow("speech-ft-from-regular-ft", title + " from regular", making, alpha: alpha)
    case .adapted(let adapters):
      let name = adapters.isWeightDecomposed ? "dora" : "lora"
      return MethodRow(
        "speech-ft-from-\(name)", "\(title) from \(adapters.title)", making, alpha: alpha)
    }
  }

  private static func merge(_ rule: MergeRule, _ alpha: Double) -> MethodRow {
    let text = "α \(Canonical(number: alpha).text)"
    return switch rule.name {
    case .linear:
      MethodRow(
        "linear-merge", "Linear merge \(text)", .merged(rule, alpha: alpha), alpha: alpha)
    case .ties:
      MethodRow(
        "ties-merge", "TIES \(text), density \(SpecNumber.percent(rule.density ?? 1))",
        .merged(rule, alpha: alpha), alpha: alpha)
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
    case interpolated(alpha: Double, from: FineTuningWay, excluded: [String])
    /// Stable-FT stopped after this share of its steps.
    case early(share: Double)
    /// θ′ of a program, or its interpolation with θ₀.
    case command(CommandTrainer, alpha: Double)
    /// Stable-FT as early stopping would have left it.
    case stoppedEarly(patience: Int)
    case merged(MergeRule, alpha: Double)
    case sequential(alpha: Double)

    /// Whether it has a row for a group: merges say something only of several tasks, and a trainer of
    /// somebody's own is handed one.
    func fits(_ group: TaskGroup) -> Bool {
      if case .command = self { return !group.isMultiTask }
      return group.isMultiTask || !needsSeveralTasks
    }

    /// Whether it says something only of several tasks.
    var needsSeveralTasks: Bool {
      switch self {
      case .merged, .sequential: true
      case .logMel, .preTrained, .fineTuned, .interpolated, .early, .stoppedEarly, .command: false
      }
    }

    /// Whether several tasks are learnt in one training.
    var isJoint: Bool {
      switch self {
      case .fineTuned, .interpolated, .early, .stoppedEarly: true
      case .logMel, .preTrained, .merged, .sequential, .command: false
      }
    }
  }
  package var point: MethodPoint
  package var making: Making

  init(_ name: String, _ title: String, _ making: Making, alpha: Double? = nil) {
    point = MethodPoint(name: name, title: title, alpha: alpha)
    self.making = making
  }
}
