import Experiment
import Foundation

/// The files that a corpus is made of, as they are on disk now: recordings and transcripts, each with
/// the hash of its bytes, and the manifest where there is one.
package struct RecordingListing: Sendable {
  /// Files below the corpus's root that match its pattern, or those that its manifest names, sorted by
  /// path.
  package let files: [(path: String, digest: String)]
  /// Likewise the transcript files below the transcripts' root, sorted by path.
  package let transcripts: [(path: String, digest: String)]
  /// The manifest and the hash of its bytes.
  package let manifest: (lines: CorpusManifest, digest: String)?

  /// Lists and hashes the files of `definition` below the site's recordings folder.
  ///
  /// - Parameters:
  ///   - definition: Where the files lie.
  ///   - recordings: The site's recordings folder.
  ///   - cache: Hashes of files that have not changed since they were taken.
  /// - Throws: `ListingError` when a folder, the manifest or a file that it names is not there, saying
  ///   how to get it; `SpecError` with every line of the manifest that is wrong; `StorageError` when a
  ///   file cannot be read.
  package init(
    _ definition: CorpusDefinition, below recordings: String, cache: DigestCache? = nil
  ) throws {
    switch definition.source {
    case .folder(let folder):
      func list(_ root: String, _ pattern: String) throws -> [(path: String, digest: String)] {
        try Self.list(
          definition, recordings + "/" + root,
          PathPattern(pattern, corpus: definition.name), cache)
      }
      files = try list(folder.root, folder.pattern)
      transcripts = try folder.transcripts.map { try list($0.root, $0.pattern) } ?? []
      manifest = nil
      guard !files.isEmpty else {
        throw ListingError(definition, .noRecordings(folder: recordings + "/" + folder.root))
      }
    case .manifest(let name):
      let (lines, digest) = try Self.manifest(definition, recordings + "/" + name)
      files = try Self.named(by: lines, definition, below: recordings, cache)
      transcripts = []
      manifest = (lines, digest)
    }
  }

  private static func list(
    _ definition: CorpusDefinition, _ folder: String, _ matcher: PathPattern,
    _ cache: DigestCache?
  ) throws -> [(path: String, digest: String)] {
    guard FileManager.default.fileExists(atPath: folder) else {
      throw ListingError(definition, .noRecordings(folder: folder))
    }
    return try hashed(files(below: folder).filter(matcher.matches), below: folder, cache)
  }

  private static func manifest(
    _ definition: CorpusDefinition, _ path: String
  ) throws -> (CorpusManifest, String) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw ListingError(definition, .noManifest(path: path))
    }
    guard let bytes = FileManager.default.contents(atPath: path) else {
      throw StorageError.last("read", path)
    }
    return (
      try CorpusManifest(bytes, file: path, corpus: definition), Digest256.hex(of: bytes)
    )
  }

  private static func named(
    by manifest: CorpusManifest, _ definition: CorpusDefinition, below recordings: String,
    _ cache: DigestCache?
  ) throws -> [(path: String, digest: String)] {
    let paths = manifest.files
    let absent = paths.filter { !FileManager.default.fileExists(atPath: recordings + "/" + $0) }
    if let first = absent.first {
      throw ListingError(
        definition,
        .absent(
          count: absent.count, of: paths.count, first: recordings + "/" + first,
          line: manifest.lines.first { $0.recording == first }?.number ?? 0))
    }
    return try hashed(paths, below: recordings, cache)
  }

  private static func hashed(
    _ paths: [String], below folder: String, _ cache: DigestCache?
  ) throws -> [(path: String, digest: String)] {
    let full = paths.map { folder + "/" + $0 }
    let digests = try cache?.digests(of: full) ?? FileDigest.of(full)
    return zip(paths, digests).map { (path: $0, digest: $1) }
  }

  /// One digest over all paths and hashes, and over the manifest's bytes: what enters the key of the
  /// corpus stage.
  package var digest: String {
    var text = ""
    for (path, digest) in files { text += "\(path)\u{0}\(digest)\n" }
    text += "\n"
    for (path, digest) in transcripts { text += "\(path)\u{0}\(digest)\n" }
    if let manifest { text += "\n\(manifest.digest)\n" }
    return Digest256.hex(of: Array(text.utf8))
  }

  /// The recordings that these files are, with what is said of them.
  ///
  /// - Parameter definition: Of this corpus.
  /// - Returns: Them, the digest of this listing, and how many copies were left out.
  /// - Throws: `CorpusDefinitionError` for a pattern that cannot be used.
  package func recordings(
    of definition: CorpusDefinition
  ) throws(CorpusDefinitionError) -> CorpusRecordings {
    let found: (recordings: [Recording], duplicates: Int)
    if let manifest {
      found = manifest.lines.recordings(
        digests: Dictionary(files.map { ($0.path, $0.digest) }, uniquingKeysWith: { $1 }))
    } else {
      found = try definition.recordings(from: files)
    }
    return CorpusRecordings(
      digest: digest, recordings: found.recordings, duplicates: found.duplicates)
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
