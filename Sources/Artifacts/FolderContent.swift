import Foundation

/// What lies below a folder, by paths relative to it, sorted.
struct FolderContent: Sendable {
  private(set) var files: [String] = []
  private(set) var folders: [String] = []

  /// Looks into `folder` and all folders below it. Links count as what they lead to.
  ///
  /// - Throws: `StorageError` when one cannot be looked into.
  init(of folder: String) throws(StorageError) {
    try read(folder, "")
    files.sort()
    folders.sort()
  }

  private mutating func read(_ folder: String, _ prefix: String) throws(StorageError) {
    guard let stream = opendir(folder) else { throw .last("looked into", folder) }
    defer { closedir(stream) }
    while let entry = readdir(stream) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
      }
      if name == "." || name == ".." { continue }
      if try isFolder(entry.pointee.d_type, folder + "/" + name) {
        folders.append(prefix + name)
        try read(folder + "/" + name, prefix + name + "/")
      } else {
        files.append(prefix + name)
      }
    }
  }

  private func isFolder(_ type: UInt8, _ path: String) throws(StorageError) -> Bool {
    switch Int(type) {
    case Int(DT_DIR): return true
    case Int(DT_REG): return false
    default:
      // A link, or a file system that does not tell.
      var status = stat()
      guard stat(path, &status) == 0 else { throw .last("looked at", path) }
      return status.st_mode & S_IFMT == S_IFDIR
    }
  }
}
