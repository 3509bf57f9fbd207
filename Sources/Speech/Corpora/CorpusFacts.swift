import Experiment

/// What a corpus artifact holds and what was left out of it, for reports: `facts.json`.
struct CorpusFacts {
  /// Why a recording is no utterance.
  enum Reason: Sendable, Equatable {
    case silent
    case tooShort(seconds: Double)
    case tooLong(seconds: Double)
    case sameTranscript(split: Split)

    var text: String {
      switch self {
      case .silent: "silent"
      case .tooShort: "too short"
      case .tooLong: "too long"
      case .sameTranscript(let split): "transcript also in \(split.rawValue)"
      }
    }

    var seconds: Double? {
      switch self {
      case .tooShort(let seconds), .tooLong(let seconds): seconds
      case .silent, .sameTranscript: nil
      }
    }
  }

  /// Labels with more values than this, such as identifiers, are not counted by value.
  private static let mostValues = 100

  private let definition: CorpusDefinition
  private let recordings: Int
  private(set) var utterances = 0
  private var samples: [Split: Int] = [:]
  private var counts: [Split: Int] = [:]
  private var transcribed = 0
  private var dropped: [Canonical] = []
  private var droppedRelations: [Canonical] = []
  private var phonemes: [String: Int] = [:]
  private var labels: [String: [String: Int]] = [:]

  init(_ definition: CorpusDefinition, recordings: Int) {
    self.definition = definition
    self.recordings = recordings
  }

  mutating func drop(_ recording: Recording, _ reason: Reason) {
    var entry: [String: Canonical] = [
      "path": .string(recording.title), "reason": .string(reason.text),
      "split": .string(recording.split.rawValue),
    ]
    if let seconds = reason.seconds { entry["seconds"] = Canonical(number: seconds) }
    dropped.append(.map(entry))
  }

  /// Trials and matches whose other side was dropped, or is a copy of another recording.
  mutating func drop(_ relations: [Utterance.DroppedRelation]) {
    droppedRelations += relations.map {
      .map(["id": .string($0.id), "of": .string($0.kind), "other": .string($0.other)])
    }
  }

  mutating func count(_ utterance: Utterance) {
    utterances += 1
    counts[utterance.split, default: 0] += 1
    samples[utterance.split, default: 0] += utterance.samples
    if utterance.text != nil { transcribed += 1 }
    for phone in utterance.phones ?? [] { phonemes[phone, default: 0] += 1 }
    for (name, value) in utterance.labels { labels[name, default: [:]][value, default: 0] += 1 }
  }

  var canonical: Canonical {
    var hours: [String: Canonical] = [:]
    var bySplit: [String: Canonical] = [:]
    for split in Split.allCases {
      let seconds = Double(samples[split] ?? 0) / Double(CorpusBuilder.sampleRate)
      hours[split.rawValue] = Canonical(number: seconds / 3600)
      bySplit[split.rawValue] = .integer(counts[split] ?? 0)
    }
    var members: [String: Canonical] = [
      "corpus": .string(definition.name),
      "language": .string(definition.language),
      "licence": .string(definition.licence),
      "sampleRate": .integer(CorpusBuilder.sampleRate),
      "recordings": .integer(recordings),
      "utterances": .map(bySplit),
      "hours": .map(hours),
      "transcribed": .integer(transcribed),
      "phonemes": .map(phonemes.mapValues { .integer($0) }),
      "labels": .map(labels.mapValues(Self.summary)),
      "dropped": .list(dropped.sorted { $0["path"]?.string ?? "" < $1["path"]?.string ?? "" }),
    ]
    // A corpus without any has the bytes that it had before there were any.
    if !droppedRelations.isEmpty { members["droppedRelations"] = .list(droppedRelations) }
    return .map(members)
  }

  private static func summary(_ counts: [String: Int]) -> Canonical {
    var summary: [String: Canonical] = ["values": .integer(counts.count)]
    if counts.count <= mostValues {
      summary["utterances"] = .map(counts.mapValues { .integer($0) })
    }
    return .map(summary)
  }
}
