import Artifacts
import Experiment
import Foundation
import Speech
import Torch

@testable import SpeechFT

/// An experiment of every method on seconds of made-up vowels, carried out once, stage by stage, in
/// this process.
struct SpokenWorld {
  static let whole = Result { try SpokenWorld(SpokenWorld.spec) }
  /// Continued pre-training without labels.
  static let unlabelled = Result { try SpokenWorld(SpokenWorld.unlabelledSpec) }
  /// Two tasks in one cell, trainings that look at dev, and rows chosen by it.
  static let several = Result { try SpokenWorld(SpokenWorld.severalSpec) }

  let folder: TemporaryFolder
  let plan: Plan
  let store: ArtifactStore

  init(_ spec: String, in given: TemporaryFolder? = nil, store name: String = "artifacts") throws {
    folder = try given ?? TemporaryFolder()
    if given == nil { try Self.record(in: folder) }
    store = ArtifactStore(root: folder.path + "/" + name)
    plan = try Self.plan(spec, recordings: folder.path)
    let bench = Workbench()
    for stage in plan.stages.values where !stage.kind.isVirtual {
      try run(stage, bench)
    }
  }

  func run(_ stage: Stage, _ bench: Workbench = Workbench()) throws {
    let request = StageRequest(stage, in: plan, attempt: 1)
    try StageExecution.run(
      StageContext(request: request, store: store, bench: bench, report: { _ in }))
  }

  static func plan(
    _ yaml: String, recordings: String, commandFiles: CommandFiles = CommandFiles(),
    headRates: String? = nil
  ) throws -> Plan {
    let spec = try Spec(yaml: yaml, file: "vowels.yaml")
    let split = spec.fineTune?.recipe.devEvery == nil ? "dev: 0%" : "dev: 20%"
    let corpus = try CorpusDefinition(
      yaml: corpus.replacing("dev: 0%", with: split), file: "corpora/vowels.yaml")
    var definitions = Definitions(corpora: ["vowels": corpus])
    for (name, text) in [
      "speaker": speaker, "phones": phones, "frames": frames,
    ] {
      // Of the evaluation, which stands before the fine-tuning's.
      let rated = headRates.map {
        text.replacing("learning-rate: 1e-2", with: "learning-rate: \($0)", maxReplacements: 1)
      }
      definitions.tasks[name] = try TaskDefinition(
        yaml: rated ?? text, file: "tasks/\(name).yaml")
    }
    let listing = try RecordingListing(corpus, below: recordings)
    let (found, duplicates) = try corpus.recordings(from: listing.files)
    return try Planner.plan(
      PlannerInput(
        spec: spec, definitions: definitions,
        recordings: [
          "vowels": CorpusRecordings(
            digest: listing.digest, recordings: found, duplicates: duplicates)
        ],
        recordingsFolder: recordings, checkpoints: [:], commandFiles: commandFiles))
  }

  // MARK: What is in it

  /// The cell of a method, by its title.
  func cell(_ title: String, fineTuned: String? = nil) -> Cell? {
    plan.cells.first { $0.method.title == title && $0.fineTuned == fineTuned }
  }

  func stage(_ kind: StageKind, _ label: String) -> Stage? {
    plan.stages.values.first { $0.kind == kind && $0.label == label }
  }

  func evaluation(_ cell: Cell?, _ task: String) throws -> EvaluationRecord? {
    try cell?.evaluations[task].map { try record(.evaluate, $0, "metrics.json") }
  }

  func similarity(_ cell: Cell?) throws -> SimilarityRecord? {
    try cell?.comparison.map { try record(.compare, $0, "similarity.json") }
  }

  func weights(_ stage: Stage?, _ entry: String = "model") throws -> EncoderWeights? {
    try stage.map { try CheckpointFolder.read(store.folder($0.kind, $0.key) + "/" + entry) }
  }

  private func record<Record: Decodable>(
    _ kind: StageKind, _ key: StageKey, _ file: String
  ) throws -> Record {
    let path = store.folder(kind, key) + "/" + file
    return try JSONDecoder().decode(
      Record.self, from: Data(contentsOf: URL(fileURLWithPath: path)))
  }

  /// Every file of a stage's artifact, by name.
  func files(_ stage: Stage) throws -> [String: Data] {
    let folder = store.folder(stage.kind, stage.key)
    var files: [String: Data] = [:]
    for name in try FileManager.default.subpathsOfDirectory(atPath: folder) {
      if let data = FileManager.default.contents(atPath: folder + "/" + name) { files[name] = data }
    }
    return files
  }

  // MARK: Recordings

  /// All words of three vowels out of three, by two speakers: harmonics of a pitch under two formants,
  /// and noise.
  static func record(in folder: TemporaryFolder) throws {
    let vowels = [("aa", (730.0, 1090.0)), ("ie", (270, 2290)), ("oe", (300, 870))]
    var numbers = SplitMix64(state: 7)
    var lines = ""
    for number in 0..<27 {
      let word = [number / 9, number / 3 % 3, number % 3].map { vowels[$0] }
      let name = word.map(\.0).joined(separator: "-")
      lines += "dialogId(\"\(name)\", \"f\", \"\")\n"
      lines += "dialogStr(\"\(word.map(\.0).joined(separator: " "))\")\n"
      for (speaker, pitch) in [("low", 110.0), ("high", 210)] {
        let samples = word.flatMap { vowel(pitch, $0.1, &numbers) }
        try folder.write(wave(samples), to: "sound/\(speaker)/\(name).wav")
      }
    }
    for speaker in ["low", "high"] {
      try folder.write(Array(lines.utf8), to: "script/\(speaker)/dialogs.lua")
    }
  }

  /// A fifth of a second.
  private static func vowel(
    _ pitch: Double, _ formants: (Double, Double), _ numbers: inout SplitMix64
  ) -> [Int16] {
    (0..<3200).map { index in
      var value = Double.random(in: -0.05...0.05, using: &numbers)
      for harmonic in 1...20 {
        let frequency = pitch * Double(harmonic)
        let gain =
          exp(-abs(frequency - formants.0) / 200) + 0.6 * exp(-abs(frequency - formants.1) / 300)
        value += gain * sin(2 * .pi * frequency * Double(index) / 16_000)
      }
      return Int16(max(-1, min(1, value / 4)) * 32_000)
    }
  }

  /// 16-bit mono at 16 kHz.
  static func wave(_ samples: [Int16]) -> [UInt8] {
    func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
      withUnsafeBytes(of: number.littleEndian, Array.init)
    }
    let size = UInt32(2 * samples.count)
    var head = Array("RIFF".utf8) + bytes(36 + size)
    head += Array("WAVEfmt ".utf8) + bytes(UInt32(16)) + bytes(UInt16(1))
    head += bytes(UInt16(1)) + bytes(UInt32(16_000)) + bytes(UInt32(32_000))
    head += bytes(UInt16(2)) + bytes(UInt16(16)) + Array("data".utf8) + bytes(size)
    return head + samples.flatMap { bytes($0) }
  }
}

/// A folder that goes with its owner.
final class TemporaryFolder: Sendable {
  let path: String

  init() throws {
    path = NSTemporaryDirectory() + "speech-ft-\(UUID().uuidString)"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
  }

  deinit { try? FileManager.default.removeItem(atPath: path) }

  func write(_ bytes: [UInt8], to name: String) throws {
    let file = URL(fileURLWithPath: path + "/" + name)
    try FileManager.default.createDirectory(
      at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
    try Data(bytes).write(to: file)
  }
}
