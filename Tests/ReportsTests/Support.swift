import Foundation

@testable import Reports

/// A folder of a test's own, removed when the test ends.
final class TemporaryFolder {
  let path: String

  init() throws {
    path =
      FileManager.default.temporaryDirectory
      .appendingPathComponent("alphasweep-reports-\(UUID().uuidString)").path
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func text(_ name: String) throws -> String {
    try String(contentsOfFile: path + "/" + name, encoding: .utf8)
  }

  /// Every file with its bytes.
  func files() throws -> [String: Data] {
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: path) {
      if let data = FileManager.default.contents(atPath: path + "/" + name), !isFolder(name) {
        files[name] = data
      }
    }
    return files
  }

  private func isFolder(_ name: String) -> Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: path + "/" + name, isDirectory: &isFolder)
      && isFolder.boolValue
  }
}

/// Draws nothing, so that reports are tested without gnuplot.
struct BlankFigures: FigureRenderer {
  func render(_ charts: [Chart]) -> [String: String] {
    Dictionary(uniqueKeysWithValues: charts.map { ($0.name, "<svg id=\"\($0.name)\"></svg>\n") })
  }
}

/// Files that a report must equal. With `RECORD_GOLDEN=1` they are written anew, for a person to
/// read; the test that asked fails then, so that nothing passes by recording itself.
enum Golden {
  static func text(_ name: String, found: String) throws -> String {
    let folder = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "Fixtures/golden")
    if ProcessInfo.processInfo.environment["RECORD_GOLDEN"] == "1" {
      try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
      try Data(found.utf8).write(to: folder.appending(path: name))
      return "recorded \(name); read it, then test again without RECORD_GOLDEN"
    }
    guard let url = Bundle.module.url(forResource: "Fixtures/golden/\(name)", withExtension: nil)
    else { return "there is no Fixtures/golden/\(name)" }
    return try String(contentsOf: url, encoding: .utf8)
  }
}
