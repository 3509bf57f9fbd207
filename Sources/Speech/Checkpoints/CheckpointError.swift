/// A checkpoint that cannot be used.
package enum CheckpointError: Error, Sendable, Equatable, CustomStringConvertible {
  case unreadable(path: String, problem: String)
  case configuration(path: String, key: String, problem: String)
  case tensors(path: String, problems: [String])
  case incompatible(path: String, other: String, problem: String)

  package var description: String {
    switch self {
    case .unreadable(let path, let problem):
      "\(path): \(problem)"
    case .configuration(let path, let key, let problem):
      "\(path): '\(key)': \(problem)"
    case .tensors(let path, let problems):
      "\(path): the tensors are not those of its config.json:\n"
        + problems.map { "  " + $0 }.joined(separator: "\n")
    case .incompatible(let path, let other, let problem):
      "\(path) and \(other) cannot be interpolated: \(problem)"
    }
  }
}
