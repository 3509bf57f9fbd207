import Foundation

/// A folder that holds a corpus: what lies in it, by paths from there. Names that begin with a dot are
/// nobody's.
package struct LayoutFolder: Sendable {
  /// From the root of the file system.
  package let path: String
  /// The folder's path below the site's recordings folder; empty where it is that one.
  package let prefix: String

  package init(_ path: String, prefix: String) {
    self.path = path
    self.prefix = prefix
  }

  /// A path of this folder as manifests write it.
  package func recording(_ relative: String) -> String {
    prefix.isEmpty ? relative : prefix + "/" + relative
  }

  func full(_ relative: String) -> String { relative.isEmpty ? path : path + "/" + relative }

  func hasFile(_ relative: String) -> Bool { kind(relative) == S_IFREG }

  func hasFolder(_ relative: String) -> Bool { kind(relative) == S_IFDIR }

  private func kind(_ relative: String) -> mode_t? {
    var status = stat()
    return stat(full(relative), &status) == 0 ? status.st_mode & S_IFMT : nil
  }

  /// The names in a folder, folders with a slash, sorted by bytes; none where there is no folder.
  func entries(of relative: String = "") -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: full(relative))) ?? []
    return names.filter { !$0.hasPrefix(".") }.map {
      hasFolder(relative.isEmpty ? $0 : relative + "/" + $0) ? $0 + "/" : $0
    }.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// The folders in a folder.
  func folders(in relative: String = "") -> [String] {
    entries(of: relative).filter { $0.hasSuffix("/") }.map { String($0.dropLast()) }
  }

  /// The files in a folder whose names end so, in letters of either case.
  func files(in relative: String, suffix: String) -> [String] {
    entries(of: relative).filter { $0.lowercased().hasSuffix(suffix) }
  }

  /// An entry of a folder whose name is this in letters of any case.
  func entry(_ name: String, in relative: String = "") -> String? {
    entries(of: relative).map { $0.hasSuffix("/") ? String($0.dropLast()) : $0 }
      .first { $0.lowercased() == name.lowercased() }
  }

  /// Reads a list.
  ///
  /// - Throws: `LayoutError.unreadable`.
  func text(_ relative: String) throws(LayoutError) -> LayoutText {
    guard let data = FileManager.default.contents(atPath: full(relative)) else {
      let isThere = FileManager.default.fileExists(atPath: full(relative))
      throw .unreadable(
        file: full(relative),
        reason: isThere ? "it is a folder, or may not be read" : "there is no such file")
    }
    guard let text = String(data: data, encoding: .utf8) else {
      throw .unreadable(file: full(relative), reason: "it is not UTF-8")
    }
    return LayoutText(name: full(relative), text: text)
  }
}
