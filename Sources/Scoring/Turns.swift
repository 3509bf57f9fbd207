/// Turns by recording, of an RTTM file (NIST's Rich Transcription): of its lines those that begin
/// with `SPEAKER`, which have the recording, a channel, the start and duration in seconds, two
/// fields of no meaning here, and the speaker.
struct TurnTable {
  private(set) var turns: [String: [SpeakerTurn]] = [:]

  /// - Throws: `ScoreError` with every bad line.
  init(_ file: ScoreFile) throws(ScoreError) {
    var problems: [ScoreError.Problem] = []
    for line in ScoreLine.all(of: file) {
      let words = line.words
      guard words.first == "SPEAKER" else { continue }
      guard words.count >= 8, let start = Double(words[3]), let duration = Double(words[4]),
        start >= 0, start.isFinite, duration > 0, duration.isFinite
      else {
        problems.append(
          .init(
            file.name, line.number,
            "a turn is 'SPEAKER recording 1 start duration <NA> <NA> speaker', in seconds, with a "
              + "duration above 0"))
        continue
      }
      // A recording's channels are recordings of their own.
      let recording = words[2] == "1" ? String(words[1]) : "\(words[1]) channel \(words[2])"
      turns[recording, default: []].append(
        SpeakerTurn(speaker: String(words[7]), start: start, end: start + duration))
    }
    if problems.isEmpty, turns.isEmpty {
      problems.append(.init(file.name, nil, "no line begins with 'SPEAKER', as turns in RTTM do"))
    }
    guard problems.isEmpty else { throw ScoreError(problems) }
  }
}
