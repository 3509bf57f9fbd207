/// What can be scored. SUPERB's names of tasks stand beside those of metrics.
package enum ScoreTask: String, Sendable, CaseIterable {
  case per, pr
  case cer
  case wer, asr
  case accuracy, ks, sid, er, ic
  case frameAccuracy = "frame-accuracy"
  case asv
  case sd
  case qbe
  case sf

  /// What is compared.
  enum Kind {
    case tokens(TokenKind)
    case labels
    case frames
    case verification
    case diarization
    case terms
    case slots
  }

  enum TokenKind {
    case phones
    case characters
    case words

    /// What is counted, and what its error rate is called.
    var words: (plural: String, metric: String) {
      switch self {
      case .phones: ("phones", "PER")
      case .characters: ("characters", "CER")
      case .words: ("words", "WER")
      }
    }
  }

  var kind: Kind {
    switch self {
    case .per, .pr: .tokens(.phones)
    case .cer: .tokens(.characters)
    case .wer, .asr: .tokens(.words)
    case .accuracy, .ks, .sid, .er, .ic: .labels
    case .frameAccuracy: .frames
    case .asv: .verification
    case .sd: .diarization
    case .qbe: .terms
    case .sf: .slots
    }
  }

  /// What a trial's sides are called, where there are trials.
  package var trialSides: (first: String, second: String)? {
    switch self {
    case .asv: ("enrol", "test")
    case .qbe: ("query", "document")
    default: nil
    }
  }

  /// The costs that hold where nothing else is asked for. Of queries those of the QUESST campaigns
  /// (`score-TWV-Cnxe.sh`: P_target 0.0008, C_miss 100, C_fa 1), hence β = 12.49.
  package var cost: Verification.Cost? {
    switch self {
    case .asv: .speakers
    case .qbe: Verification.Cost(prior: 0.0008, miss: 100, falseAlarm: 1)
    default: nil
    }
  }
}

/// What a scoring can be told besides its files.
package struct ScoreOptions: Sendable {
  /// Of `asv` and `qbe`.
  package var cost: Verification.Cost?
  /// Seconds, of `sd`.
  package var collar = 0.0
  /// Of `wer`: lists of tokens are characters, of which words are made.
  package var joinsTokens = false
  package var resamples = 1000
  package var seed = 1

  package init() {}
}

/// A file that was read, by the name that people know it by.
package struct ScoreFile: Sendable {
  package var name: String
  package var text: String

  package init(name: String, text: String) {
    self.name = name
    self.text = text
  }
}
