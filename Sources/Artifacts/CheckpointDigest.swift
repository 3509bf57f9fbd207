import Experiment

/// The identity of a checkpoint folder: the bytes of its configuration and its weights, wherever the
/// folder lies and whatever else is in it (a model card may be edited freely).
package enum CheckpointDigest {
  private static let files = ["config.json", "model.safetensors"]

  /// The digest of the folder at `path`.
  ///
  /// - Parameters:
  ///   - path: A Hugging Face folder.
  ///   - cache: Hashes of files that have not changed since they were taken.
  /// - Returns: SHA-256 in hexadecimal.
  /// - Throws: `StorageError` when one of the files cannot be read.
  package static func of(_ path: String, cache: DigestCache? = nil) throws(StorageError) -> String {
    var text = ""
    for file in files {
      let full = path + "/" + file
      let digest: String
      if let cache {
        digest = try cache.digest(of: full)
      } else {
        digest = try FileDigest.of(full).hex
      }
      text += "\(file)\u{0}\(digest)\n"
    }
    return Digest256.hex(of: Array(text.utf8))
  }

  /// Checks that a folder is the one that was planned with.
  ///
  /// - Throws: `StorageError` when it has other bytes now.
  package static func check(_ path: String, is digest: String) throws(StorageError) {
    guard try of(path) == digest else {
      throw .other(
        path: path, action: "used",
        problem: "the checkpoint changed since the plan was made; give the command again")
    }
  }
}
