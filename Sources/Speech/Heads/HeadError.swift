/// What a head cannot work on.
package enum HeadError: Error, Sendable, Equatable, CustomStringConvertible {
  /// Fewer frames than one output needs.
  case tooShort(what: String, frames: Int, least: Int)
  /// Numbers that do not belong together.
  case mismatch(String)

  package var description: String {
    switch self {
    case .tooShort(let what, let frames, let least):
      "an utterance of \(frames) frames is too short for \(what), which needs \(least): "
        + "leave it out or cut longer pieces"
    case .mismatch(let problem):
      problem
    }
  }
}
