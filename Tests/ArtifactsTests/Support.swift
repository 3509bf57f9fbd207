import Artifacts
import Experiment
import Foundation

/// A folder that is removed with the test.
final class TemporaryFolder {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "alphasweep-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ text: String, to name: String) throws {
    try AtomicFile.write(text: text, to: path + "/" + name)
  }

  func text(_ name: String) throws -> String {
    try String(contentsOfFile: path + "/" + name, encoding: .utf8)
  }

  func names(_ folder: String = "") throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path + "/" + folder).sorted()
  }
}

/// A small stage, different for each number.
func stage(_ number: Int, kind: StageKind = .features) throws -> Stage {
  try Stage(
    kind, parameters: Canonical.map(["number": .integer(number)]), inputs: [:],
    label: "stage \(number)")
}

extension ArtifactStore {
  /// Publishes files with the given texts.
  func publish(_ stage: Stage, files: [String: String]) throws {
    try publish(stage.kind, stage.key, identity: stage.identity) { staging in
      for (name, text) in files {
        try AtomicFile.write(text: text, to: staging.folder + "/" + name)
      }
    }
  }
}
