/// What evaluations have in common, beside their inputs, whose heads can be trained in one pass over features: of several
/// tasks and seeds.
package struct FeaturePass: Sendable, Hashable {
  /// What is encoded anew for each batch; absent where features are stored.
  package let source: FeaturesParameters.Source?
  /// Of what is encoded anew; stored features have their own.
  private let selection: Selection?
  private let cropSeconds: Double?
  private let isRaw: Bool
  private let threads: Int

  /// - Returns: `nil` for what is judged without a head.
  package init?(_ parameters: EvaluateParameters) {
    guard parameters.target != .queries else { return nil }
    let recipe = parameters.recipe
    source = parameters.source
    selection = source == nil ? nil : parameters.selection
    cropSeconds = source == nil ? nil : recipe.cropSeconds
    isRaw = recipe.isRaw == true
    threads = recipe.threads
  }
}

/// What decides which batches heads draw from utterances that they have in common: where it is equal, so are the batches, unless
/// a task leaves some of the utterances out.
package struct BatchOrder: Sendable, Hashable {
  /// `nil` where all seeds draw the same.
  private let seed: UInt64?
  private let size: Int
  private let isShuffled: Bool
  /// Whose classes are balanced; `nil` where none are.
  private let balanced: Target?

  fileprivate init(_ parameters: EvaluateParameters, seed: UInt64?) {
    let recipe = parameters.recipe
    self.seed = recipe.sharesBatches == true ? nil : seed
    size = recipe.batch
    isShuffled = recipe.isShuffled == true
    balanced = recipe.isBalanced == true ? parameters.target : nil
  }
}

extension Stage {
  /// What the heads of an evaluation read, and in which batches; `nil` for stages that train no heads on features.
  package var featureReading: (pass: FeaturePass, order: BatchOrder)? {
    guard kind == .evaluate, let parameters: EvaluateParameters = try? parameters.decoded(),
      let pass = FeaturePass(parameters)
    else { return nil }
    return (pass, BatchOrder(parameters, seed: seed))
  }
}
