import Experiment
import Foundation
import Synchronization

/// Finished outputs of stages by key: `<root>/<kind>/<first two digits>/<key>/`.
///
/// An artifact appears by one rename, after everything in it is durable, so what is there is whole;
/// what readers get is verified against the hashes in its record.
package final class ArtifactStore: Sendable {
  package let root: String
  /// Artifacts whose files this process has hashed already.
  private let verified = Mutex<Set<StageKey>>([])

  /// How attempts of this process went.
  let journal: Journal

  package init(root: String) {
    self.root = root
    journal = Journal(folder: root + "/attempts")
  }

  /// The folder of an artifact, whether it is there or not.
  package func folder(_ kind: StageKind, _ key: StageKey) -> String {
    let hex = key.hex
    return root + "/" + kind.rawValue + "/" + hex.prefix(2) + "/" + hex
  }

  /// Whether an artifact is there with files of the recorded sizes. Cheap: nothing is hashed.
  package func contains(_ kind: StageKind, _ key: StageKey) -> Bool {
    guard let record = try? record(kind, key) else { return false }
    return sizeProblem(kind, key, record.files.map { ($0.path, $0.bytes) }) == nil
  }

  /// As `contains`, for who would make it otherwise: what cannot be looked at now is no reason to.
  ///
  /// - Throws: `ArtifactError.unavailable`.
  func isThere(_ kind: StageKind, _ key: StageKey) throws(ArtifactError) -> Bool {
    do throws(ArtifactError) {
      let record = try record(kind, key)
      if let problem = sizeProblem(kind, key, record.files.map { ($0.path, $0.bytes) }) {
        throw problem
      }
      return true
    } catch {
      if case .unavailable = error { throw error }
      return false
    }
  }

  /// What made an artifact.
  ///
  /// - Throws: `ArtifactError` when it is not there or its record cannot be read.
  package func record(_ kind: StageKind, _ key: StageKey) throws(ArtifactError) -> ArtifactRecord {
    let folder = folder(kind, key)
    let data: Data
    do throws(StorageError) {
      data = try FileBytes.of(folder + "/artifact.json")
    } catch {
      guard error.isLoss else { throw .unavailable(kind: kind, key: key, problem: error) }
      guard access(folder, F_OK) == 0 else { throw .missing(kind: kind, key: key) }
      throw .unreadable(kind: kind, key: key, folder: folder)
    }
    guard let record = ArtifactRecord(json: data), record.key == key else {
      throw .unreadable(kind: kind, key: key, folder: folder)
    }
    return record
  }

  /// Opens an artifact for reading; every file is hashed once in a process.
  ///
  /// - Throws: `ArtifactError` when it is missing, cut short or changed, or cannot be read now. A damaged
  ///   artifact is moved to `<root>/broken/` first, so that the next run makes it again.
  package func open(_ kind: StageKind, _ key: StageKey) throws(ArtifactError) -> Artifact {
    do throws(ArtifactError) {
      return try verified(kind, key)
    } catch {
      guard error.isDamage, setAside(kind, key, ifStill: { isDamaged(kind, key) }) == .whole else {
        throw error
      }
    }
    // Somebody has made it again meanwhile.
    return try verified(kind, key)
  }

  private func verified(_ kind: StageKind, _ key: StageKey) throws(ArtifactError) -> Artifact {
    let record = try self.record(kind, key)
    if !verified.withLock({ $0.contains(key) }) {
      try verify(kind, key, record)
      verified.withLock { _ = $0.insert(key) }
    }
    return Artifact(folder: folder(kind, key), record: record)
  }

  /// Hashes every file of an artifact and compares.
  ///
  /// - Throws: `ArtifactError.changed` naming the first file that differs.
  package func verify(
    _ kind: StageKind, _ key: StageKey, _ record: ArtifactRecord
  ) throws(ArtifactError) {
    if let problem = sizeProblem(kind, key, record.files.map({ ($0.path, $0.bytes) })) {
      throw problem
    }
    for file in record.files {
      let path = folder(kind, key) + "/" + file.path
      switch Self.contentProblem(path, file.sha256) {
      case .damage(let problem): throw .changed(kind: kind, key: key, file: path, problem: problem)
      case .unavailable(let problem): throw .unavailable(kind: kind, key: key, problem: problem)
      case nil: break
      }
    }
  }

  /// The first file that is not there or has another size.
  func sizeProblem(
    _ kind: StageKind, _ key: StageKey, _ files: [(path: String, bytes: Int)]
  ) -> ArtifactError? {
    let folder = folder(kind, key)
    for file in files {
      let path = folder + "/" + file.path
      var status = stat()
      guard lstat(path, &status) == 0 else {
        switch FileProblem(StorageError.last("looked at", path)) {
        case .damage(let problem):
          return .changed(kind: kind, key: key, file: path, problem: problem)
        case .unavailable(let problem):
          return .unavailable(kind: kind, key: key, problem: problem)
        }
      }
      // What an artifact says of itself is true of its own files only.
      if let link = InnerPath.link(to: status, file.path, below: folder) {
        return .changed(kind: kind, key: key, file: link, problem: InnerPath.linkProblem)
      }
      if let problem = Self.sizeProblem(status, file.bytes) {
        return .changed(kind: kind, key: key, file: path, problem: problem)
      }
    }
    return nil
  }

  /// Hashes the artifact anew when it is opened the next time.
  func forget(_ key: StageKey) { verified.withLock { _ = $0.remove(key) } }
}

/// A verified artifact.
package struct Artifact: Sendable {
  package let folder: String
  package let record: ArtifactRecord

  /// Bytes of all files.
  package var bytes: Int { record.files.reduce(0) { $0 + $1.bytes } }
}
