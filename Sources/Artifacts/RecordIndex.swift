import Experiment
import Foundation
import Synchronization

/// What the records of finished artifacts say of their files, all in one file, `artifacts.index`: who
/// asks whether ten thousand artifacts are there need not read ten thousand records.
///
/// An entry counts only while the record's file is the one that it was taken from. Records are never
/// written in place, so nothing depends on the index: one that is lost or damaged costs time alone.
struct RecordIndex: Sendable {
  struct Entry: Sendable {
    var kind: StageKind
    /// Of `artifact.json`.
    var record: FileStamp
    var files: [(path: String, bytes: Int)]
  }

  private(set) var entries: [StageKey: Entry] = [:]
  private var isChanged = false

  /// Knows nothing.
  init() {}

  /// Reads the index at `path`.
  init(path: String) {
    guard let data = FileManager.default.contents(atPath: path) else { return }
    var fields = LineFields(bytes: [UInt8](data))
    entries.reserveCapacity(data.count / 160)
    while !fields.isAtEnd {
      let key = StageKey(hex: fields.text(until: Self.blank))
      let kind = StageKind(rawValue: fields.text(until: Self.blank))
      let record = FileStamp(&fields)
      var files: [(path: String, bytes: Int)] = []
      let count = fields.number()
      while files.count < count, !fields.isAtEnd {
        let bytes = fields.number()
        files.append((fields.text(until: Self.blank), bytes))
      }
      // What follows is the end of the line, or the line is not one of ours.
      guard fields.text(until: Self.end).isEmpty, let key, let kind else { continue }
      entries[key] = Entry(kind: kind, record: record, files: files)
    }
  }

  private static let blank = UInt8(ascii: " ")
  private static let end = UInt8(ascii: "\n")

  /// Notes what a record says. Paths that would break a line stay out.
  mutating func note(_ key: StageKey, _ entry: Entry) {
    guard entry.files.allSatisfy({ file in !file.path.utf8.contains { $0 <= Self.blank } }) else {
      return
    }
    entries[key] = entry
    isChanged = true
  }

  /// Writes the index if it has changed.
  ///
  /// - Throws: `StorageError`.
  mutating func save(to path: String) throws(StorageError) {
    guard isChanged else { return }
    var text = ""
    for (key, entry) in entries.sorted(by: { $0.key < $1.key }) {
      text += "\(key.hex) \(entry.kind.rawValue) \(entry.record.text) \(entry.files.count) "
      for file in entry.files { text += "\(file.bytes) \(file.path) " }
      text += "\n"
    }
    try AtomicFile.write(text: text, to: path)
    isChanged = false
  }
}

extension ArtifactStore {
  var indexPath: String { root + "/artifacts.index" }

  /// The keys of those stages whose artifacts are there with files of the recorded sizes. One look at
  /// each file, on all cores; nothing is hashed. What `early` has seen is not looked at again.
  package func finished(_ stages: [Stage], after early: EarlyLook? = nil) -> Set<StageKey> {
    typealias Answer = (stage: Stage, isDone: Bool, new: RecordIndex.Entry?)
    var (index, seen) = early?.end() ?? (RecordIndex(path: indexPath), [])
    let entries = index.entries
    var keys: Set<StageKey> = []
    keys.reserveCapacity(stages.count)
    // Where an artifact lies follows from its kind too.
    let stages = stages.filter { stage in
      guard seen.contains(stage.key), entries[stage.key]?.kind == stage.kind else { return true }
      keys.insert(stage.key)
      return false
    }
    if stages.isEmpty { return keys }
    let pieces = max(1, min(stages.count / 64, 4 * ProcessInfo.processInfo.activeProcessorCount))
    let answers = Mutex<[Answer]>([])
    DispatchQueue.concurrentPerform(iterations: pieces) { piece in
      let own = stages[stages.count * piece / pieces..<stages.count * (piece + 1) / pieces]
      let found = own.map { stage -> Answer in
        let (isDone, new) = isThere(stage, known: entries[stage.key])
        return (stage, isDone, new)
      }
      answers.withLock { $0 += found }
    }
    for answer in answers.withLock({ $0 }) {
      if answer.isDone { keys.insert(answer.stage.key) }
      if let new = answer.new { index.note(answer.stage.key, new) }
    }
    // Without it the next command only takes longer.
    try? index.save(to: indexPath)
    return keys
  }

  /// Whether an artifact is there, and what its record says where that was not known.
  private func isThere(
    _ stage: Stage, known: RecordIndex.Entry?
  ) -> (isDone: Bool, new: RecordIndex.Entry?) {
    let folder = folder(stage.kind, stage.key)
    guard let stamp = try? FileStamp(of: folder + "/artifact.json") else { return (false, nil) }
    if let known, known.record == stamp, known.kind == stage.kind {
      return (sizeProblem(stage.kind, stage.key, known.files) == nil, nil)
    }
    guard let record = try? record(stage.kind, stage.key) else { return (false, nil) }
    let files = record.files.map { (path: $0.path, bytes: $0.bytes) }
    return (
      sizeProblem(stage.kind, stage.key, files) == nil,
      RecordIndex.Entry(kind: stage.kind, record: stamp, files: files)
    )
  }
}
