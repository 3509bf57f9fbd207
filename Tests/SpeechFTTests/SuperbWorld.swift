import Artifacts
import Experiment
import Foundation
import Speech

@testable import SpeechFT

/// An experiment with every kind of task that SUPERB judges encoders by, on made-up vowels of two speakers.
enum SuperbWorld {
  private static let spec = """
    experiment: superb
    question: Is every kind of task learnt?
    seeds: [1]
    models: { tiny: { pretrain: { corpora: [words],
      architecture: { convolution-channels: 16, width: 32, layers: 2, attention-heads: 2,
        feed-forward-width: 64, position-kernel: 64, position-groups: 4, dropout: 5% },
      rounds: [{ units: { features: mfcc, clusters: 6, frames: 500, iterations: 5 }, start: random,
        front-end-steps: 5, steps: 5, batch-seconds: 4, crop-seconds: 0.5, learning-rate: 1e-3,
        weight-decay: 1e-2, warm-up: 10%, hold: 40%, mask: { probability: 20%, length: 3 },
        unmasked-weight: 0.5, clip: 1, threads: 1 }] } } }
    methods: { log-mel: { normalise: [false] } }
    evaluate: { tasks: [intents, words, keywords, voices, turns, queries] }
    """

  private static func task(_ name: String, _ corpus: String, _ rest: String) -> String {
    "task: \(name)\ntitle: \(name)\ncorpus: \(corpus)\n\(rest)"
  }

  private static let tasks = [
    "intents": task(
      "intents", "words",
      """
      target: speaker + open
      head: { projection: 16, dropout: 0% }
      evaluate: { steps: 150, batch: 8, learning-rate: [1e-4, 1e-2], clip: 1, threads: 1 }
      """),
    // Reads the features of the intents.
    "opens": task(
      "opens", "words",
      """
      target: open
      head: { projection: 16, dropout: 20% }
      evaluate: { steps: 150, batch: 8, learning-rate: [1e-3, 1e-2], clip: 1, threads: 1 }
      """),
    "wild": task(
      "wild", "words",
      """
      target: open
      head: { projection: 16, dropout: 0% }
      evaluate: { steps: 150, batch: 8, learning-rate: [1e29, 1e30], clip: 1, threads: 1 }
      """),
    "words": task(
      "words", "words",
      """
      target: characters
      metric: WER
      head: { projection: 24, recurrent-width: 24, recurrent-layers: 2, recurrent-tanh: true,
        dropout: 10% }
      evaluate: { steps: 400, batch: 8, learning-rate: 1e-2, clip: 1, threads: 1, dev-every: 40,
        augment: { time-warp: 2, time-masks: 1, time-width: 2, feature-masks: 1,
          feature-width: 5 } }
      """),
    "keywords": task(
      "keywords", "words",
      """
      target: open
      head: { projection: 16, dropout: 0% }
      evaluate: { steps: 300, batch: 8, learning-rate: 1e-2, clip: 1, threads: 1,
        balanced: true, standardise: false }
      """),
    "voices": task(
      "voices", "words",
      """
      target: trials of speaker
      trials: 100
      head: { projection: 16, pooled-width: 24 }
      evaluate: { steps: 60, batch: 8, learning-rate: 1e-3, clip: 1_000, decay: 1e-2, threads: 1,
        shuffled: true }
      """),
    "turns": task(
      "turns", "pairs",
      """
      target: turns
      head: { recurrent-width: 24, recurrent-layers: 1 }
      evaluate: { steps: 150, batch: 8, learning-rate: 1e-2, clip: 1, threads: 1 }
      """),
    "queries": task(
      "queries", "asked",
      """
      target: queries
      evaluate: { threads: 1 }
      """),
  ]

  private static func corpus(_ name: String, labels: String = "[]") -> String {
    """
    corpus: \(name)
    description: Made-up vowels
    licence: none
    language: nl
    manifest: \(name).jsonl
    obtain: nowhere
    \(labels == "[]" ? "" : "labels: \(labels)\nspeaker: speaker")
    seconds: [0.1, 20]
    """
  }

  // MARK: Recordings

  /// A quarter of the words for the test and one for dev.
  private static func split(_ index: Int) -> String {
    index % 4 == 0 ? "test" : index % 4 == 1 ? "dev" : "train"
  }

  private static func names(_ folder: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: folder + "/sound/low").sorted()
  }

  private static func words(_ folder: String) throws -> String {
    try names(folder).enumerated().flatMap { index, name in
      let vowels = name.dropLast(4).split(separator: "-").map(String.init)
      return ["low", "high"].map { speaker in
        #"{"recording": "sound/\#(speaker)/\#(name)", "text": "\#(vowels.joined(separator: " "))", "#
          + #""speaker": "\#(speaker)", "labels": {"open": "\#(vowels.contains("aa"))"}, "#
          + #""split": "\#(split(index))"}"#
      }
    }.joined(separator: "\n") + "\n"
  }

  /// The samples of a recording that `SpokenWorld` made.
  private static func samples(_ path: String) throws -> Data {
    try Data(contentsOf: URL(fileURLWithPath: path)).dropFirst(44)
  }

  private static func write(_ samples: Data, _ name: String, _ folder: TemporaryFolder) throws {
    let numbers = samples.withUnsafeBytes { Array($0.bindMemory(to: Int16.self)) }
    try folder.write(SpokenWorld.wave(numbers), to: name)
  }

  /// A word of one speaker, then one of the other: a turn each.
  private static func pairs(_ folder: TemporaryFolder) throws -> String {
    try names(folder.path).enumerated().map { index, name in
      let order = index % 2 == 0 ? ["low", "high"] : ["high", "low"]
      let halves = try order.map { try samples("\(folder.path)/sound/\($0)/\(name)") }
      try write(Data(halves[0] + halves[1]), "pairs/\(name)", folder)
      return #"{"recording": "pairs/\#(name)", "turns": [[0, 0.6, "\#(order[0])"], "#
        + #"[0.6, 1.2, "\#(order[1])"]], "split": "\#(split(index / 2))"}"#
    }.joined(separator: "\n") + "\n"
  }

  /// A vowel of a speaker is looked for in other words of the same one.
  private static func asked(_ folder: TemporaryFolder) throws -> String {
    var lines: [String] = []
    // As in QUESST, the queries of dev look in the documents of the test.
    let documents = try names(folder.path)
    for name in documents {
      // Other bytes than the words that other tasks train on.
      let word = try samples("\(folder.path)/sound/low/\(name)")
      try write(Data(word.dropFirst(320)), "documents/\(name)", folder)
      lines.append(#"{"recording": "documents/\#(name)", "id": "\#(name)", "split": "test"}"#)
    }
    for split in ["dev", "test"] {
      for vowel in ["aa", "ie", "oe"] {
        let word = "ie-\(vowel)-\(vowel)"
        let middle = try samples("\(folder.path)/sound/low/\(word).wav")
        let part = Data(middle.dropFirst(split == "dev" ? 6400 : 12800).prefix(6400))
        try write(part, "asked/\(split)-\(vowel).wav", folder)
        let matches = documents.filter { $0.contains(vowel) }.map { "\"\($0)\"" }
        lines.append(
          #"{"recording": "asked/\#(split)-\#(vowel).wav", "id": "\#(split) \#(vowel)", "#
            + #""matches": [\#(matches.joined(separator: ", "))], "split": "\#(split)"}"#)
      }
    }
    return lines.joined(separator: "\n") + "\n"
  }

  /// With `steps`, every head takes so few of them.
  static func plan(
    _ folder: TemporaryFolder, steps: Int? = nil, evaluate: String? = nil, methods: String? = nil,
    pretraining: Int = 5, seeds: String = "[1]"
  ) throws -> Plan {
    try SpokenWorld.record(in: folder)
    var spec = Self.spec
    if let evaluate { spec.replace(/evaluate: .*/, with: "evaluate: \(evaluate)") }
    spec.replace("seeds: [1]", with: "seeds: \(seeds)")
    if let methods { spec.replace(/methods: .*/, with: "methods: \(methods)") }
    spec.replace(
      "front-end-steps: 5, steps: 5",
      with: "front-end-steps: \(pretraining), steps: \(pretraining)")
    var definitions = Definitions()
    var recordings: [String: CorpusRecordings] = [:]
    for (name, text, labels) in [
      ("words", try words(folder.path), "[open]"), ("pairs", try pairs(folder), "[]"),
      ("asked", try asked(folder), "[]"),
    ] {
      try folder.write(Array(text.utf8), to: name + ".jsonl")
      let corpus = try CorpusDefinition(
        yaml: corpus(name, labels: labels), file: "corpora/\(name).yaml")
      definitions.corpora[name] = corpus
      recordings[name] = try RecordingListing(corpus, below: folder.path).recordings(of: corpus)
    }
    for (name, whole) in tasks {
      var text = whole
      if let steps {
        text.replace(/steps: [0-9]+/, with: "steps: \(steps)")
        text.replace("dev-every: 40", with: "dev-every: 3")
      }
      definitions.tasks[name] = try TaskDefinition(yaml: text, file: "tasks/\(name).yaml")
    }
    return try Planner.plan(
      PlannerInput(
        spec: Spec(yaml: spec, file: "superb.yaml"), definitions: definitions,
        recordings: recordings, recordingsFolder: folder.path, checkpoints: [:]))
  }
}
