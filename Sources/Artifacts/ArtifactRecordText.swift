import Experiment
import Foundation

extension ArtifactRecord {
  /// Reads a record. Thousands are read at once, so no decoder guesses at types.
  ///
  /// - Returns: `nil` for what is no record.
  init?(json: Data) {
    guard let record = try? Canonical(json: json),
      let key = record["key"]?.string.flatMap(StageKey.init(hex:)),
      let identity = record["identity"], case .list(let files)? = record["files"]
    else { return nil }
    self.init(key: key, identity: identity, files: [])
    for file in files {
      guard let path = file["path"]?.string, case .integer(let bytes)? = file["bytes"],
        let sha256 = file["sha256"]?.string
      else { return nil }
      self.files.append(File(path: path, bytes: bytes, sha256: sha256))
    }
  }
}
