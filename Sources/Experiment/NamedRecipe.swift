import Yams

/// A recipe that specs and tasks may name: `recipe: paper`, or, with fields that take the place of
/// its own or that it leaves open, `recipe: { named: paper, steps: 30_000 }`.
///
/// A name is short for its fields: a recipe that spells them out is the same recipe, with the same key.
enum NamedRecipe: String, CaseIterable {
  /// Stable-FT as Speech-FT's paper describes it (Lin et al., arXiv 2502.12672): only the head learns in
  /// the first tenth of the steps; the rate rises over a tenth, holds for four and falls to 0; Adam,
  /// 1e-4, gradients clipped at 1, the encoder's dropout on. How many steps and how much audio in each
  /// differ from task to task.
  case paper

  var fields: RecipeOverrides {
    switch self {
    case .paper:
      RecipeOverrides(
        learningRate: 1e-4, headOnly: 0.1, warmUp: 0.1, hold: 0.4, clip: 1, dropout: 0.1)
    }
  }

  /// The keys of its fields.
  private var keys: [String] {
    switch self {
    case .paper: ["learning-rate", "head-only", "warm-up", "hold", "clip", "dropout"]
    }
  }

  static func read(_ node: SpecNode) -> NamedRecipe? {
    node.word("recipe", among: allCases.map(\.rawValue)).flatMap(NamedRecipe.init)
  }

  /// Whether a recipe has a field, or names one that has it; a name that is none tells all, since that
  /// is a problem of its own.
  static func isTold(_ key: String, by node: SpecNode) -> Bool {
    let name: String?
    switch node.node {
    case .mapping(let mapping):
      if mapping[key] != nil { return true }
      guard let named = mapping["named"] else { return false }
      name = named.string
    case .scalar(let scalar): name = scalar.string
    case .sequence, .alias: return false
    }
    return name.flatMap(NamedRecipe.init)?.keys.contains(key) ?? true
  }
}

extension RecipeOverrides {
  /// These fields, and those of `other` that they leave open.
  func besides(_ other: RecipeOverrides) -> RecipeOverrides {
    RecipeOverrides(
      steps: steps ?? other.steps, batchSeconds: batchSeconds ?? other.batchSeconds,
      learningRate: learningRate ?? other.learningRate, headOnly: headOnly ?? other.headOnly,
      warmUp: warmUp ?? other.warmUp, hold: hold ?? other.hold, clip: clip ?? other.clip,
      dropout: dropout ?? other.dropout, checkpoints: checkpoints ?? other.checkpoints,
      threads: threads ?? other.threads, precision: precision ?? other.precision,
      accumulate: accumulate ?? other.accumulate)
  }
}
