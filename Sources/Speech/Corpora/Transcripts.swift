import Experiment
import Foundation

/// The transcripts of a corpus, found by the identifier that a recording's path gives.
struct Transcripts {
  private struct Entry {
    var text: String
    var file: String
    /// Named groups of the transcripts' pattern in this file's path.
    var groups: [String: String]
  }

  private let key: String
  private var entries: [String: [Entry]] = [:]

  /// Reads every file below the source's folder whose whole path matches its pattern.
  ///
  /// - Parameters:
  ///   - definition: Of the corpus.
  ///   - source: Its transcripts.
  ///   - root: The site's recordings folder.
  /// - Throws: `CorpusError` for no file, an unreadable one, or one that is not as its format says.
  init(
    _ definition: CorpusDefinition, _ source: TranscriptSource, below root: String
  ) throws(CorpusError) {
    key = source.key
    let folder = source.root.isEmpty ? root : root + "/" + source.root
    let pattern: PathPattern
    do {
      pattern = try PathPattern(source.pattern, corpus: definition.name)
    } catch {
      throw .pattern(corpus: definition.name, pattern: source.pattern)
    }
    var hasFiles = false
    for path in Self.paths(below: folder) {
      guard let groups = pattern.labels(of: path) else { continue }
      hasFiles = true
      try read(folder + "/" + path, source.format, groups: groups)
    }
    guard hasFiles else {
      throw .noTranscripts(
        folder: folder, pattern: source.pattern, packages: definition.packages)
    }
  }

  private mutating func read(
    _ path: String, _ format: TranscriptSource.Format, groups: [String: String]
  ) throws(CorpusError) {
    let bytes: [UInt8]
    do {
      bytes = try FileBytes.read(path)
    } catch {
      throw .notRead(path: path, reason: "\(error)")
    }
    guard let source = String(validating: bytes, as: UTF8.self) else {
      throw .notRead(path: path, reason: "it is not UTF-8")
    }
    switch format {
    case .filletsLua:
      for entry in try FilletsDialogs.entries(source, file: path) {
        entries[entry.id, default: []].append(
          Entry(text: entry.text, file: path, groups: groups))
      }
    }
  }

  /// The transcript of a recording.
  ///
  /// Named groups of the transcripts' pattern must equal the recording's labels of the same names,
  /// so that an identifier may mean different texts in different folders.
  ///
  /// - Parameter recording: Whose labels are looked at.
  /// - Returns: Nil where no file has one.
  /// - Throws: `CorpusError.ambiguousTranscript`, `CorpusError.noTranscriptKey`.
  func text(of recording: Recording) throws(CorpusError) -> String? {
    guard let id = recording.labels[key] else {
      throw .noTranscriptKey(recording: recording.path, label: key)
    }
    let candidates = (entries[id] ?? []).filter { entry in
      entry.groups.allSatisfy { recording.labels[$0.key, default: $0.value] == $0.value }
    }
    guard Set(candidates.map(\.text)).count <= 1 else {
      let files = Set(candidates.map(\.file)).sorted()
      throw .ambiguousTranscript(recording: recording.path, id: id, files: files)
    }
    return candidates.first?.text
  }

  /// Every path below a folder, which may itself be a link, in the order of their bytes.
  private static func paths(below folder: String) -> [String] {
    let resolved = URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    let paths = FileManager.default.enumerator(atPath: resolved)?.compactMap { $0 as? String } ?? []
    return paths.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// What two transcripts have in common that differ only in case, punctuation and spacing.
  static func normalised(_ text: String) -> String {
    text.lowercased().unicodeScalars
      .split { !$0.properties.isAlphabetic && $0.properties.numericType == nil }
      .map { String(String.UnicodeScalarView($0)) }.joined(separator: " ")
  }
}
