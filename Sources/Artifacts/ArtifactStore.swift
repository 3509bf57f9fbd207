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

  /// What made an artifact.
  ///
  /// - Throws: `ArtifactError` when it is not there or its record cannot be read.
  package func record(_ kind: StageKind, _ key: StageKey) throws(ArtifactError) -> ArtifactRecord {
    let folder = folder(kind, key)
    guard FileManager.default.fileExists(atPath: folder) else {
      throw .missing(kind: kind, key: key)
    }
    guard let data = FileManager.default.contents(atPath: folder + "/artifact.json"),
      let record = ArtifactRecord(json: data), record.key == key
    else { throw .unreadable(kind: kind, key: key, folder: folder) }
    return record
  }

  /// Opens an artifact for reading; every file is hashed once in a process.
  ///
  /// - Throws: `ArtifactError` when it is missing, cut short or changed. A damaged artifact is moved to
  ///   `<root>/broken/` first, so that the next run makes it again.
  package func open(_ kind: StageKind, _ key: StageKey) throws(ArtifactError) -> Artifact {
    let record: ArtifactRecord
    do throws(ArtifactError) {
      record = try self.record(kind, key)
      if !verified.withLock({ $0.contains(key) }) {
        try verify(kind, key, record)
        verified.withLock { _ = $0.insert(key) }
      }
    } catch {
      if case .missing = error { throw error }
      setAside(kind, key)
      throw error
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
      if let problem = Self.contentProblem(path, file.sha256) {
        throw .changed(kind: kind, key: key, file: path, problem: problem)
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
        return .changed(kind: kind, key: key, file: path, problem: "is missing")
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

  /// Moves a damaged artifact out of the way, keeping it for whoever wants to look.
  func setAside(_ kind: StageKind, _ key: StageKey) {
    let aside = "\(root)/broken/\(kind.rawValue)-\(key.hex).\(UInt32.random(in: 0 ... .max))"
    try? AtomicFile.makeFolder(AtomicFile.parent(of: aside))
    rename(folder(kind, key), aside)
    forget(key)
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
