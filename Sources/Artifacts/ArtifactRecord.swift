import Experiment

/// `artifact.json`: what made an artifact and what files it has. It holds no time and no host, so
/// equal stages leave equal bytes.
package struct ArtifactRecord: Sendable, Hashable, Codable {
  package struct File: Sendable, Hashable, Codable {
    /// Path below the artifact's folder.
    package var path: String
    package var bytes: Int
    package var sha256: String
  }
  package var key: StageKey
  /// Kind, revision, parameters, seed and inputs, as they were hashed into the key.
  package var identity: Canonical
  /// Sorted by path.
  package var files: [File]
}

/// An artifact that is not what it says.
package enum ArtifactError: Error, Sendable, Equatable, CustomStringConvertible {
  case missing(kind: StageKind, key: StageKey)
  case unreadable(kind: StageKind, key: StageKey, folder: String)
  case changed(kind: StageKind, key: StageKey, file: String, problem: String)
  /// It may be whole: for want of memory, descriptors, rights or a network it cannot be read now.
  case unavailable(kind: StageKind, key: StageKey, problem: StorageError)

  /// Whether it was made and is not what it was.
  package var isDamage: Bool {
    switch self {
    case .unreadable, .changed: true
    case .missing, .unavailable: false
    }
  }

  package var description: String {
    switch self {
    case .missing(let kind, let key):
      "\(kind.rawValue) \(key): there is no such artifact; 'alphasweep run' makes it"
    case .unreadable(let kind, let key, let folder):
      "\(kind.rawValue) \(key): \(folder)/artifact.json cannot be read; it was set aside, and "
        + "'alphasweep run' makes the artifact again"
    case .changed(let kind, let key, let file, let problem):
      "\(kind.rawValue) \(key): \(file) \(problem); the artifact was set aside, and "
        + "'alphasweep run' makes it again"
    case .unavailable(let kind, let key, let problem):
      "\(kind.rawValue) \(key): \(problem); the artifact is left as it is: see to that, and give the "
        + "same command again"
    }
  }
}
