import Artifacts
import Experiment
import Foundation
import Weights

/// The first difference of two files, said in the words of what they hold.
enum FileDifference {
  private static let pieceBytes = 1 << 20

  /// Of two folders' files, the first in the order of their paths.
  ///
  /// - Parameters:
  ///   - kept: The artifact that is there.
  ///   - made: The one that was made anew.
  /// - Returns: `nil` when all bytes are the same.
  static func first(kept: Artifact, made: Artifact) -> String? {
    let before = Dictionary(
      kept.record.files.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
    let after = Dictionary(made.record.files.map { ($0.path, $0) }, uniquingKeysWith: { $1 })
    for path in Set(before.keys).union(after.keys).sorted() {
      guard before[path] != nil else { return "\(path) is only in what was made anew" }
      guard after[path] != nil else { return "\(path) was not made anew" }
      if before[path]?.sha256 == after[path]?.sha256 { continue }
      return words(path, "\(kept.folder)/\(path)", "\(made.folder)/\(path)")
    }
    return nil
  }

  /// `metrics.json, byte 17 (value): 75 → 74.5`.
  private static func words(_ name: String, _ kept: String, _ made: String) -> String {
    guard let offset = offset(kept, made) else {
      return "\(name): its bytes are the same, and not what the record says"
    }
    let place = "\(name), byte \(offset)"
    if name.hasSuffix(".safetensors") {
      return place + (tensor(kept, made, offset).map { " (\($0))" } ?? "")
    }
    guard let left = FileManager.default.contents(atPath: kept),
      let right = FileManager.default.contents(atPath: made)
    else { return place }
    if name.hasSuffix(".json"), let field = field(left, right) { return "\(place) (\(field))" }
    if name.hasSuffix(".jsonl") || name.hasSuffix(".txt") || name.hasSuffix(".csv") {
      return "\(place) (line \(left.prefix(offset).count { $0 == 10 } + 1))"
    }
    return place
  }

  /// The first byte that differs, counted from 0; `nil` when there is none.
  private static func offset(_ left: String, _ right: String) -> Int? {
    guard let a = FileHandle(forReadingAtPath: left), let b = FileHandle(forReadingAtPath: right)
    else { return 0 }
    defer {
      try? a.close()
      try? b.close()
    }
    var position = 0
    while true {
      let (x, y) = (
        (try? a.read(upToCount: pieceBytes)) ?? Data(),
        (try? b.read(upToCount: pieceBytes)) ?? Data()
      )
      if x != y {
        let same = zip(x, y).enumerated().first { $1.0 != $1.1 }?.offset
        return position + (same ?? min(x.count, y.count))
      }
      if x.isEmpty { return nil }
      position += x.count
    }
  }

  /// The first member, by path, that differs: `value: 75 → 74.5`.
  private static func field(_ left: Data, _ right: Data) -> String? {
    guard let before = try? Canonical(json: left), let after = try? Canonical(json: right) else {
      return nil
    }
    return field(before, after, "")
  }

  private static func field(_ old: Canonical?, _ new: Canonical?, _ path: String) -> String? {
    if old == new { return nil }
    if case .map(let before)? = old, case .map(let after)? = new {
      return Set(before.keys).union(after.keys).sorted().lazy.compactMap { key in
        field(before[key], after[key], path.isEmpty ? key : "\(path).\(key)")
      }.first
    }
    if case .list(let before)? = old, case .list(let after)? = new, before.count == after.count {
      return zip(before, after).enumerated().lazy.compactMap { index, pair in
        field(pair.0, pair.1, "\(path)[\(index)]")
      }.first
    }
    return "\(path.isEmpty ? "all" : path): \(shown(old)) → \(shown(new))"
  }

  private static func shown(_ value: Canonical?) -> String {
    let text = value?.text ?? "none"
    return text.count <= 40 ? text : String(text.prefix(39)) + "…"
  }

  /// The tensor at a byte, where both files have the same header.
  private static func tensor(_ left: String, _ right: String, _ offset: Int) -> String? {
    guard let a = try? OpenFile(path: left), let b = try? OpenFile(path: right),
      let (header, start) = try? SafetensorsHeader.read(a, file: left),
      let (other, _) = try? SafetensorsHeader.read(b, file: right)
    else { return nil }
    guard header.entries == other.entries, offset >= start else { return "the header" }
    guard
      let entry = header.entries.first(where: { $0.offsets.contains(offset - start) }),
      !entry.offsets.isEmpty
    else { return nil }
    let count = max(1, entry.shape.reduce(1, *))
    let element = (offset - start - entry.offsets.lowerBound) / max(1, entry.offsets.count / count)
    return "tensor \(entry.name), element \(element) of \(count)"
  }
}
