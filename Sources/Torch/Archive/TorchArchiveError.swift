/// Why a file of `torch.save` could not be read; names the file and, where there is one, the
/// tensor.
package enum TorchArchiveError: Error, Equatable {
  /// The operating system refused.
  case unreadable(file: String, reason: String)
  case malformed(file: String, fault: TorchArchiveFault)
  case pickle(file: String, PickleError)
  /// A tensor of a type that this program does not compute with.
  case unsupportedType(file: String, tensor: String, type: String)
  /// libtorch could not make, or hand over, the tensor.
  case refused(file: String, tensor: String, TorchError)
}

/// One way in which a file breaks the forms that `torch.save` writes.
package enum TorchArchiveFault: Error, Equatable, Sendable {
  case notAnArchive
  case noDirectory
  case directory(String)
  case entry(String, problem: String)
  case noPickle
  case pickleTooLong(bytes: Int, limit: Int)
  case noStorage(key: String)
  case storageSize(key: String, expected: Int, found: Int)
  case byteOrder(String)
  case legacy(String)
}

extension TorchArchiveError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unreadable(let file, let reason): "\(file): cannot be read: \(reason)"
    case .malformed(let file, let fault): "\(file): \(fault)"
    case .pickle(let file, let error): "\(file): \(error)"
    case .unsupportedType(let file, let tensor, let type):
      "\(file): tensor \(tensor): is of type \(type); supported are "
        + DType.allCases.map(\.rawValue).joined(separator: ", ")
    case .refused(let file, let tensor, let error): "\(file): tensor \(tensor): \(error)"
    }
  }
}

extension TorchArchiveFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notAnArchive:
      "is no file of torch.save: it begins neither as a zip archive nor with torch's magic number"
    case .noDirectory: "is a zip archive without its directory: it is cut off; fetch it again"
    case .directory(let problem): "its zip directory is damaged: \(problem)"
    case .entry(let name, let problem): "its zip entry \(name) \(problem)"
    case .noPickle: "is a zip archive without exactly one data.pkl: torch.save did not write it"
    case .pickleTooLong(let bytes, let limit):
      "its pickle has \(bytes) bytes, and at most \(limit) are read"
    case .noStorage(let key): "has no storage \(key), which its pickle asks for"
    case .storageSize(let key, let expected, let found):
      "its storage \(key) needs \(expected) bytes and has \(found)"
    case .byteOrder(let text): "its byte order is \"\(text)\", neither little nor big"
    case .legacy(let problem): "is an old file of torch.save, and damaged: \(problem)"
    }
  }
}
