import Experiment
import Foundation

/// The files that a corpus is made of, as they are on disk now: recordings and transcripts, each with
/// the hash of its bytes.
package struct RecordingListing: Sendable {
  /// Files below the corpus's root that match its pattern, sorted by path.
  package let files: [(path: String, digest: String)]
  /// Likewise the transcript files below the transcripts' root, sorted by path.
  package let transcripts: [(path: String, digest: String)]

  /// Lists and hashes the files of `definition` below the site's recordings folder.
  ///
  /// - Parameters:
  ///   - definition: Where the files lie.
  ///   - recordings: The site's recordings folder.
  ///   - cache: Hashes of files that have not changed since they were taken.
  /// - Throws: `ListingError` when a folder is not there, naming the packages that bring it;
  ///   `StorageError` when a file cannot be read.
  package init(
    _ definition: CorpusDefinition, below recordings: String, cache: DigestCache? = nil
  ) throws {
    func list(_ root: String, _ pattern: String) throws -> [(path: String, digest: String)] {
      let folder = recordings + "/" + root
      guard FileManager.default.fileExists(atPath: folder) else {
        throw ListingError.missing(
          corpus: definition.name, folder: folder, packages: definition.packages)
      }
      let matcher = try PathPattern(pattern, corpus: definition.name)
      let paths = Self.files(below: folder).filter(matcher.matches)
      let full = paths.map { folder + "/" + $0 }
      let digests = try cache?.digests(of: full) ?? FileDigest.of(full)
      return zip(paths, digests).map { (path: $0, digest: $1) }
    }
    files = try list(definition.root, definition.pattern)
    transcripts = try definition.transcripts.map { try list($0.root, $0.pattern) } ?? []
    guard !files.isEmpty else {
      throw ListingError.missing(
        corpus: definition.name, folder: recordings + "/" + definition.root,
        packages: definition.packages)
    }
  }

  /// One digest over all paths and hashes: what enters the key of the corpus stage.
  package var digest: String {
    var text = ""
    for (path, digest) in files { text += "\(path)\u{0}\(digest)\n" }
    text += "\n"
    for (path, digest) in transcripts { text += "\(path)\u{0}\(digest)\n" }
    return Digest256.hex(of: Array(text.utf8))
  }

  /// Regular files below `folder`, sorted by path.
  private static func files(below folder: String) -> [String] {
    var paths: [String] = []
    func walk(_ relative: String) {
      guard let directory = opendir(relative.isEmpty ? folder : folder + "/" + relative) else {
        return
      }
      defer { closedir(directory) }
      while let entry = readdir(directory) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
          $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard !name.hasPrefix(".") else { continue }
        let path = relative.isEmpty ? name : relative + "/" + name
        switch Int(entry.pointee.d_type) {
        case Int(DT_DIR): walk(path)
        case Int(DT_REG): paths.append(path)
        default:
          var status = stat()
          guard stat(folder + "/" + path, &status) == 0 else { continue }
          if status.st_mode & S_IFMT == S_IFDIR { walk(path) } else { paths.append(path) }
        }
      }
    }
    walk("")
    return paths.sorted()
  }
}

/// Recordings that are not there.
package enum ListingError: Error, Sendable, Equatable, CustomStringConvertible {
  case missing(corpus: String, folder: String, packages: [String])

  package var description: String {
    switch self {
    case .missing(let corpus, let folder, let packages):
      "corpus \(corpus): there are no recordings in \(folder); they come with Debian's "
        + packages.joined(separator: ", ")
        + " ('make recordings' fetches them), or set 'recordings:' in the site file to where they are"
    }
  }
}
