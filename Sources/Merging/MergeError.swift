import Artifacts
import Weights

/// Why checkpoints were not merged. Nothing half-written is left then.
package enum MergeError: Error, Equatable, CustomStringConvertible {
  /// The request contradicts itself.
  case request(String)
  case noCheckpoint(String)
  case input(SafetensorsError)
  /// Every tensor that keeps checkpoints from being merged, one a line.
  case mismatch(pretrained: String, problems: [String])
  case changed(path: String)
  case exists(path: String)
  /// `available` as the file system tells it, where it does.
  case full(path: String, needed: Int, available: Int?)
  case storage(StorageError)
  case interrupted

  package var description: String {
    switch self {
    case .request(let problem), .noCheckpoint(let problem): problem
    case .input(let error): error.description
    case .mismatch(let pretrained, let problems):
      "the checkpoints cannot be merged with \(pretrained):\n"
        + problems.map { "  " + $0 }.joined(separator: "\n")
        + "\n'--exclude PREFIX' keeps tensors whose names begin so as the pre-trained checkpoint has "
        + "them"
    case .changed(let path): "\(path): it was written to while it was read; give the command again"
    case .exists(let path): "\(path): is there already; name a new folder, or remove it"
    case .full(let path, let needed, let available):
      "\(path): the disk is full: \(needed) bytes are needed"
        + (available.map { ", \($0) are free" } ?? "")
        + "; nothing half-written was kept. Free some space and give the same command again"
    case .storage(let error): error.description
    case .interrupted: "interrupted; nothing half-written was kept"
    }
  }

  /// Whether the user has named something wrong, rather than the machine failed.
  package var isBadInput: Bool {
    switch self {
    case .request, .noCheckpoint, .input, .mismatch, .exists: true
    case .changed, .full, .storage, .interrupted: false
    }
  }
}
