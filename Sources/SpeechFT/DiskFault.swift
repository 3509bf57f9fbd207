import Artifacts
import Experiment
import Speech
import Torch
import Weights

/// What errors of those who write files tell of the disk. They have the system's words; a full disk is to be called
/// one, with what to do, whoever met it.
enum DiskFault {
  /// - Returns: The storage error that an error stands for; `nil` for what is not about the disk.
  static func of(_ error: any Error) -> StorageError? {
    switch error {
    case SafetensorsError.unwritable(let file, let reason): StorageError(words: reason, path: file)
    case CorpusError.notWritten(let path, let reason): StorageError(words: reason, path: path)
    default: nil
    }
  }

  /// Does something, and calls a fault of the disk one.
  ///
  /// - Returns: What `body` returns.
  /// - Throws: `StorageError` for what `of` names, and else what `body` throws.
  static func named<Value>(_ body: () throws -> Value) throws -> Value {
    do {
      return try body()
    } catch {
      throw of(error) ?? error
    }
  }
}
