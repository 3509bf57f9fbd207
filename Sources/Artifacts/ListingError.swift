import Experiment

/// Recordings that are not there, and how to get them.
package struct ListingError: Error, Sendable, Equatable, CustomStringConvertible {
  package enum Problem: Sendable, Equatable {
    case noRecordings(folder: String)
    case noManifest(path: String)
    /// Of the files that a manifest names: how many, the first of them and its line.
    case absent(count: Int, of: Int, first: String, line: Int)
  }

  package let corpus: String
  package let what: Problem
  private let manifest: String?
  private let packages: [String]
  private let obtain: String?

  init(_ definition: CorpusDefinition, _ what: Problem) {
    corpus = definition.name
    self.what = what
    manifest = definition.manifest
    packages = definition.packages
    obtain = definition.notes.obtain
  }

  /// What is not there.
  package var problem: String {
    switch what {
    case .noRecordings(let folder): "there are no recordings in \(folder)"
    case .noManifest(let path): "there is no manifest \(path)"
    case .absent(let count, let total, let first, let line):
      "\(count) of \(total) recordings of the manifest \(manifest ?? "") are not there, the first "
        + "\(first) of line \(line)"
    }
  }

  /// How to get it.
  package var remedy: String {
    let site = "set 'recordings:' in the site file to where they are"
    guard let obtain else {
      return "they come with Debian's " + packages.joined(separator: ", ")
        + " ('make recordings' fetches them), or \(site)"
    }
    let debian =
      packages.isEmpty ? "" : " (Debian's " + packages.joined(separator: ", ") + ")"
    return "to get it: \(obtain.trimmed)\(debian); or \(site)"
  }

  package var description: String { "corpus \(corpus): \(problem); \(remedy)" }
}

extension String {
  /// Without white space and full stops at its end: it goes on.
  fileprivate var trimmed: String {
    var text = self[...]
    while let last = text.last, last.isWhitespace || last == "." { text.removeLast() }
    return String(text)
  }
}
