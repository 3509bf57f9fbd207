extension Stage {
  /// Steps of a training, and whether it is more than the head-only phase of others; `nil` where nothing
  /// of an encoder learns.
  ///
  /// - Throws: A decoding error; parameters of a plan have none.
  package func training() throws -> (steps: Int, isWhole: Bool)? {
    switch kind {
    case .fineTune:
      let parameters: FineTuneParameters = try parameters.decoded()
      let headOnly = parameters.recipe.headOnlySteps
      return parameters.phase == .headOnly
        ? (headOnly, false) : (parameters.recipe.steps - headOnly, true)
    case .pretrain:
      let parameters: PretrainParameters = try parameters.decoded()
      return (parameters.steps + parameters.frontEndSteps, true)
    case .command:
      let parameters: CommandParameters = try parameters.decoded()
      return (parameters.recipe.steps, true)
    case .corpus, .downsample, .codewords, .interpolate, .features, .evaluate, .compare: return nil
    }
  }
}
