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

extension Stage {
  /// `nil` for stages that train no heads on features.
  package var featurePass: FeaturePass? {
    guard kind == .evaluate, let parameters: EvaluateParameters = try? parameters.decoded() else {
      return nil
    }
    return FeaturePass(parameters)
  }
}
