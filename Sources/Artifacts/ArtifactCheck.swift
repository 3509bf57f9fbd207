import Experiment
import Foundation
import Synchronization

/// What is wrong with an artifact, in words.
package struct ArtifactDamage: Sendable, Hashable {
  package var kind: StageKind
  package var key: StageKey
  /// One a file, or one about the record.
  package var problems: [String]
  /// Whether it cannot be right. Otherwise all that is known is that files cannot be read now.
  package var isCertain: Bool
}

/// What is wrong with a file.
enum FileProblem: Equatable {
  case damage(String)
  /// For want of memory, descriptors, rights or a network it cannot be read now.
  case unavailable(StorageError)

  /// What follows from an error of reading it.
  init(_ error: StorageError) {
    switch error {
    case .lost: self = .damage("is missing")
    case .failing: self = .damage("cannot be read")
    case .full, .readOnly, .denied, .other: self = .unavailable(error)
    }
  }
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
    var isCertain = [Bool](repeating: false, count: artifacts.count)
    var files: [(artifact: Int, path: String, file: ArtifactRecord.File)] = []
    for (index, (kind, key)) in artifacts.enumerated() {
      let folder = folder(kind, key)
      let record: ArtifactRecord
      do throws(ArtifactError) {
        record = try self.record(kind, key)
      } catch {
        if case .unavailable(_, _, let problem) = error {
          problems[index] = [problem.description]
        } else {
          problems[index] = ["\(folder)/artifact.json cannot be read"]
          isCertain[index] = true
        }
        continue
      }
      problems[index] = Self.problems(of: record, in: folder)
      isCertain[index] = !problems[index].isEmpty
      files += record.files.map { (index, "\(folder)/\($0.path)", $0) }
    }
    // The largest first: at the end no core is left alone with one.
    files.sort { $0.file.bytes > $1.file.bytes }
    let found = Mutex<[(artifact: Int, path: String, problem: FileProblem)]>([])
    let sorted = files
    DispatchQueue.concurrentPerform(iterations: sorted.count) { index in
      let (artifact, path, file) = sorted[index]
      if let problem = Self.problem(path, file) {
        found.withLock { $0.append((artifact, path, problem)) }
      }
      progress(file.bytes)
    }
    for (artifact, path, problem) in found.withLock({ $0 }) {
      switch problem {
      case .damage(let words):
        problems[artifact].append("\(path) \(words)")
        isCertain[artifact] = true
      case .unavailable(let error): problems[artifact].append(error.description)
      }
    }
    return artifacts.indices.filter { !problems[$0].isEmpty }.map {
      ArtifactDamage(
        kind: artifacts[$0].kind, key: artifacts[$0].key, problems: problems[$0].sorted(),
        isCertain: isCertain[$0])
    }
  }

  /// What is wrong with a file, by its size and then by its bytes.
  static func problem(_ path: String, _ file: ArtifactRecord.File) -> FileProblem? {
    var status = stat()
    guard stat(path, &status) == 0 else { return FileProblem(.last("looked at", path)) }
    if let problem = sizeProblem(status, file.bytes) { return .damage(problem) }
    return contentProblem(path, file.sha256)
  }

  static func sizeProblem(_ status: stat, _ bytes: Int) -> String? {
    Int(status.st_size) == bytes
      ? nil : "has \(status.st_size) bytes instead of \(bytes)"
  }

  static func contentProblem(_ path: String, _ sha256: String) -> FileProblem? {
    do throws(StorageError) {
      return try FileDigest.of(path).hex == sha256
        ? nil : .damage("does not have the bytes that were written")
    } catch {
      return FileProblem(error)
    }
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
}
