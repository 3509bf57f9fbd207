import Experiment
import Foundation
import Synchronization

/// What is wrong with an artifact, in words.
package struct ArtifactDamage: Sendable, Hashable {
  package var kind: StageKind
  package var key: StageKey
  /// One a file, or one about the record.
  package var problems: [String]
}

extension ArtifactStore {
  /// The kind and key of every folder of an artifact, whole or not.
  package func folders() -> [(kind: StageKind, key: StageKey)] {
    func names(_ folder: String) -> [String] {
      ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }
    return StageKind.allCases.flatMap { kind in
      names("\(root)/\(kind.rawValue)")
        .flatMap { names("\(root)/\(kind.rawValue)/\($0)") }
        .compactMap { StageKey(hex: $0) }.map { (kind, $0) }
    }
  }

  /// Hashes all files of artifacts, on all cores, and changes nothing.
  ///
  /// - Parameters:
  ///   - artifacts: Those to check; they must be there.
  ///   - progress: Is told how many bytes were hashed, from any thread.
  /// - Returns: The damaged ones, in the order of `artifacts`, with all that is wrong with each.
  package func check(
    _ artifacts: [(kind: StageKind, key: StageKey)],
    progress: @escaping @Sendable (Int) -> Void = { _ in }
  ) -> [ArtifactDamage] {
    var problems = [[String]](repeating: [], count: artifacts.count)
    var files: [(artifact: Int, path: String, file: ArtifactRecord.File)] = []
    for (index, (kind, key)) in artifacts.enumerated() {
      let folder = folder(kind, key)
      guard let record = try? record(kind, key) else {
        problems[index] = ["\(folder)/artifact.json cannot be read"]
        continue
      }
      problems[index] = Self.problems(of: record, in: folder)
      files += record.files.map { (index, "\(folder)/\($0.path)", $0) }
    }
    // The largest first: at the end no core is left alone with one.
    files.sort { $0.file.bytes > $1.file.bytes }
    let found = Mutex<[(artifact: Int, problem: String)]>([])
    let sorted = files
    DispatchQueue.concurrentPerform(iterations: sorted.count) { index in
      let (artifact, path, file) = sorted[index]
      if let problem = Self.problem(path, file) {
        found.withLock { $0.append((artifact, "\(path) \(problem)")) }
      }
      progress(file.bytes)
    }
    for (artifact, problem) in found.withLock({ $0 }) { problems[artifact].append(problem) }
    return zip(artifacts, problems).filter { !$1.isEmpty }.map {
      ArtifactDamage(kind: $0.kind, key: $0.key, problems: $1.sorted())
    }
  }

  /// What is wrong with a file, by its size and then by its bytes.
  static func problem(_ path: String, _ file: ArtifactRecord.File) -> String? {
    sizeProblem(path, file.bytes) ?? contentProblem(path, file.sha256)
  }

  static func sizeProblem(_ path: String, _ bytes: Int) -> String? {
    var status = stat()
    guard stat(path, &status) == 0 else { return "is missing" }
    return sizeProblem(status, bytes)
  }

  static func sizeProblem(_ status: stat, _ bytes: Int) -> String? {
    Int(status.st_size) == bytes
      ? nil : "has \(status.st_size) bytes instead of \(bytes)"
  }

  static func contentProblem(_ path: String, _ sha256: String) -> String? {
    guard let digest = try? FileDigest.of(path) else { return "cannot be read" }
    return digest.hex == sha256 ? nil : "does not have the bytes that were written"
  }

  /// What is wrong with a record and its folder, whatever the files hold.
  private static func problems(of record: ArtifactRecord, in folder: String) -> [String] {
    var problems: [String] = []
    // An artifact that came without what made it is known by its folder alone.
    if record.identity != .null, StageKey(of: record.identity) != record.key {
      problems.append("\(folder)/artifact.json says what has another key")
    }
    for file in record.files {
      if let link = InnerPath.link(in: file.path, below: folder) {
        problems.append("\(link) \(InnerPath.linkProblem)")
      }
    }
    let known = Set(record.files.map(\.path) + ["artifact.json"])
    for path in (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? []
    where !known.contains(path) {
      var isFolder: ObjCBool = false
      let full = "\(folder)/\(path)"
      if InnerPath.link(in: path, below: folder) == nil,
        FileManager.default.fileExists(atPath: full, isDirectory: &isFolder), isFolder.boolValue
      {
        continue
      }
      problems.append("\(full) was not written by the stage")
    }
    return problems
  }

  /// Moves an artifact to `<root>/broken/`, so that the next run makes it again.
  package func moveAside(_ kind: StageKind, _ key: StageKey) { setAside(kind, key) }
}
