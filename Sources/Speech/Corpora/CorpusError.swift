/// Why a corpus cannot be built or opened.
package enum CorpusError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What is wrong with one recording.
  package struct Problem: Sendable, Equatable {
    package var path: String
    package var reason: String

    package init(path: String, reason: String) {
      self.path = path
      self.reason = reason
    }
  }

  /// All recordings that cannot be used, sorted by path.
  case recordings(
    corpus: String, total: Int, problems: [Problem], packages: [String], manifest: String?)
  case sameName(corpus: String, id: String, paths: [String])
  case noUtterances(corpus: String)
  case pattern(corpus: String, pattern: String)
  case noTranscripts(folder: String, pattern: String, packages: [String])
  case transcript(file: String, line: Int, reason: String)
  /// Several transcript files give one identifier different texts, and nothing tells which is meant.
  case ambiguousTranscript(recording: String, id: String, files: [String])
  case noTranscriptKey(recording: String, label: String)
  case phonemes(corpus: String, PhonemizerError)
  case notWritten(path: String, reason: String)
  case notRead(path: String, reason: String)
  case manifest(file: String, line: Int, reason: String)
  case shortAudio(path: String, bytes: Int, wanted: Int)
  case foreignUtterance(id: String, corpus: String)

  package var description: String {
    switch self {
    case .recordings(let corpus, let total, let problems, let packages, let manifest):
      "corpus \(corpus): \(problems.count) of \(total) recordings cannot be used:\n"
        + problems.map { "  \($0.path): \($0.reason)\n" }.joined()
        + (manifest.map { "take their lines out of \($0), or put the right files there" }
          ?? "leave them out in the corpus's pattern, or " + Self.advice(packages))
    case .sameName(let corpus, let id, let paths):
      "corpus \(corpus): \(paths.joined(separator: " and ")) would both be called \(id); "
        + "narrow the corpus's pattern to one of them"
    case .noUtterances(let corpus):
      "corpus \(corpus): no utterance is left; widen its pattern or its bounds in seconds"
    case .pattern(let corpus, let pattern):
      "corpus \(corpus): the transcripts' pattern '\(pattern)' is not a regular expression"
    case .noTranscripts(let folder, let pattern, let packages):
      "\(folder): no transcript file matches '\(pattern)'; " + Self.advice(packages)
    case .transcript(let file, let line, let reason):
      "\(file):\(line): \(reason)"
    case .ambiguousTranscript(let recording, let id, let files):
      "\(recording): the transcripts of '\(id)' differ in \(files.joined(separator: ", ")); "
        + "name a group of the transcripts' pattern as the label that tells them apart"
    case .noTranscriptKey(let recording, let label):
      "\(recording): it has no label '\(label)', which the transcripts' key names"
    case .phonemes(let corpus, let error):
      "corpus \(corpus): \(error)"
    case .notWritten(let path, let reason):
      "\(path): cannot be written: \(reason)"
    case .notRead(let path, let reason):
      "\(path): cannot be read: \(reason)"
    case .manifest(let file, let line, let reason):
      "\(file):\(line): \(reason); delete the artifact's folder and run again"
    case .shortAudio(let path, let bytes, let wanted):
      "\(path): it holds \(bytes) bytes, its manifest names \(wanted); "
        + "delete the artifact's folder and run again"
    case .foreignUtterance(let id, let corpus):
      "corpus \(corpus) has no utterance \(id)"
    }
  }

  private static func advice(_ packages: [String]) -> String {
    packages.isEmpty
      ? "put the files there or correct the corpus's definition"
      : "install them anew with: apt-get install --reinstall \(packages.joined(separator: " "))"
  }
}
