import Foundation

@testable import Experiment

/// The definitions of `experiments/` in this repository.
enum Repository {
  static var experiments: URL {
    URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent().appending(path: "experiments")
  }

  static func text(_ path: String) throws -> String {
    try String(contentsOf: experiments.appending(path: path), encoding: .utf8)
  }

  private static func files(in folder: String) throws -> [String] {
    let names = try FileManager.default.contentsOfDirectory(
      atPath: experiments.appending(path: folder).path)
    return names.filter { $0.hasSuffix(".yaml") }.sorted().map {
      folder.isEmpty ? $0 : folder + "/" + $0
    }
  }

  static func definitions() throws -> Definitions {
    var definitions = Definitions()
    for file in try files(in: "tasks") {
      let task = try TaskDefinition(yaml: text(file), file: file)
      definitions.tasks[task.name] = task
    }
    for file in try files(in: "corpora") {
      let corpus = try CorpusDefinition(yaml: text(file), file: file)
      definitions.corpora[corpus.name] = corpus
    }
    for file in try files(in: "") {
      let spec = try Spec(yaml: text(file), file: file)
      definitions.experiments[spec.experiment] = spec
    }
    return definitions
  }
}

/// A small world in which everything fits: one corpus of two speakers' words with transcripts.
enum SmallWorld {
  static let corpus = """
    corpus: words
    description: Words
    licence: none
    language: nl
    packages: [words-data]
    root: words
    pattern: '(?<speaker>[^/]+)/(?<word>[^/]+)\\.ogg'
    transcripts: { format: fillets-lua, root: script, pattern: '.*', key: word }
    phonemes: nl
    split: { by: word, test: 30%, dev: 0% }
    seconds: [0.1, 20]
    """

  static let recipe = """
    { steps: 200, batch-seconds: 8, learning-rate: 1e-3, head-only: 10%, warm-up: 10%, hold: 40%,
      clip: 1, dropout: 10%, checkpoints: [20%], threads: 1 }
    """

  static let phones = """
    task: phones
    title: Phonemes
    corpus: words
    target: phones
    minutes: { train: 0.2, test: 0.1 }
    head: { projection: 16, dropout: 0% }
    evaluate: { steps: 30, batch: 16, learning-rate: 1e-2, clip: 1, threads: 1 }
    fine-tune: { minutes: { train: 0.2 }, head: { projection: 16, dropout: 0% }, recipe: \(recipe) }
    """

  static let speakers = """
    task: speakers
    title: Speaker
    corpus: words
    target: speaker
    head: { projection: 16, dropout: 0% }
    evaluate: { steps: 40, batch: 32, learning-rate: 3e-3, clip: 1, threads: 1 }
    """

  static let rounds = """
    { units: { features: mfcc, clusters: 10, frames: 1_000, iterations: 5 }, start: random,
      front-end-steps: 0, steps: 10, batch-seconds: 10, crop-seconds: 3, learning-rate: 1e-3,
      weight-decay: 0, warm-up: 10%, hold: 40%, mask: { probability: 6.5%, length: 10 },
      unmasked-weight: 0, clip: 1, threads: 1 }
    """

  static let architecture = """
    { convolution-channels: 8, width: 16, layers: 2, attention-heads: 2, feed-forward-width: 32,
      position-kernel: 16, position-groups: 2, dropout: 0% }
    """

  static func spec(
    methods: String = "{ pre-trained: {}, stable-ft: {} }", seeds: String = "[1]",
    models: String = "{ tiny: { checkpoint: models/tiny } }", tasks: String = "[phones, speakers]"
  ) -> String {
    """
    experiment: small
    question: Does it plan?
    seeds: \(seeds)
    models: \(models)
    fine-tune: { tasks: [phones] }
    methods: \(methods)
    evaluate: { tasks: \(tasks) }
    compare: { measures: [linear-cka, r2], corpus: held-out, frames: 1_001, ridge: 1e-3 }
    """
  }

  static func definitions() throws -> Definitions {
    Definitions(
      tasks: [
        "phones": try TaskDefinition(yaml: phones, file: "tasks/phones.yaml"),
        "speakers": try TaskDefinition(yaml: speakers, file: "tasks/speakers.yaml"),
      ],
      corpora: ["words": try CorpusDefinition(yaml: corpus, file: "corpora/words.yaml")])
  }

  /// Two speakers' recordings of 40 words, each with bytes of its own.
  static let listing = ["ann", "bob"].flatMap { speaker in
    (0..<40).map { (path: "\(speaker)/word\($0).ogg", digest: "\(speaker)\($0)") }
  }

  static let checkpoint = CheckpointFacts(
    digest: "c0ffee", path: "/somewhere/tiny", layers: 2, width: 16, convolutionChannels: 8)

  static func input(
    _ yaml: String = spec(), definitions: Definitions? = nil,
    listings: [String: [(path: String, digest: String)]] = ["words": listing]
  ) throws -> PlannerInput {
    let definitions = try definitions ?? self.definitions()
    var recordings: [String: CorpusRecordings] = [:]
    for (name, listing) in listings {
      guard let (found, duplicates) = try definitions.corpora[name]?.recordings(from: listing)
      else { continue }
      recordings[name] = CorpusRecordings(
        digest: "listing of \(name)", recordings: found, duplicates: duplicates)
    }
    return PlannerInput(
      spec: try Spec(yaml: yaml, file: "small.yaml"), definitions: definitions,
      recordings: recordings, recordingsFolder: "/recordings",
      checkpoints: ["models/tiny": checkpoint])
  }

  static func plan(_ yaml: String = spec()) throws -> Plan { try Planner.plan(input(yaml)) }
}

extension Plan {
  func stages(_ kind: StageKind) -> [Stage] { stages.values.filter { $0.kind == kind } }

  func stage(_ label: String) throws -> Stage {
    guard let stage = stages.values.first(where: { $0.label == label }) else {
      throw Missing(what: label, among: stages.values.map(\.label))
    }
    return stage
  }

  func cells(_ title: String) -> [Cell] { cells.filter { $0.method.title == title } }
}

struct Missing: Error {
  var what: String
  var among: [String]
}

/// The lines of the `SpecError` that reading throws; none when nothing is thrown.
func problems(_ read: () throws -> some Any) throws -> [String] {
  do {
    _ = try read()
    return []
  } catch let error as SpecError {
    return error.problems.map(\.description)
  }
}
