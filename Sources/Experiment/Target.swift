/// What a head predicts from a corpus.
package enum Target: Sendable, Hashable {
  /// The utterance's phoneme sequence, by CTC.
  case phones
  /// The transcript's characters, by CTC.
  case characters
  /// One label of the utterance, by cross-entropy over the mean of its frames.
  case label(String)
  /// Several labels of the utterance, each by an answer of its own; right where all are. Evaluated only.
  case labels([String])
  /// The phone of each frame, by cross-entropy over frames: where a manifest gives an `alignment`.
  case alignedPhones
  /// The transcript's characters with the tags of its slots, by CTC.
  case slots
  /// Whether two utterances have the same value of a label, as of a speaker: an embedding is trained to
  /// tell the values of training and judged by trials of values that it never met. Evaluated only.
  case trials(String)
  /// Who of two speakers speaks in each frame: where a manifest gives `turns`. Evaluated only.
  case turns
  /// In which utterances a spoken query occurs: where a manifest gives `matches`. Evaluated only, without a
  /// head.
  case queries
  /// What θ₀'s own pre-training head says of each frame, by cross-entropy over masked frames: continued
  /// pre-training without labels. It fine-tunes only.
  case codewords

  /// Targets that are no label.
  static let words = [
    "phones", "characters", "slots", "aligned-phones", "turns", "queries", "codewords",
  ]

  private static let trialsOf = "trials of "
  private static let and = " + "

  /// The word of specs: `phones`, `characters`, a label's name, `action + object`, `trials of speaker`.
  package init(word: String) {
    switch word {
    case "phones": self = .phones
    case "characters": self = .characters
    case "codewords": self = .codewords
    case "aligned-phones": self = .alignedPhones
    case "slots": self = .slots
    case "turns": self = .turns
    case "queries": self = .queries
    case _ where word.hasPrefix(Self.trialsOf):
      self = .trials(String(word.dropFirst(Self.trialsOf.count)))
    case _ where word.contains(Self.and):
      self = .labels(
        word.split(separator: "+").map { String($0.drop { $0 == " " }.prefix { $0 != " " }) })
    default: self = .label(word)
    }
  }

  package var word: String {
    switch self {
    case .phones: "phones"
    case .characters: "characters"
    case .codewords: "codewords"
    case .alignedPhones: "aligned-phones"
    case .slots: "slots"
    case .turns: "turns"
    case .queries: "queries"
    case .label(let name): name
    case .labels(let names): names.joined(separator: Self.and)
    case .trials(let label): Self.trialsOf + label
    }
  }

  /// What it is scored by, the first deciding.
  package var metrics: [TaskMetric] {
    switch self {
    case .phones: [.per]
    case .characters: [.cer]
    case .slots: [.slotTypeF1, .slotValueCER]
    case .label, .labels, .alignedPhones, .codewords: [.accuracy]
    case .trials: [.eer]
    case .turns: [.der]
    case .queries: [.mtwv]
    }
  }

  /// What may be asked for instead of the first: a transcript's words.
  package var otherMetrics: [TaskMetric] { self == .characters ? [.wer] : [] }

  /// Its metrics where `name` is to decide; its own where `name` is `nil`.
  package func metrics(decidedBy name: String?) -> [TaskMetric] {
    guard let other = otherMetrics.first(where: { $0.name == name }) else { return metrics }
    return [other]
  }

  /// Whether each frame has an answer of its own.
  package var isFramewise: Bool { self == .alignedPhones || self == .codewords }

  /// Whether it is a sequence that CTC aligns.
  package var isSequence: Bool { self == .phones || self == .characters || self == .slots }

  /// Whether the head gives one answer an utterance (and so may pool before training).
  package var isPooled: Bool {
    switch self {
    case .label, .labels: true
    default: false
    }
  }

  /// Whether any part of an utterance has the same answer.
  package var mayBeCut: Bool { !labels.isEmpty }

  /// The labels that it asks for.
  package var labels: [String] {
    switch self {
    case .label(let name), .trials(let name): [name]
    case .labels(let names): names
    default: []
    }
  }

  /// Whether it is for evaluation only.
  package var isEvaluatedOnly: Bool {
    switch self {
    case .labels, .trials, .turns, .queries: true
    default: false
    }
  }
}

extension Target: Codable {
  package init(from decoder: any Decoder) throws {
    self.init(word: try decoder.singleValueContainer().decode(String.self))
  }

  package func encode(to encoder: any Encoder) throws {
    var container = encoder.singleValueContainer()
    try container.encode(word)
  }
}

/// A number that a task is judged by, in percent.
package struct TaskMetric: Sendable, Hashable, Codable {
  package var name: String
  package var higherIsBetter: Bool

  package init(name: String, higherIsBetter: Bool) {
    self.name = name
    self.higherIsBetter = higherIsBetter
  }

  package static let per = Self(name: "PER", higherIsBetter: false)
  package static let cer = Self(name: "CER", higherIsBetter: false)
  package static let wer = Self(name: "WER", higherIsBetter: false)
  package static let accuracy = Self(name: "accuracy", higherIsBetter: true)
  package static let slotTypeF1 = Self(name: "slot-type F1", higherIsBetter: true)
  package static let slotValueCER = Self(name: "slot-value CER", higherIsBetter: false)
  package static let eer = Self(name: "EER", higherIsBetter: false)
  package static let der = Self(name: "DER", higherIsBetter: false)
  /// Times 100, as SUPERB's tables have it.
  package static let mtwv = Self(name: "MTWV", higherIsBetter: true)
}
