/// What matrix products and convolutions are computed in. Weights, sums of losses, normalisation, softmax
/// and the optimiser are float32 always.
package enum Precision: String, Sendable, Hashable, Codable, CaseIterable {
  case float32, bfloat16
}

/// Which step's weights a fine-tuning leaves.
package enum KeptStep: String, Sendable, Hashable, Codable, CaseIterable {
  case last
  /// The best on the dev split, of the looks that the recipe takes; the first of equals.
  case best
}

/// How fine-tuning goes, whatever the method.
package struct FineTuneRecipe: Sendable, Hashable, Codable {
  package var steps: Int
  package var batchSeconds: Double
  package var learningRate: Double
  /// β: share of the steps in which only the head learns (0 for regular fine-tuning).
  package var headOnly: Double
  package var warmUp: Double
  package var hold: Double
  package var clip: Double
  /// Dropout inside the encoder during fine-tuning.
  package var dropout: Double
  /// Shares of the steps at which the encoder is kept, for early-checkpoint rows.
  package var checkpoints: [Double]
  package var threads: Int
  /// Absent for float32, so that recipes without it keep their keys.
  package private(set) var precision: Precision?
  /// Batches whose gradients are averaged for one step; absent for 1.
  package private(set) var accumulate: Int?
  /// Steps between two looks at the dev split, counted from the first step; absent for no look.
  package var devEvery: Int?
  /// Absent for the last step.
  package var keep: KeptStep?
  /// Early stops that are kept beside the end: after so many looks at dev without an improvement.
  package var patience: [Int]?

  package init(
    steps: Int, batchSeconds: Double, learningRate: Double, headOnly: Double, warmUp: Double,
    hold: Double, clip: Double, dropout: Double, checkpoints: [Double], threads: Int,
    precision: Precision? = nil, accumulate: Int? = nil, devEvery: Int? = nil,
    keep: KeptStep? = nil, patience: [Int]? = nil
  ) {
    self.steps = steps
    self.batchSeconds = batchSeconds
    self.learningRate = learningRate
    self.headOnly = headOnly
    self.warmUp = warmUp
    self.hold = hold
    self.clip = clip
    self.dropout = dropout
    self.checkpoints = checkpoints
    self.threads = threads
    self.precision = precision == .float32 ? nil : precision
    self.accumulate = accumulate == 1 ? nil : accumulate
    self.devEvery = devEvery
    self.keep = keep == .last ? nil : keep
    self.patience = patience.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// The recipe without looks at dev.
  var withoutDev: FineTuneRecipe {
    var recipe = self
    (recipe.devEvery, recipe.keep, recipe.patience) = (nil, nil, nil)
    return recipe
  }

  /// Whether the training has looked at dev after `steps` of its steps.
  package func looksAtDev(after steps: Int) -> Bool {
    devEvery.map { steps % $0 == 0 || steps == self.steps } ?? false
  }

  /// Seconds of audio that one step sees.
  package var secondsPerStep: Double { batchSeconds * Double(batchesPerStep) }

  /// Batches for one step.
  package var batchesPerStep: Int { accumulate ?? 1 }

  /// Why a training with more steps starts anew instead of going on from this one's end; `nil` where it
  /// goes on.
  package var whyNotExtended: String? {
    if headOnly > 0 { return "'head-only' is a share of the steps" }
    if warmUp > 0 || hold < 1 { return "warm-up and decay are shares of the steps" }
    if devEvery != nil { return "the looks at dev choose among weights that are gone" }
    return nil
  }

  /// Steps of the head-only phase.
  package var headOnlySteps: Int { Int((headOnly * Double(steps)).rounded()) }

  /// The step after which the checkpoint of `share` is kept.
  package func checkpointStep(_ share: Double) -> Int {
    Swift.max(1, Int((share * Double(steps)).rounded()))
  }
}

extension FineTuneRecipe {
  /// The words of specs for what differs in `other`.
  func keysThatDiffer(from other: FineTuneRecipe) -> [String] {
    guard case .map(let own)? = try? Canonical(encoding: self),
      case .map(let others)? = try? Canonical(encoding: other)
    else { return [] }
    return Set(own.keys).union(others.keys).filter { own[$0] != others[$0] }.sorted()
      .map { key in
        key.reduce(into: "") { word, letter in
          word += letter.isUppercase ? "-" + letter.lowercased() : String(letter)
        }
      }
  }
}
