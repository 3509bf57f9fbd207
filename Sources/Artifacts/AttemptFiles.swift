import Experiment
import Foundation

extension ArtifactStore {
  /// Keeps how attempts went, so that the ledger can be rebuilt: a line each in
  /// `attempts/<process>-<number>.jsonl`, a file of this process alone, made durable once for all.
  ///
  /// - Throws: `StorageError`, or `EncodingError` when a metric is not finite.
  package func keep(_ attempts: [Attempt]) throws {
    var lines: [UInt8] = []
    for attempt in attempts {
      lines += try Canonical(encoding: attempt).bytes
      lines.append(UInt8(ascii: "\n"))
    }
    try journal.append(lines)
  }

  /// Every attempt that was kept, by key and number. What cannot be read is left out: the last line of a
  /// program that was killed may be cut short.
  package func attempts() -> [Attempt] {
    let folder = root + "/attempts"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    let decoder = JSONDecoder()
    // Former versions kept a file an attempt.
    return names.sorted().filter { $0.hasSuffix(".jsonl") || $0.hasSuffix(".json") }.flatMap {
      name in
      (FileManager.default.contents(atPath: folder + "/" + name) ?? Data())
        .split(separator: UInt8(ascii: "\n"))
        .compactMap { try? decoder.decode(Attempt.self, from: $0) }
    }
    .sorted { ($0.key, $0.number) < ($1.key, $1.number) }
  }

  /// The records of all artifacts, by kind and key.
  package func records() -> [ArtifactRecord] {
    StageKind.allCases.flatMap { kind in
      let folder = "\(root)/\(kind.rawValue)"
      return Self.names(in: folder).flatMap { Self.names(in: "\(folder)/\($0)") }
        .compactMap(StageKey.init(hex:)).compactMap { try? record(kind, $0) }
    }
  }

  private static func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
  }
}
