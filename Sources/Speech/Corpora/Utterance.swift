import Experiment

/// One utterance of a corpus artifact: a line of `manifest.jsonl`.
package struct Utterance: Sendable, Hashable, Codable {
  /// `<corpus>/<path of the recording without its extension>`, or what a manifest calls it: its name in
  /// every artifact.
  package var id: String
  /// Path of the recording below the corpus's root.
  package var path: String
  /// First sample kept, counted in the recording at 16 kHz: what was trimmed, or lies before a piece.
  package var start: Int
  /// Length in samples at 16 kHz.
  package var samples: Int
  /// First sample in `audio.s16`.
  package var offset: Int
  /// The transcript as it was written; absent where there is none.
  package var text: String?
  /// Phonemes: what a manifest gives, or else the transcript's in IPA; absent where there are neither
  /// these nor a transcript with a voice.
  package var phones: [String]?
  /// The phone that was heard from one sample of the utterance to another, in order; absent where
  /// nobody aligned it.
  package var alignment: [Aligned]?
  package var labels: [String: String]
  package var split: Split
  /// Verification trials whose first side it is, the second by its `id`; absent where a manifest gives
  /// none. Those with an utterance that was dropped are left out.
  package var trials: [SpeakerTrial]?
  /// Of a query, the `id`s of the documents that it occurs in; absent for documents. All utterances of
  /// its split that are no queries are documents.
  package var matches: [String]?
  /// Who speaks when, in seconds of the utterance; absent where nobody told.
  package var turns: [SpeakerTurn]?

  package struct Aligned: Sendable, Hashable, Codable {
    /// Samples of the utterance, at 16 kHz.
    package var start: Int
    package var end: Int
    package var phone: String

    package init(start: Int, end: Int, phone: String) {
      self.start = start
      self.end = end
      self.phone = phone
    }
  }

  package init(
    id: String, path: String, start: Int, samples: Int, offset: Int, text: String?,
    phones: [String]?, alignment: [Aligned]? = nil, labels: [String: String], split: Split
  ) {
    self.alignment = alignment
    self.id = id
    self.path = path
    self.start = start
    self.samples = samples
    self.offset = offset
    self.text = text
    self.phones = phones
    self.labels = labels
    self.split = split
  }
}
