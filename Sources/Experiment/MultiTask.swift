/// How task vectors θ′ᵢ − θ₀ become one direction.
package struct MergeRule: Sendable, Hashable, Codable {
  package enum Name: String, Sendable, Hashable, Codable {
    /// Their mean (task arithmetic, Ilharco et al. 2023, arXiv 2212.04089, with the mean for the sum).
    case linear
    /// Trimmed to the largest elements, then the mean of those that agree with the elected sign (TIES,
    /// Yadav et al. 2023, arXiv 2306.01708).
    case ties
  }
  package var name: Name
  /// Share of the elements of each task vector that TIES keeps.
  package private(set) var density: Double?

  package static let linear = MergeRule(name: .linear, density: nil)
  package static func ties(density: Double) -> MergeRule {
    MergeRule(name: .ties, density: density)
  }
}
