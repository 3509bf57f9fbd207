import Experiment

/// The identity of a checkpoint: the bytes of its configuration and its weights, wherever it lies
/// and whatever else is beside it (a model card may be edited freely).
package enum CheckpointDigest {
  /// The digest of the folder or file at `path`.
  ///
  /// - Parameters:
  ///   - path: A Hugging Face folder, also of several parts or with pickled weights; or one file
  ///     as fairseq, s3prl and WavLM's authors publish theirs, whose name does not count.
  ///   - cache: Hashes of files that have not changed since they were taken.
  /// - Returns: SHA-256 in hexadecimal.
  /// - Throws: `StorageError` when one of the files is not there or cannot be read.
  package static func of(_ path: String, cache: DigestCache? = nil) throws(StorageError) -> String {
    let files = try CheckpointFiles(path)
    var text = ""
    for file in files.names {
      let digest: String
      if let cache {
        digest = try cache.digest(of: files.full(file))
      } else {
        digest = try FileDigest.of(files.full(file)).hex
      }
      text += "\(files.form == .original ? "" : file)\u{0}\(digest)\n"
    }
    return Digest256.hex(of: Array(text.utf8))
  }

  /// Checks that a checkpoint is the one that was planned with.
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
