import Foundation

/// Reading small files and making paths.
enum Files {
  /// The text of a file.
  ///
  /// - Throws: `WorkspaceError.unreadable` saying why not.
  static func text(_ path: String, what: WorkspaceError.File) throws(WorkspaceError) -> String {
    let descriptor = open(path, O_RDONLY)
    guard descriptor >= 0 else {
      throw .unreadable(what, path: path, problem: String(cString: strerror(errno)))
    }
    defer { close(descriptor) }
    let handle = FileHandle(fileDescriptor: descriptor, closeOnDealloc: false)
    let data: Data
    do {
      data = try handle.readToEnd() ?? Data()
    } catch {
      throw .unreadable(what, path: path, problem: "it is a folder, or its disk fails")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw .unreadable(what, path: path, problem: "it is not UTF-8")
    }
    return text
  }

  /// The path from the root of the file system, without `.` and `..`.
  static func absolute(
    _ path: String, in folder: String = FileManager.default.currentDirectoryPath
  ) -> String {
    let full = path.hasPrefix("/") ? path : folder + "/" + path
    var parts: [Substring] = []
    for part in full.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// The folder in which the program was started, as paths in it begin.
  static var here: String { FileManager.default.currentDirectoryPath + "/" }

  /// The path as people would write it here.
  static func shown(_ path: String) -> String {
    path.hasPrefix(here) ? String(path.dropFirst(here.count)) : path
  }

  /// The YAML files of a folder, by name; none where there is no folder.
  static func yamls(in folder: String) -> [String] { named("yaml", in: folder) }

  /// The files of a folder with an ending, by name; none where there is no folder.
  static func named(_ ending: String, in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? [])
      .filter { $0.hasSuffix("." + ending) }.sorted().map { folder + "/" + $0 }
  }
}
