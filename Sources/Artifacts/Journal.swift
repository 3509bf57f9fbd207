import Foundation
import Synchronization

/// A file of lines that one process appends to, made when it has something to say.
final class Journal: Sendable {
  private let folder: String
  private let descriptor = Mutex<CInt?>(nil)

  /// - Parameter folder: Where the file is made, under a name that no other process takes.
  init(folder: String) { self.folder = folder }

  deinit { descriptor.withLock { _ = $0.map { close($0) } } }

  /// Appends whole lines and makes them durable.
  ///
  /// - Throws: `StorageError`; what was written of the lines is then taken back.
  func append(_ lines: [UInt8]) throws(StorageError) {
    guard !lines.isEmpty else { return }
    let outcome = descriptor.withLock { opened -> Result<Void, StorageError> in
      do throws(StorageError) {
        if opened == nil { opened = try open() }
        if let opened { try append(lines, to: opened) }
        return .success(())
      } catch {
        return .failure(error)
      }
    }
    try outcome.get()
  }

  private func append(_ lines: [UInt8], to file: CInt) throws(StorageError) {
    let start = lseek(file, 0, SEEK_END)
    do throws(StorageError) {
      try AtomicFile.write(lines, to: file, path: folder)
      guard fdatasync(file) == 0 else { throw .last("made durable", folder) }
    } catch {
      // Half a line would join the next one.
      ftruncate(file, start)
      throw error
    }
  }

  private func open() throws(StorageError) -> CInt {
    try AtomicFile.makeFolder(folder)
    while true {
      let path = "\(folder)/\(getpid())-\(UInt32.random(in: 0 ... .max)).jsonl"
      let file = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
      if file < 0, errno == EEXIST { continue }
      guard file >= 0 else { throw .last("created", path) }
      try AtomicFile.sync(folder: folder)
      return file
    }
  }
}
