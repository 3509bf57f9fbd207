import Experiment
import Foundation

extension ArtifactStore {
  /// Keeps how an attempt went, so that the ledger can be rebuilt: `attempts/<key>.<number>.json`.
  ///
  /// - Throws: `StorageError`, or `EncodingError` when a metric is not finite.
  package func keep(_ attempt: Attempt) throws {
    try AtomicFile.write(
      text: Canonical(encoding: attempt).text + "\n",
      to: "\(root)/attempts/\(attempt.key.hex).\(attempt.number).json")
  }

  /// Every attempt that was kept, by key and number; files that cannot be read are left out.
  package func attempts() -> [Attempt] {
    let folder = root + "/attempts"
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(".json") }.compactMap { name in
      FileManager.default.contents(atPath: folder + "/" + name)
        .flatMap { try? JSONDecoder().decode(Attempt.self, from: $0) }
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
