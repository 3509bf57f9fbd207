import Foundation
import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#endif

/// A file system that did not do what was asked.
package enum StorageError: Error, Sendable, Equatable, CustomStringConvertible {
  case full(path: String)
  case readOnly(path: String)
  case denied(path: String)
  case failing(path: String, action: String)
  /// What is not there, or is no file.
  case lost(path: String, action: String, problem: String)
  case other(path: String, action: String, problem: String)

  /// The error that a failed call left in `errno`.
  package static func last(_ action: String, _ path: String) -> StorageError {
    StorageError(Errno(rawValue: errno), action, path)
  }

  init(_ code: Errno, _ action: String, _ path: String) {
    switch code {
    case .noSpace, .diskQuotaExceeded: self = .full(path: path)
    case .readOnlyFileSystem: self = .readOnly(path: path)
    case .permissionDenied, .notPermitted: self = .denied(path: path)
    case .ioError: self = .failing(path: path, action: action)
    case .noSuchFileOrDirectory, .notDirectory, .isDirectory, .tooManySymbolicLinkLevels:
      self = .lost(path: path, action: action, problem: code.description)
    default: self = .other(path: path, action: action, problem: code.description)
    }
  }

  /// The error that the system's words for a failed write tell of; `nil` where they are not about what the disk allows.
  package init?(words: String, path: String) {
    let codes: [Errno] = [
      .noSpace, .diskQuotaExceeded, .readOnlyFileSystem, .permissionDenied, .ioError,
    ]
    guard let code = codes.first(where: { String(cString: strerror($0.rawValue)) == words }) else {
      return nil
    }
    self.init(code, "written", path)
  }

  package var description: String {
    switch self {
    case .full(let path):
      "\(path): the disk is full; nothing half-written was kept. Free some space and give the same "
        + "command again"
    case .readOnly(let path):
      "\(path): the file system is read-only; name a folder that can be written"
    case .denied(let path):
      "\(path): permission denied; name a folder that you may write, or change its owner"
    case .failing(let path, let action):
      "\(path): cannot be \(action): the disk failed (input/output error); nothing half-written was kept. "
        + "See what the system's log says of the disk, and give the same command again"
    case .lost(let path, let action, let problem), .other(let path, let action, let problem):
      "\(path): cannot be \(action): \(problem)"
    }
  }

  /// Whether what was to be read is lost: it is gone, or the disk cannot read it. For want of memory,
  /// descriptors, rights or a network it is only out of reach.
  package var isLoss: Bool {
    switch self {
    case .lost, .failing: true
    case .full, .readOnly, .denied, .other: false
    }
  }
}

/// Files that appear whole or not at all: written aside, fsynced, renamed, the folder fsynced.
package enum AtomicFile {
  /// Replaces the file at `path`, making its folder where needed.
  ///
  /// - Throws: `StorageError`; what was at `path` is then untouched and nothing is left beside it.
  package static func write(_ bytes: some Sequence<UInt8>, to path: String) throws(StorageError) {
    let folder = parent(of: path)
    try makeFolder(folder)
    let (aside, descriptor) = try createAside(of: path)
    defer { close(descriptor) }
    do throws(StorageError) {
      try write(Array(bytes), to: descriptor, path: aside)
      guard fsync(descriptor) == 0 else { throw .last("made durable", aside) }
      guard rename(aside, path) == 0 else { throw .last("renamed", path) }
      try sync(folder: folder)
    } catch {
      unlink(aside)
      throw error
    }
  }

  /// Writes a text file.
  ///
  /// - Throws: As `write(_:to:)`.
  package static func write(text: String, to path: String) throws(StorageError) {
    try write(Array(text.utf8), to: path)
  }

  /// Makes a folder and those above it.
  ///
  /// - Throws: `StorageError` naming the folder.
  package static func makeFolder(_ path: String) throws(StorageError) {
    var isFolder: ObjCBool = false
    if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
      return
    }
    let above = parent(of: path)
    if above != path { try makeFolder(above) }
    guard mkdir(path, 0o777) == 0 || errno == EEXIST else { throw .last("made", path) }
  }

  /// Makes a file's bytes durable.
  static func sync(file path: String) throws(StorageError) {
    try sync(path, O_RDONLY)
  }

  /// Makes a folder's entries durable.
  package static func sync(folder path: String) throws(StorageError) {
    try sync(path, O_RDONLY | O_DIRECTORY)
  }

  /// The folder that holds `path`.
  package static func parent(of path: String) -> String {
    let parent = FilePath(path).removingLastComponent().string
    return parent.isEmpty ? "." : parent
  }

  private static func sync(_ path: String, _ flags: CInt) throws(StorageError) {
    let descriptor = open(path, flags)
    guard descriptor >= 0 else { throw .last("opened", path) }
    defer { close(descriptor) }
    guard fsync(descriptor) == 0 else { throw .last("made durable", path) }
  }

  /// Makes a file beside `path` that is locked as long as it is open: it is not taken for one that a dead
  /// process left.
  static func createAside(
    of path: String
  ) throws(StorageError) -> (path: String, descriptor: CInt) {
    while true {
      let aside = "\(path).\(getpid()).\(UInt32.random(in: 0 ... .max)).new"
      let descriptor = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
      guard descriptor >= 0 else { throw .last("created", aside) }
      let isLocked = flock(descriptor, LOCK_EX | LOCK_NB) == 0 || errno != EWOULDBLOCK
      var status = stat()
      if isLocked, fstat(descriptor, &status) == 0, status.st_nlink > 0 {
        return (aside, descriptor)
      }
      // Somebody who looks for what dead processes left came between making and locking it.
      close(descriptor)
      unlink(aside)
    }
  }

  /// Writes a file that is not there yet and makes its bytes durable.
  static func writeDurably(_ bytes: [UInt8], to path: String) throws(StorageError) {
    try create(bytes, at: path, isDurable: true)
  }

  /// Writes a file that is not there yet.
  static func create(
    _ bytes: [UInt8], at path: String, isDurable: Bool
  ) throws(StorageError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw .last("created", path) }
    defer { close(descriptor) }
    try write(bytes, to: descriptor, path: path)
    guard !isDurable || fsync(descriptor) == 0 else { throw .last("made durable", path) }
  }

  /// Writes all bytes to an open file.
  ///
  /// - Throws: `StorageError` naming `path`.
  package static func write(
    _ bytes: [UInt8], to descriptor: CInt, path: String
  ) throws(StorageError) {
    var written = 0
    while written < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        Glibc.write(descriptor, buffer.baseAddress.map { $0 + written }, bytes.count - written)
      }
      if count < 0, errno == EINTR { continue }
      guard count >= 0 else { throw .last("written", path) }
      written += count
    }
  }
}
