import Experiment
import Foundation

extension ArtifactRecord {
  /// What `init(json:)` reads, as `Codable` writes it.
  var canonical: Canonical {
    .map([
      "key": .string(key.hex), "identity": identity,
      "files": .list(
        files.map {
          .map([
            "path": .string($0.path), "bytes": .integer($0.bytes), "sha256": .string($0.sha256),
          ])
        }),
    ])
  }

  /// Reads a record. Thousands are read at once, so no decoder guesses at types.
  ///
  /// - Returns: `nil` for what is no record, and for one whose files would lie elsewhere.
  init?(json: Data) {
    guard let record = try? Canonical(json: json),
      let key = record["key"]?.string.flatMap(StageKey.init(hex:)),
      let identity = record["identity"], case .list(let files)? = record["files"]
    else { return nil }
    self.init(key: key, identity: identity, files: [])
    for file in files {
      guard let path = file["path"]?.string, InnerPath.isPlain(path),
        case .integer(let bytes)? = file["bytes"],
        let sha256 = file["sha256"]?.string
      else { return nil }
      self.files.append(File(path: path, bytes: bytes, sha256: sha256))
    }
  }
}
