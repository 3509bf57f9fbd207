import Experiment

extension AdapterTarget {
  /// Its name inside a layer of a family's checkpoint.
  func name(in names: EncoderNames) -> String {
    switch self {
    case .query, .key, .value, .output: "\(names.attention).\(rawValue)"
    case .intermediate: names.intermediate
    case .feedForwardOutput: names.output
    }
  }

  /// Numbers of a frame before and after it.
  func sizes(_ configuration: EncoderConfiguration) -> (input: Int, output: Int) {
    let (width, inner) = (configuration.width, configuration.feedForwardWidth)
    return switch self {
    case .query, .key, .value, .output: (width, width)
    case .intermediate: (width, inner)
    case .feedForwardOutput: (inner, width)
    }
  }
}

/// What adapters an encoder gets: the same for every layer.
package struct AdapterSettings: Sendable, Hashable {
  /// Each once, in the order of `AdapterTarget`.
  package let targets: [AdapterTarget]
  /// "r".
  package let rank: Int
  /// The change is multiplied by alpha / rank ("lora_alpha").
  package let alpha: Double
  /// Of the adapters' inputs in training ("lora_dropout").
  package let dropout: Double
  /// Whether this is DoRA ("use_dora").
  package let isWeightDecomposed: Bool

  /// - Throws: `AdapterError.settings` for a number outside its range, and for no target.
  package init(
    targets: some Sequence<AdapterTarget>, rank: Int, alpha: Double, dropout: Double = 0,
    isWeightDecomposed: Bool = false
  ) throws(AdapterError) {
    let chosen = Set(targets)
    guard !chosen.isEmpty else { throw .settings("adapters need at least one linear map") }
    guard rank > 0 else { throw .settings("the rank is \(rank) and must be at least 1") }
    guard alpha > 0, alpha.isFinite else {
      throw .settings("alpha is \(alpha) and must be above 0")
    }
    guard dropout >= 0, dropout < 1 else {
      throw .settings("the dropout is \(dropout) and must be at least 0 and below 1")
    }
    self.targets = AdapterTarget.allCases.filter(chosen.contains)
    self.rank = rank
    self.alpha = alpha
    self.dropout = dropout
    self.isWeightDecomposed = isWeightDecomposed
  }

  /// alpha / rank.
  package var scale: Double { alpha / Double(rank) }

  /// Reads targets by transformers' names.
  ///
  /// - Throws: `AdapterError.unknownTargets` listing every word that is none.
  package static func targets(named words: [String]) throws(AdapterError) -> [AdapterTarget] {
    let unknown = words.filter { AdapterTarget(rawValue: $0) == nil }
    guard unknown.isEmpty else {
      throw .unknownTargets(unknown, known: AdapterTarget.allCases.map(\.rawValue))
    }
    return words.compactMap(AdapterTarget.init)
  }
}

/// Adapters that cannot be made or used.
package enum AdapterError: Error, Sendable, Equatable, CustomStringConvertible {
  case unknownTargets([String], known: [String])
  case settings(String)
  case tensors(path: String, problems: [String])
  /// Adapters of one encoder given to an encoder of another family or other sizes.
  case otherEncoder

  package var description: String {
    switch self {
    case .unknownTargets(let words, let known):
      "no linear map that can be adapted is called \(words.joined(separator: ", ")); there are "
        + known.joined(separator: ", ")
    case .settings(let problem):
      problem
    case .tensors(let path, let problems):
      "\(path): the tensors are not those of its adapter_config.json:\n"
        + problems.map { "  " + $0 }.joined(separator: "\n")
    case .otherEncoder:
      "the adapters were made for an encoder of another family or other sizes; "
        + "give the encoder that they were trained on"
    }
  }
}
