/// L2-SP (Li, Grandvalet and Davoine 2018, arXiv 1802.01483): λ‖θ−θ₀‖² over the encoder's learning tensors,
/// and a decay of the head, which has no start to be kept at.
package struct L2SP: Sendable, Hashable {
  /// λ.
  package var strength: Double
  package var anchored: Anchored
  /// Factor of ‖w‖² over the head's tensors, from the joint phase on: the head-only phase is that of
  /// every method.
  package var headDecay: Double

  package init(strength: Double, anchored: Anchored = .all, headDecay: Double = 0) {
    self.strength = strength
    self.anchored = anchored
    self.headDecay = headDecay
  }

  var isNothing: Bool { strength == 0 && headDecay == 0 }

  /// As rows and labels say it: `λ 0.1, weights`.
  var words: String {
    "λ \(Canonical(number: strength).text)"
      + (anchored == .all ? "" : ", \(anchored.rawValue)")
      + (headDecay == 0 ? "" : ", head \(Canonical(number: headDecay).text)")
  }
}

/// Which learning tensors L2-SP keeps near θ₀.
package enum Anchored: String, Sendable, Hashable, Codable, CaseIterable {
  /// All, biases and normalisation included.
  case all
  /// Matrices and kernels; biases and normalisation move freely.
  case weights
}
