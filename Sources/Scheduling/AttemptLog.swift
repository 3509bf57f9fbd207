import Artifacts
import Experiment
import Foundation

/// The part of a worker's log that belongs to one attempt.
///
/// The program writes a line into the log before it hands a stage to the worker; the part begins after
/// that line and ends before the next such line. So the log alone says what belongs to whom, also when
/// it was begun anew or the diary was lost.
package struct AttemptLog: Sendable, Hashable {
  package var path: String
  package var key: StageKey
  package var attempt: Int
  /// The first byte after the attempt's own line.
  package var offset: Int
  /// `nil` while nothing else follows in the log.
  package var end: Int?
  /// Of a cluster's element, which has a log of its own: its batch and index.
  package var element: String?

  private static let mark = "=== stage "

  /// The line before an attempt.
  static func line(_ request: StageRequest, at time: Date) -> String {
    let label = request.label.replacingOccurrences(of: "\n", with: " ")
    return
      "\(mark)\(request.key.hex) attempt \(request.attempt) \(time.formatted(.iso8601)) \(label)\n"
  }

  static func isMark(_ line: some StringProtocol) -> Bool { line.hasPrefix(mark) }

  /// The parts that a stage's attempts have in the workers' logs of `store`, by attempt, and the logs
  /// of its elements on a cluster; attempts whose log was begun anew have none.
  package static func parts(of key: StageKey, in store: ArtifactStore) -> [AttemptLog] {
    let folder = store.root + "/logs"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasPrefix("worker-") && $0.hasSuffix(".log") }.sorted()
      .flatMap { parts(of: key, inFile: "\(folder)/\($0)") }
      .sorted { $0.attempt < $1.attempt } + elements(of: key, in: store)
  }

  private static func parts(of key: StageKey, inFile path: String) -> [AttemptLog] {
    guard let data = FileManager.default.contents(atPath: path) else { return [] }
    var parts: [AttemptLog] = []
    for (start, after, line) in marks(in: data) {
      if let last = parts.indices.last, parts[last].end == nil { parts[last].end = start }
      let words = line.dropFirst(mark.count).split(separator: " ", maxSplits: 3)
      guard words.count >= 3, words[0] == key.hex, words[1] == "attempt",
        let attempt = Int(words[2])
      else { continue }
      parts.append(
        AttemptLog(path: path, key: key, attempt: attempt, offset: after, end: nil))
    }
    return parts
  }

  /// The first byte of each line that begins an attempt, the first after it, and its text.
  private static func marks(in data: Data) -> [(start: Int, after: Int, line: String)] {
    let sought = Data(mark.utf8)
    var found: [(start: Int, after: Int, line: String)] = []
    var position = 0
    while let range = data.range(of: sought, in: position..<data.count) {
      position = range.upperBound
      guard range.lowerBound == 0 || data[range.lowerBound - 1] == 10 else { continue }
      guard let end = data[position...].firstIndex(of: 10) else { break }
      found.append(
        (range.lowerBound, end + 1, String(decoding: data[range.lowerBound..<end], as: UTF8.self)))
      position = end + 1
    }
    return found
  }

  /// The file of what a program of somebody's own said in the last attempt of a `command` stage.
  package static func commandLog(of key: StageKey, in store: ArtifactStore) -> String? {
    let path = "\(store.root)/logs/command-\(key).log"
    return FileManager.default.fileExists(atPath: path) ? path : nil
  }

  /// What stands in a file from `offset` on: up to `end`, or to the next attempt's line.
  ///
  /// - Returns: The bytes, and whether the next attempt's line came.
  package static func bytes(
    of path: String, from offset: Int, to end: Int? = nil
  ) -> (bytes: Data, isOver: Bool) {
    guard let file = FileHandle(forReadingAtPath: path) else { return (Data(), true) }
    defer { try? file.close() }
    return bytes(of: file, from: offset, to: end)
  }

  /// As `bytes(of:from:to:)`, of a file that is open: it may be renamed meanwhile.
  package static func bytes(
    of file: FileHandle, from offset: Int, to end: Int? = nil
  ) -> (bytes: Data, isOver: Bool) {
    guard (try? file.seek(toOffset: UInt64(offset))) != nil else { return (Data(), true) }
    if let end { return ((try? file.read(upToCount: end - offset)) ?? Data(), true) }
    let data = (try? file.readToEnd()) ?? Data()
    guard let next = marks(in: data).first else { return (data, false) }
    return (data.prefix(next.start), true)
  }
}
