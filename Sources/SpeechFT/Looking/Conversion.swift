import Foundation
import Speech

/// `alphasweep convert`: the encoder of a checkpoint in any form as a Hugging Face folder.
package enum Conversion {
  /// Writes the folder aside and renames it.
  ///
  /// - Returns: The folder.
  /// - Throws: `LookError.exists`, and what reading and writing checkpoints throw; nothing is left then.
  package static func write(_ checkpoint: String, to output: String) throws -> String {
    guard !FileManager.default.fileExists(atPath: output) else {
      throw LookError.exists(path: output)
    }
    let weights = try CheckpointFolder.read(checkpoint)
    let aside = "\(output).\(getpid()).new"
    do {
      try CheckpointFolder.write(weights, to: aside)
      guard rename(aside, output) == 0 else {
        throw LookError.unwritable(path: output, reason: String(cString: strerror(errno)))
      }
    } catch {
      try? FileManager.default.removeItem(atPath: aside)
      throw error
    }
    return output
  }
}
