/// Why two sets of features cannot be compared.
package enum SimilarityError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Which of the two operands.
  package enum Side: String, Sendable {
    case reference = "reference's features"
    case features = "compared features"
  }

  case mismatchedShapes(reference: [Int], features: [Int])
  case tooFewFrames(count: Int)
  case notFinite(Side)
  case constant(Side)
  case negativeRidge(Double)
  /// A half of the frames carries no variance, or without a penalty too little to regress on.
  case degenerate(reason: String)

  package var description: String {
    switch self {
    case .mismatchedShapes(let reference, let features):
      "similarity needs frames × dimensions of the same frames, not \(reference) and \(features)"
    case .tooFewFrames(let count):
      "similarity needs at least 4 frames and has \(count); sample more"
    case .notFinite(let side):
      "the \(side.rawValue) hold numbers that are not finite; look for a model that diverged"
    case .constant(let side):
      "the \(side.rawValue) are the same in all frames, so no similarity is defined"
    case .negativeRidge(let ridge):
      "the ridge penalty must not be negative, and is \(ridge)"
    case .degenerate(let reason):
      "similarity is not defined: \(reason); sample more frames or raise the ridge penalty"
    }
  }
}
