import Experiment

/// Transcripts and phonemes of a corpus's recordings, by their position.
struct CorpusTexts {
  private(set) var texts: [String?]
  private(set) var phones: [[String]?]
  /// The held-out split in which a normalised transcript of a folder's recordings occurs; the test
  /// split where both have it.
  private var heldOut: [String: Split] = [:]

  init(
    _ definition: CorpusDefinition, _ recordings: [Recording], root: String
  ) throws(CorpusError) {
    texts = Array(repeating: nil, count: recordings.count)
    phones = texts.map { _ in nil }
    switch definition.source {
    case .manifest:
      texts = recordings.map { $0.entry?.text }
      phones = recordings.map { $0.entry?.phones }
    case .folder(let folder):
      guard let source = folder.transcripts else { return }
      try read(Transcripts(definition, source, below: root), recordings)
    }
    try spell(definition)
  }

  private mutating func read(
    _ transcripts: Transcripts, _ recordings: [Recording]
  ) throws(CorpusError) {
    for (index, recording) in recordings.enumerated() {
      guard let text = try transcripts.text(of: recording) else { continue }
      texts[index] = text
      let normalised = Transcripts.normalised(text)
      if recording.split != .train, !normalised.isEmpty, heldOut[normalised] != .test {
        heldOut[normalised] = recording.split
      }
    }
  }

  /// Phonemes of the transcripts; those that a manifest gives stand.
  private mutating func spell(_ definition: CorpusDefinition) throws(CorpusError) {
    guard let voice = definition.phonemeVoice else { return }
    do throws(PhonemizerError) {
      let phonemizer = try Phonemizer(voice: voice)
      for (index, text) in texts.enumerated() {
        guard let text, phones[index] == nil else { continue }
        let list = try phonemizer.phonemes(text)
        phones[index] = list.isEmpty ? nil : list
      }
    } catch {
      throw .phonemes(corpus: definition.name, error)
    }
  }

  /// The held-out split that says the same as a training recording.
  func heldOutSplit(of recording: Recording, _ index: Int) -> Split? {
    guard recording.split == .train, let text = texts[index] else { return nil }
    return heldOut[Transcripts.normalised(text)]
  }
}
