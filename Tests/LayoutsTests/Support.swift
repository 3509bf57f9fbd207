import Experiment
import Foundation

@testable import Layouts

/// A folder of recordings with a corpus in it, made up by a test; it goes with its owner.
final class LayoutSite {
  /// The site's recordings folder.
  let recordings: String
  /// The corpus's, below it.
  let folder: LayoutFolder

  init(_ name: String = "corpus") throws {
    recordings = NSTemporaryDirectory() + "layouts-" + UUID().uuidString
    folder = LayoutFolder(recordings + "/" + name, prefix: name)
    try FileManager.default.createDirectory(
      atPath: folder.path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: recordings) }

  /// Writes a file of the corpus.
  func write(_ text: String, to path: String) throws { try write(Data(text.utf8), to: path) }

  func write(_ data: Data, to path: String) throws {
    let url = URL(fileURLWithPath: folder.path + "/" + path)
    try FileManager.default.createDirectory(
      at: url.deletingLastPathComponent(), withIntermediateDirectories: true)
    try data.write(to: url)
  }

  /// Makes empty files: nothing decodes them.
  func touch(_ paths: String...) throws {
    for path in paths { try write("", to: path) }
  }

  /// The manifest, which the rules of manifests accept and read as it was meant.
  func manifest(
    _ layout: any CorpusLayout.Type, labels: [String] = [],
    _ change: (inout LayoutOptions) -> Void = { _ in }
  ) throws -> PreparedManifest {
    var options = LayoutOptions()
    change(&options)
    let prepared = try layout.prepare(folder, options)
    let names = labels.isEmpty ? "" : "labels: [\(labels.joined(separator: ", "))]\n"
    let corpus = try CorpusDefinition(
      yaml: """
        corpus: made-up
        description: Made up
        licence: none
        language: en
        manifest: made-up.jsonl
        obtain: nowhere
        seconds: [0.1, 35]
        \(names)
        """, file: "made-up.yaml")
    let read = try CorpusManifest(Array(prepared.text.utf8), file: "made-up.jsonl", corpus: corpus)
    guard read.lines == prepared.lines else { throw Unlike() }
    return prepared
  }

  /// What is said of a folder that makes no manifest, without the folder's own path.
  func complaint(
    _ layout: any CorpusLayout.Type, _ change: (inout LayoutOptions) -> Void = { _ in }
  ) throws -> String {
    var options = LayoutOptions()
    change(&options)
    do {
      _ = try layout.prepare(folder, options)
    } catch {
      return "\(error)".replacing(folder.path, with: "<corpus>")
    }
    throw NoComplaint()
  }

  struct Unlike: Error {}
  struct NoComplaint: Error {}
}

extension PreparedManifest {
  /// `what: count`, as they were counted.
  var counts: [String] { leftOut.map { "\($0.what): \($0.count)" } }
}
